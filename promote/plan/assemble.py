"""Drafts of all apps → one Plan: the edits of each file put together, spliced and proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from promote.config.settings import Group
from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Carried, Change, Failure, Place, Plan, Refusal, Skip, Step
from promote.plan.draft import Decision, Draft
from promote.text.document import Stream
from promote.text.edit import FileChange
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten, rewrite
from promote.tree import show

_File = tuple[Place, bytes]


@dataclass(frozen=True, slots=True)
class _Wish:
    draft: Draft
    part: Part
    value: str


def assemble(estates: Mapping[str, Estate], decisions: Iterable[Decision], group: Group) -> Plan:
    """The plan of a run; a draft of which one file cannot be proven is refused whole (SEMANTICS 3.4, 11.6)."""
    drafts: list[Draft] = []
    skips: list[Skip] = []
    refusals: list[Refusal] = []
    failures: list[Failure] = []
    for decision in decisions:
        match decision:
            case Draft():
                drafts.append(decision)
            case Skip():
                skips.append(decision)
            case Refusal():
                refusals.append(decision)
            case Failure():
                failures.append(decision)
    while drafts:
        _, refused = _files(estates, drafts)
        if not refused:
            break
        refusals += refused
        gone = {(refusal.environment, refusal.app) for refusal in refused}
        drafts = [draft for draft in drafts if (draft.environment, draft.app) not in gone]
    return Plan(
        tuple(change for draft in drafts for change in _changes(draft)),
        tuple(skips),
        tuple(refusals),
        tuple(failures),
        tuple(warning for draft in drafts for warning in draft.warnings),
        tuple(_steps(estates, drafts, group)),
    )


def _steps(estates: Mapping[str, Estate], drafts: Iterable[Draft], group: Group) -> Iterable[Step]:
    """The commits of each place in order, what shares one being told by `group`; each builds on the one before."""
    groups: dict[tuple[Place, str, str], list[Draft]] = {}
    for draft in drafts:
        environment = "" if group == "run" else draft.environment
        app = draft.app if group == "app" else ""
        groups.setdefault((estates[draft.environment].place, environment, app), []).append(draft)
    earlier: list[Draft] = []
    so_far: dict[_File, bytes | None] = {}
    for (place, _, _), mine in groups.items():
        touched = {part.path for draft in mine for written in draft.written for part, _ in written.wishes}
        before = [draft for draft in earlier if estates[draft.environment].place == place]
        files, _ = _files(estates, [*before, *mine])
        changes = []
        for (_, path), change in sorted(files.items()):
            if path in touched:
                changes.append(replace(change, before=so_far.get((place, path), change.before)))
                so_far[place, path] = change.after
        earlier += mine
        yield Step(place, tuple(_carried(estates[draft.environment], draft) for draft in mine), tuple(changes))


def _carried(estate: Estate, draft: Draft) -> Carried:
    present = estate.runs(draft.app)
    old = present if isinstance(present, Version) and (present.tag or present.digest) else None
    return Carried(draft.environment, draft.app, old, draft.new, draft.source, draft.skipped_gates)


def _changes(draft: Draft) -> Iterable[Change]:
    for written in draft.written:
        old = written.site.version
        if old != written.version:
            was = old if old.tag or old.digest else None
            yield Change(draft.environment, draft.app, written.site, was, written.version, draft.reason)


def _files(estates: Mapping[str, Estate], drafts: Iterable[Draft]) -> tuple[dict[_File, FileChange], list[Refusal]]:
    """The changed files, and the drafts that stand in the way of a proof."""
    wishes: dict[_File, list[_Wish]] = {}
    for draft in drafts:
        place = estates[draft.environment].place
        for written in draft.written:
            for part, value in written.wishes:
                wishes.setdefault((place, part.path), []).append(_Wish(draft, part, value))
    files: dict[_File, FileChange] = {}
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


def _torn(wishes: list[_Wish]) -> str | None:
    """Why two wishes cannot both be met: one place, two values."""
    values: dict[tuple[int, int, str | None], str] = {}
    for wish in wishes:
        at = (wish.part.span.start, wish.part.span.end, wish.part.key)
        if values.setdefault(at, wish.value) != wish.value:
            return f"two versions are wanted at one place, {values[at]} and {wish.value}"
    return None


def _rewrite(stream: Stream, wishes: Iterable[_Wish]) -> Rewritten | Disagreement:
    unique = {(wish.part.span.start, wish.part.span.end, wish.part.key, wish.part.insert): wish for wish in wishes}
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
        at = next(wish.part.span for wish in wishes if wish.draft is draft)
        where = f"{show(stream.path)}:{at.line}:{at.column}"
        out.append(Refusal(draft.environment, draft.app, fault.code, f"{where}: not edited: {fault.why}"))
    return out
