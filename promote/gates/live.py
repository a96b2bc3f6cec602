"""Since when a version was live where it comes from, and which commit brought it there (SEMANTICS 6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promote.gates.gate import Case, Origin
from promote.image import Repository, Version, agree
from promote.policy.conditions import time_of
from promote.question import Asking, Now, Past, Ran, Stretch, Unknown

# How many stretches are asked for at first; twice as many each time where none of them ran the version.
_FIRST = 4


@dataclass(frozen=True, slots=True)
class Live:
    """The times through which an environment ran a version, the newest first: since when, until when, by what commit.

    Since None: the beginning was not seen. Until None: it runs still. `ends` is why nothing before them could be seen.
    """

    stretches: tuple[tuple[Stretch, datetime | None], ...]
    ends: str
    now: datetime


def live_at(origin: Origin, case: Case) -> Asking[Live | Unknown]:
    """When `origin` ran the version; no more of its history is asked for than it takes to find it."""
    least = _FIRST
    while True:
        question = Ran(origin.place, origin.tip, origin.environment, case.app, least)
        answers = yield frozenset({question, Now()})
        past: Any = answers[question]
        if isinstance(past, Unknown):
            return past
        if not isinstance(past, Past):
            raise TypeError(f"the past was answered with {type(past).__name__}")
        found = tuple((stretch, end) for stretch, end in past.ended() if _ran(stretch, case))
        if found or past.is_whole or past.ends:
            return Live(found, past.ends, time_of(answers))
        least *= 2


def _ran(stretch: Stretch, case: Case) -> bool:
    """Whether it ran this very version, tag and digests, as far as both sides say them."""
    runs = stretch.runs
    if not isinstance(runs, Version) or not (agree(runs, case.version) or agree(case.version, runs)):
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
