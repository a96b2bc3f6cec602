"""How often an app comes into an environment, and how long that takes since the first one had it: by Git's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promote.image import Version, agree
from promote.question import Brought, Past

WEEKS = 12
# So many versions of each app are looked at, and no more commits than for its age.
VERSIONS = 30
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Trend:
    """How many versions came in each of the last weeks, and how long each of the newest took; the oldest first.

    `weeks` are only those that history was read for. `leads` is empty for a first environment, and where it is not seen
    when that had a version. What a rollback brings is in neither, and so is what came with the place itself, by hand.
    """

    weeks: tuple[int, ...]
    leads: tuple[timedelta, ...]


def _came(past: Past) -> Iterator[tuple[Version, Brought, bool]]:
    """The versions that came, by what, and whether that was a promotion, the newest first.

    Files that begin with a version carry nothing over, if it is not promote that has brought them.
    """
    older = [*(stretch.runs for stretch in past.stretches[1:]), "absent" if past.is_whole else "unreadable"]
    for stretch, before in zip(past.stretches, older, strict=False):
        made = stretch.brought
        if isinstance(stretch.runs, Version) and made is not None and made.undone is None:
            yield stretch.runs, made, before != "absent" or not made.by_hand


def _weeks(past: Past, now: datetime) -> tuple[int, ...]:
    seen = [each.brought.at for each in past.stretches if each.brought is not None]
    known = WEEKS if past.is_whole else min((now - min(seen)) // _WEEK, WEEKS) if seen else 0
    counts = [0] * max(known, 0)
    for _, brought, promotes in _came(past):
        ago = max((now - brought.at) // _WEEK, 0)
        if promotes and ago < len(counts):
            counts[-1 - ago] += 1
    return tuple(counts)


def trend(past: Past, before: Sequence[Past], now: datetime) -> Trend:
    """What the past of an app says, beside its pasts in the environments where its versions come first."""
    arrived: dict[str | None, list[tuple[Version, datetime]]] = {}
    for each in before:
        for version, brought, _ in _came(each):
            arrived.setdefault(version.tag, []).append((version, brought.at))
    leads = []
    for version, brought, promotes in _came(past):
        # It may have run there several times; what counts is the last time before it came here.
        times = [at for there, at in arrived.get(version.tag, ()) if agree(there, version) and at <= brought.at]
        leads += [brought.at - max(times)] if times and promotes else []
    return Trend(_weeks(past, now), tuple(reversed(leads[:WEEKS])))
