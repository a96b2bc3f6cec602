"""Drafts and their files → the commits to be, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promote.config.settings import Group
from promote.estate.estate import Estate
from promote.estate.holds import path_of
from promote.image import Version
from promote.outcome import (
    Step,
)
from promote.place import Place
from promote.plan.draft import Draft
from promote.plan.files import File, rewritten
from promote.question import Carried, HoldChange
from promote.text.edit import FileChange


def _touched(draft: Draft) -> frozenset[bytes]:
    """The files that a draft changes or creates."""
    held = (path_of(change.environment) for change in draft.holding)
    return frozenset(held).union(
        path
        for written in draft.written
        for path in (*(part.path for part, _ in written.wishes), *(entry.path for entry in written.additions))
    )


def _all_touched(drafts: Iterable[Draft]) -> frozenset[bytes]:
    return frozenset[bytes]().union(*map(_touched, drafts))


def steps(
    estates: Mapping[str, Estate], drafts: Sequence[Draft], group: Group, whole: Mapping[File, FileChange]
) -> tuple[Step, ...]:
    """The commits of each place in order, what shares one being told by `group`; each builds on the one before.

    `whole` are the files with all drafts in them; a file that several commits touch is made and proven for each.
    """
    groups: dict[tuple[Place, str, str], list[Draft]] = {}
    for draft in drafts:
        environment = "" if group == "run" else draft.environment
        app = draft.app if group == "app" else ""
        groups.setdefault((estates[draft.environment].place, environment, app), []).append(draft)
    later = Counter((place, path) for (place, _, _), mine in groups.items() for path in _all_touched(mine))
    done: dict[File, list[Draft]] = {}
    so_far: dict[File, bytes | None] = {}
    out: list[Step] = []
    for (place, _, _), mine in groups.items():
        for draft in mine:
            for path in _touched(draft):
                done.setdefault((place, path), []).append(draft)
        changes = []
        for path in sorted(_all_touched(mine)):
            file = (place, path)
            later[file] -= 1
            change = whole.get(file) if later[file] == 0 else rewritten(estates, done[file])[0].get(file)
            before = so_far.get(file, change.before if change is not None else None)
            if change is not None and change.after != before:
                changes.append(replace(change, before=before))
                so_far[file] = change.after
        carried = tuple(_carried(estates[draft.environment], draft) for draft in mine)
        earlier = next((number for number in reversed(range(len(out))) if out[number].place == place), None)
        holds = _holding(mine)
        if changes or earlier is None:
            out.append(Step(place, carried, tuple(changes), holds=holds))
        else:
            # A file that environments share was written by the step before: a commit of its own would be empty.
            before_it = out[earlier]
            out[earlier] = replace(
                before_it, carried=(*before_it.carried, *carried), holds=(*before_it.holds, *holds)
            )
    return tuple(out)


def proposed(
    estates: Mapping[str, Estate], drafts: Sequence[Draft], place: Place, whole: Mapping[File, FileChange]
) -> Step | None:
    """The one commit with all of these drafts, on a branch of its own; None where they change nothing."""
    changes = tuple(whole[file] for file in sorted(whole) if whole[file].after != whole[file].before)
    if not drafts or not changes:
        return None
    ordered = sorted(drafts, key=lambda draft: (draft.environment, draft.app))
    carried = tuple(_carried(estates[draft.environment], draft) for draft in ordered)
    return Step(place, carried, changes, holds=_holding(ordered))


def _holding(drafts: Iterable[Draft]) -> tuple[HoldChange, ...]:
    return tuple(change for draft in drafts for change in draft.holding)


def _carried(estate: Estate, draft: Draft) -> Carried:
    present = estate.runs(draft.app)
    old = present if isinstance(present, Version) and (present.tag or present.digest) else None
    digests = {str(each.site.repository): each.version.digest for each in draft.written if each.version.digest}
    several = tuple(sorted(digests.items())) if len(digests) > 1 else ()
    return Carried(
        draft.environment, draft.app, old, draft.new, draft.source, draft.skipped_gates, several, draft.undone
    )
