"""Drafts → the files as they are to be: the edits of all apps in a file, spliced and proven together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from promote.estate.estate import Estate
from promote.outcome import Refusal
from promote.place import Place
from promote.plan.draft import Draft
from promote.plan.hold_file import addition as addition_of
from promote.plan.hold_file import new_file, unfit
from promote.sites.pattern import Text
from promote.sites.site import where
from promote.text.addition import Addition
from promote.text.edit import FileChange
from promote.text.part import Part
from promote.text.plain import PlainText
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten, rewrite
from promote.text.rewrite_plain import rewrite_plain
from promote.tree import show

File = tuple[Place, bytes]
_At = tuple[int, int, str | None, tuple[bytes, bytes] | None]
_PLAIN = 0o100644


@dataclass(frozen=True, slots=True)
class _Wish:
    draft: Draft
    part: Part
    value: str | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """All that is wanted of one file; `mode` is None where there is no such file, `text` where it was not read."""

    path: bytes
    mode: int | None
    text: Text | None
    wishes: list[_Wish] = field(default_factory=list)
    additions: list[tuple[Draft, Addition]] = field(default_factory=list)

    @property
    def drafts(self) -> list[Draft]:
        every = [*(wish.draft for wish in self.wishes), *(draft for draft, _ in self.additions)]
        return list({(draft.environment, draft.app): draft for draft in every}.values())

    def of(self, draft: Draft) -> _Wanted:
        """What one draft wants of it."""
        wishes = [wish for wish in self.wishes if wish.draft is draft]
        return _Wanted(self.path, self.mode, self.text, wishes, [each for each in self.additions if each[0] is draft])


def rewritten(estates: Mapping[str, Estate], drafts: Iterable[Draft]) -> tuple[dict[File, FileChange], list[Refusal]]:
    """The changed files, and the drafts that stand in the way of a proof."""
    files: dict[File, FileChange] = {}
    refused: list[Refusal] = []
    for (place, path), wanted in _wanted(estates, drafts).items():
        torn = _torn(wanted)
        made = _made(wanted) if torn is None else Disagreement("conflict", torn)
        if isinstance(made, Rewritten):
            made = unfit(path, made.after) or made
        if isinstance(made, Disagreement):
            refused += _blame(wanted, made)
        elif wanted.text is None or wanted.mode is None:
            files[place, path] = FileChange(path, _PLAIN, None, made.after, ())
        elif made.edits:
            files[place, path] = FileChange(path, wanted.mode, wanted.text.data, made.after, made.edits)
    return files, refused


def _wanted(estates: Mapping[str, Estate], drafts: Iterable[Draft]) -> dict[File, _Wanted]:
    out: dict[File, _Wanted] = {}

    def wanted(draft: Draft, path: bytes) -> _Wanted:
        place = estates[draft.environment].place
        if (place, path) not in out:
            near = [estate for estate in estates.values() if estate.place == place]
            mode = next((estate.entries[path].mode for estate in near if path in estate.entries), None)
            text = next((estate.streams[path] for estate in near if path in estate.streams), None)
            holds = estates[draft.environment].holds
            if path == holds.path and holds.stream is not None:
                mode, text = holds.mode, holds.stream
            out[place, path] = _Wanted(path, mode, text)
        return out[place, path]

    for draft in drafts:
        for written in draft.written:
            for part, value in written.wishes:
                wanted(draft, part.path).wishes.append(_Wish(draft, part, value))
            for addition in written.additions:
                wanted(draft, addition.path).additions.append((draft, addition))
        for change in draft.holding:
            held = addition_of(change)
            wanted(draft, held.path).additions.append((draft, held))
    return out


def _at(part: Part) -> _At:
    """One place; a tag and a digest that are both inserted go to one byte, and are two."""
    return part.span.start, part.span.end, part.key, part.insert


def _spot(addition: Addition) -> tuple[object, ...]:
    """What one addition is of: a value by its keys, an item of a list by its first pair too."""
    return (addition.keys,) if isinstance(addition.entry, str) else (addition.keys, *addition.entry[:1])


def _torn(wanted: _Wanted) -> str | None:
    """Why two wishes cannot both be met: one place, two values."""
    values: dict[_At, str | None] = {}
    for wish in wanted.wishes:
        at = _at(wish.part)
        if values.setdefault(at, wish.value) != wish.value:
            return f"two versions are wanted at one place, {_said(values[at])} and {_said(wish.value)}"
    entries: dict[tuple[object, ...], Addition] = {}
    for _, addition in wanted.additions:
        other = entries.setdefault(_spot(addition), addition)
        if other.entry != addition.entry:
            keys = ".".join(addition.keys)
            return f"two versions are wanted under {keys}, {_entry(other)} and {_entry(addition)}"
    return None


def _said(value: str | None) -> str:
    return "none" if value is None else value


def _entry(addition: Addition) -> str:
    if isinstance(addition.entry, str):
        return addition.entry
    return " ".join(f"{key}={value}" for key, value in addition.entry)


def _made(wanted: _Wanted) -> Rewritten | Disagreement:
    wishes = [(wish.part, wish.value) for wish in {_at(wish.part): wish for wish in wanted.wishes}.values()]
    additions = tuple(dict.fromkeys(addition for _, addition in wanted.additions))
    if isinstance(wanted.text, PlainText):
        if additions:
            return Disagreement("not-yaml", "nothing can be added to a file that is no YAML")
        return rewrite_plain(wanted.text, wishes)
    if wanted.text is not None:
        return rewrite(wanted.text, wishes, additions)
    if wanted.mode is not None:
        return Disagreement("not-yaml", "it is there already, and cannot be read as YAML")
    try:
        return Rewritten(new_file(wanted.path, additions), ())
    except ValueError as exc:
        return Disagreement("not-writable", f"a value {exc}")


def _blame(wanted: _Wanted, fault: Disagreement) -> list[Refusal]:
    """The drafts that cannot be proven alone; all of them where the file itself is at fault."""
    drafts = wanted.drafts
    guilty = [draft for draft in drafts if isinstance(_made(wanted.of(draft)), Disagreement)]
    return [
        Refusal(draft.environment, draft.app, fault.code, f"{_where(wanted.of(draft))}: not edited: {fault.why}")
        for draft in guilty or drafts
    ]


def _where(wanted: _Wanted) -> str:
    return where(wanted.wishes[0].part) if wanted.wishes else show(wanted.path)
