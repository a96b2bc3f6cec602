"""Drafts → the files as they are to be: the edits of all apps in a file, spliced and proven together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.outcome import Place, Refusal
from promote.plan.draft import Draft
from promote.sites.site import where
from promote.text.document import Stream
from promote.text.edit import FileChange
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten, rewrite

File = tuple[Place, bytes]
_At = tuple[int, int, str | None, tuple[bytes, bytes] | None]


@dataclass(frozen=True, slots=True)
class _Wish:
    draft: Draft
    part: Part
    value: str


def rewritten(estates: Mapping[str, Estate], drafts: Iterable[Draft]) -> tuple[dict[File, FileChange], list[Refusal]]:
    """The changed files, and the drafts that stand in the way of a proof."""
    wishes: dict[File, list[_Wish]] = {}
    for draft in drafts:
        place = estates[draft.environment].place
        for written in draft.written:
            for part, value in written.wishes:
                wishes.setdefault((place, part.path), []).append(_Wish(draft, part, value))
    files: dict[File, FileChange] = {}
    refused: list[Refusal] = []
    for (place, path), mine in wishes.items():
        estate = estates[mine[0].draft.environment]
        stream = estate.streams[path]
        torn = _torn(mine)
        made = _rewrite(stream, mine) if torn is None else Disagreement("conflict", torn)
        if isinstance(made, Disagreement):
            refused += _blame(stream, mine, made)
        elif made.edits:
            files[place, path] = FileChange(path, estate.entries[path].mode, stream.data, made.after, made.edits)
    return files, refused


def _at(part: Part) -> _At:
    """One place; a tag and a digest that are both inserted go to one byte, and are two."""
    return part.span.start, part.span.end, part.key, part.insert


def _torn(wishes: list[_Wish]) -> str | None:
    """Why two wishes cannot both be met: one place, two values."""
    values: dict[_At, str] = {}
    for wish in wishes:
        at = _at(wish.part)
        if values.setdefault(at, wish.value) != wish.value:
            return f"two versions are wanted at one place, {values[at]} and {wish.value}"
    return None


def _rewrite(stream: Stream, wishes: Iterable[_Wish]) -> Rewritten | Disagreement:
    unique = {_at(wish.part): wish for wish in wishes}
    return rewrite(stream, [(wish.part, wish.value) for wish in unique.values()])


def _blame(stream: Stream, wishes: list[_Wish], fault: Disagreement) -> list[Refusal]:
    """The drafts that cannot be proven alone; all of them where the file itself is at fault."""
    drafts = list({(wish.draft.environment, wish.draft.app): wish.draft for wish in wishes}.values())
    guilty = [
        draft
        for draft in drafts
        if isinstance(_rewrite(stream, [wish for wish in wishes if wish.draft is draft]), Disagreement)
    ]
    out = []
    for draft in guilty or drafts:
        part = next(wish.part for wish in wishes if wish.draft is draft)
        out.append(Refusal(draft.environment, draft.app, fault.code, f"{where(part)}: not edited: {fault.why}"))
    return out
