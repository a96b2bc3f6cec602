"""Since when a version was live where it comes from, and which commit brought it there (SEMANTICS 6.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from promote.gates.gate import Case, Origin
from promote.image import Repository, Version, alike
from promote.question import Asking, Now, Past, Ran, Stretch, Unknown, look_back, time_of


@dataclass(frozen=True, slots=True)
class Live:
    """The times through which an environment ran a version, the newest first: by what commit, since when, until when.

    Since None: the beginning was not seen. Until None: it runs still. `ends` is why nothing before them could be seen.
    """

    stretches: tuple[tuple[Stretch, datetime | None, datetime | None], ...]
    ends: str
    now: datetime


def live_at(origin: Origin, case: Case) -> Asking[Live | Unknown]:
    """When `origin` ran the version; no more of its history is asked for than it takes to find it."""
    question = Ran(origin.place, origin.tip, origin.environment, case.app)
    past = yield from look_back(question, lambda past: any(_ran(each, case) for each in past.stretches))
    if isinstance(past, Unknown):
        return past
    now = time_of((yield frozenset({Now()})))
    return Live(tuple(each for each in _timed(past, now) if _ran(each[0], case)), past.ends, now)


def _timed(past: Past, now: datetime) -> Iterator[tuple[Stretch, datetime | None, datetime | None]]:
    """Each stretch with its beginning and its end, however wrong the clocks of the committers went.

    What has ended did so by now. And nothing began before what ran before it.
    """
    dates = [None if each.brought is None else each.brought.at for each in past.stretches]
    for number, (stretch, end) in enumerate(past.ended()):
        before = [date for date in dates[number + 1 :] if date is not None and date <= now]
        since = dates[number]
        yield stretch, None if since is None else max([since, *before]), None if end is None else min(end, now)


def _ran(stretch: Stretch, case: Case) -> bool:
    """Whether it ran this very version, tag and digests, as far as both sides say them."""
    runs = stretch.runs
    if not isinstance(runs, Version) or not alike(runs, case.version):
        return False
    return _agree_by_image(dict(stretch.images), dict(case.images))


def _agree_by_image(ran: Mapping[Repository, Version], wanted: Mapping[Repository, Version]) -> bool:
    """A mirror has other names for the images, but the same digests (SEMANTICS 5.4)."""
    there, here = ({each.digest for each in images.values()} for images in (ran, wanted))
    if there and None not in there and not here - {None} <= there:
        return False
    if here and None not in here and not there - {None} <= here:
        return False
    pairs = ((ran[image].digest, wanted[image].digest) for image in ran.keys() & wanted.keys())
    return all(one is None or other is None or one == other for one, other in pairs)


def never_ran(origin: Origin, case: Case, ends: str) -> str:
    """The phrase for a version that the origin has not run."""
    known = f" as far as can be seen: {ends}" if ends else ""
    return f"{origin.environment} never ran {case.app} {case.version.short}{known}"
