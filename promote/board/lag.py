"""How far behind an app is: what its source has run since, by Git's history, and what is newer in the registry."""

from __future__ import annotations

from collections.abc import Sequence

from promote.board.cell import Behind
from promote.config.model import App
from promote.image import Version, alike
from promote.question import Asking, Past, Unknown

# So many commits of a branch are looked at: as many as a first fetch of its history brings.
COMMITS = 500
# So many versions of a source; whoever is further behind does not count any more.
MOST = 20


def newer_tags(app: App, running: Version) -> Asking[int | Unknown | None]:
    """How many of the tags that the app's policy admits rank above `running`; None where nothing tells."""
    policy = app.chooser
    if policy is None or not running.tag:
        return None
    selection = yield from policy.choose(app.repositories, running)
    if selection.failure is not None:
        return selection.failure
    if not selection.listed:
        return None  # one tag is followed
    admitted = [each.tag for each in selection.considered if each.accepted]
    if running.tag in admitted:
        return admitted.index(running.tag)
    # They stand best first, so the first one that does not rank above it ends the count.
    low, high = 0, len(admitted)
    while low < high:
        middle = (low + high) // 2
        sign = yield from policy.compare(app.repositories, Version(admitted[middle]), running)
        if not isinstance(sign, int):
            return sign
        low, high = (middle + 1, high) if sign > 0 else (low, middle)
    return low


def since_run(past: Past, running: Version) -> Behind | None:
    """How many versions a source has run since it ran `running`; None where it is not seen to have done so."""
    found: list[Version] = []
    for stretch in past.stretches:
        if not isinstance(stretch.runs, Version):
            continue
        if alike(stretch.runs, running):
            return Behind(len(found))
        if not any(alike(stretch.runs, each) for each in found):
            found.append(stretch.runs)
    return None if past.is_whole else Behind(len(found), is_least=True)


def behind_sources(sources: Sequence[tuple[Version, Past | None]], running: Version) -> Behind:
    """How far behind the one that is furthest ahead: what each runs now, and its past where that was asked for."""
    found: list[Behind] = []
    for present, past in sources:
        one = Behind(0) if alike(present, running) else None if past is None else since_run(past, running)
        if one is None:
            return Behind()
        found.append(one)
    return max(found, key=lambda each: each.source or 0, default=Behind())
