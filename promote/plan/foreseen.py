"""What is added stands: the estates are read as they would be afterwards, before anything is written (3.2, 6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promote.estate.estate import Estate
from promote.estate.foresight import Said, missed, moved, unknown
from promote.outcome import Refusal
from promote.place import Place
from promote.plan.draft import Draft
from promote.plan.files import File, rewritten
from promote.text.edit import FileChange
from promote.tree import show


def _adds(draft: Draft) -> bool:
    return any(written.additions for written in draft.written)


def _wanted(draft: Draft) -> Said:
    return frozenset((written.site.repository, written.version) for written in draft.written)


def _bytes(files: Mapping[File, FileChange], place: Place) -> dict[bytes, bytes]:
    return {path: change.after for (at, path), change in files.items() if at == place and change.after is not None}


def _refused(estate: Estate, draft: Draft, why: str, *, other: bool = False) -> Refusal:
    code = "no-override" if estate.sites(draft.app) else "shared-site" if other else "nowhere-to-add"
    path = next(addition.path for written in draft.written for addition in written.additions)
    return Refusal(draft.environment, draft.app, code, f"{show(path)}: not edited: {why}")


def foreseen(estates: Mapping[str, Estate], drafts: Sequence[Draft], files: Mapping[File, FileChange]) -> list[Refusal]:
    """The drafts that add something by which another thing would change, or not all that should; `files` are theirs.

    Drafts that only edit places that are there cost nothing here.
    """
    out: list[Refusal] = []
    adding = [draft for draft in drafts if _adds(draft)]
    for place in dict.fromkeys(estates[draft.environment].place for draft in adding):
        here = [draft for draft in drafts if estates[draft.environment].place == place]
        out += _at(estates, here, _bytes(files, place), place)
    return out


def _at(
    estates: Mapping[str, Estate], drafts: Sequence[Draft], changes: Mapping[bytes, bytes], place: Place
) -> Iterable[Refusal]:
    adding = [draft for draft in drafts if _adds(draft)]
    plain = [draft for draft in drafts if not _adds(draft)]
    estate = estates[adding[0].environment]
    # What is edited beside it may change more than one environment by `shared_with`: that is no fault of an addition.
    before = estate.if_changed(_bytes(rewritten(estates, plain)[0], place))
    after = estate.if_changed(changes)
    found = [_fault(estates, draft, before, after) for draft in adding]
    refused = [each for each in found if each is not None]
    if refused:
        return refused
    free = [name for draft in adding for name in estates[draft.environment].environment.shared_with]
    other = moved(before, after, {(draft.environment, draft.app) for draft in adding}, free)
    if other is None:
        return []
    guilty = [draft for draft in adding if len(adding) == 1 or _moves(estates, plain, draft, before, place)]
    why = f"{other} would change too"
    return [_refused(estates[draft.environment], draft, why, other=True) for draft in guilty or adding]


def _fault(
    estates: Mapping[str, Estate], draft: Draft, before: Mapping[str, Estate], after: Mapping[str, Estate]
) -> Refusal | None:
    estate = estates[draft.environment]
    name = draft.environment
    added = [addition for written in draft.written for addition in written.additions]
    why = missed(estate, before[name], after[name], draft.app, _wanted(draft)) or unknown(estate, draft.app, added)
    return None if why is None else _refused(estate, draft, f"it {why}")


def _moves(
    estates: Mapping[str, Estate], plain: Sequence[Draft], draft: Draft, before: Mapping[str, Estate], place: Place
) -> bool:
    """Whether another thing would change by this one of several drafts."""
    estate = estates[draft.environment]
    after = estate.if_changed(_bytes(rewritten(estates, [*plain, draft])[0], place))
    free = estate.environment.shared_with
    return moved(before, after, {(draft.environment, draft.app)}, free) is not None
