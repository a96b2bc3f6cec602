"""`window`: days and hours in which versions may pass, by the clock of a time zone (SEMANTICS 6.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.gates.gate import Case
from promote.gates.zone import first_change, zone_of
from promote.question import Asking, Now, time_of
from promote.verdict import Verdict

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7)}
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})\Z", re.ASCII)
_DAY = timedelta(days=1)


class WindowSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Days and hours in which versions may pass: one of the two, or both."""

    days: Annotated[
        str | list[str] | UnsetType,
        Meta(
            description="Days: mon to sun, ranges of them, daily, weekdays, weekend. Default: daily.",
            examples=["mon-thu", "mon,wed,fri"],
        ),
    ] = UNSET
    hours: Annotated[
        str | UnsetType,
        Meta(
            description="From when until when, past midnight too; it belongs to the day on which it begins.",
            examples=["09:00-16:00", "22:00-02:00"],
        ),
    ] = UNSET
    timezone: Annotated[
        str | UnsetType,
        Meta(description="The time zone of days and hours. Default: the environment's.", examples=["Europe/Amsterdam"]),
    ] = UNSET

    def __post_init__(self) -> None:
        # What one key alone is wrong about comes first: so it is told where that key stands.
        self.compile("UTC")
        if self.days is UNSET and self.hours is UNSET:
            raise ValueError("a window needs days, hours, or both")

    def compile(self, timezone: str) -> Opening:
        """The opening that this is, in `timezone` where it names none itself; ValueError says what is wrong."""
        days = ["daily"] if self.days is UNSET else [self.days] if isinstance(self.days, str) else self.days
        hours = "00:00-24:00" if self.hours is UNSET else self.hours
        zone = zone_of(timezone if self.timezone is UNSET else self.timezone)
        start, end = _hours(hours)
        return Opening(_days(days), start, end, zone, f"{','.join(days)} {hours} {zone.key}")


def _days(said: Iterable[str]) -> frozenset[int]:
    found: set[int] = set()
    for word in (part.strip() for text in said for part in text.split(",")):
        first, dash, last = word.partition("-")
        if word in _GROUPS:
            found.update(_GROUPS[word])
        elif first not in _DAYS or (dash and last not in _DAYS):
            known = f"{', '.join(_DAYS)}, ranges such as mon-thu, {', '.join(_GROUPS)}"
            raise ValueError(f"days: {word[:40]!r} is no day; there are {known}")
        else:
            begin = _DAYS.index(first)
            span = (_DAYS.index(last or first) - begin) % 7
            found.update((begin + day) % 7 for day in range(span + 1))
    if not found:
        raise ValueError("days is empty, and so the window would never open; name a day, or leave it out")
    return frozenset(found)


def _hours(said: str) -> tuple[timedelta, timedelta]:
    """When it opens and closes, from midnight; it closes on the next day where it would close before it opens."""
    read = _HOURS.match(said)
    if read is None:
        raise ValueError(f"hours: {said[:40]!r} is no span of hours; write one such as 09:00-16:00")
    first, second, third, fourth = map(int, read.groups())
    start, end = timedelta(hours=first, minutes=second), timedelta(hours=third, minutes=fourth)
    if max(second, fourth) > 59 or start >= _DAY or end > _DAY:
        raise ValueError(f"hours: {said!r} holds no time of day; a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise ValueError(f"hours: {said!r} is empty; a whole day is 00:00-24:00")
    return start, end if end > start else end + _DAY


@dataclass(frozen=True, slots=True)
class Opening:
    """Open on these days (0 is Monday) while a clock in `zone` reads at least `start`, and less than `end`."""

    days: frozenset[int]
    start: timedelta
    end: timedelta
    zone: ZoneInfo
    shown: str

    def next_open(self, moment: datetime) -> datetime:
        """`moment` where it is open then, else the first instant after it at which it is; in UTC."""
        while True:
            local = moment.astimezone(self.zone).replace(tzinfo=None)
            ahead = self._ahead(local)
            if not ahead:
                return moment
            then = moment + ahead
            # Where the clock is moved on the way, what it reads then is another time.
            moment = first_change(self.zone, moment, then) or then

    def _ahead(self, local: datetime) -> timedelta:
        """How long by the clock until it opens; nothing where it is open."""
        midnight = datetime.combine(local, time())
        # That of yesterday may last past midnight; the same day of next week is the farthest.
        for begin in (midnight + day * _DAY for day in range(-1, 8)):
            if begin.weekday() in self.days and local < begin + self.end:
                return max(begin + self.start - local, timedelta(0))
        raise AssertionError("a window without days")


@dataclass(frozen=True, slots=True)
class Window:
    """Passes while one of the openings is open, and waits for the next else."""

    openings: tuple[Opening, ...]

    @property
    def name(self) -> str:
        return "window"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:  # noqa: ARG002  the clock alone tells
        now = time_of((yield frozenset({Now()}))).astimezone(UTC)
        until = min(opening.next_open(now) for opening in self.openings)
        shown = " or ".join(opening.shown for opening in self.openings)
        if until == now:
            return Verdict(self.name, "passed", f"it is open: {shown}")
        return Verdict(self.name, "waiting", f"it is closed; open: {shown}", until)
