"""`freeze`: from one day or time until another nothing passes (SEMANTICS 6.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from promote.gates.gate import Case
from promote.gates.zone import instant_of, zone_of
from promote.question import Asking, Now, time_of
from promote.verdict import Verdict

# What comes later is beyond what can be reckoned with in every time zone.
_LAST = datetime(9999, 12, 31)
_MOMENT = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?\Z", re.ASCII
)


class FreezeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time in which nothing passes."""

    from_: Annotated[
        str, Meta(description="The first day, or the time, at which it begins.", examples=["2026-12-18"])
    ] = field(name="from")
    until: Annotated[
        str,
        Meta(
            description="The day, or the time, at which it is over: that day is free again.",
            examples=["2027-01-04", "2027-01-04T09:00"],
        ),
    ]
    reason: Annotated[str, Meta(description="Why, for those who are kept waiting.", examples=["year end"])] = ""

    def __post_init__(self) -> None:
        first, last = _moment(self.from_, "from"), _moment(self.until, "until")
        if (first.tzinfo is None) != (last.tzinfo is None):
            raise ValueError("from and until are two kinds of time: write an offset such as +01:00 with both, or none")
        if first >= last:
            raise ValueError(f"until is {self.until}, which is not after {self.from_}, so that nothing is frozen")

    def compile(self, timezone: str) -> Frost:
        """The span of time that this is, days and times without an offset by the clock of `timezone`."""
        zone = zone_of(timezone)
        start, end = (
            moment.astimezone(UTC) if moment.tzinfo is not None else instant_of(moment, zone)
            for moment in (_moment(self.from_, "from"), _moment(self.until, "until"))
        )
        return Frost(start, end, self.until, self.reason)


def _moment(text: str, key: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if _MOMENT.match(text) is not None else None
    except ValueError:
        found = None  # told below: a day or an hour that there is not
    if found is not None and found.replace(tzinfo=None) > _LAST:
        raise ValueError(f"{key}: {text!r} is too far ahead; the last moment that counts is {_LAST:%Y-%m-%d}")
    if found is not None:
        return found
    raise ValueError(f"{key}: {text[:40]!r} is no date or time; write one such as 2026-12-18 or 2026-12-18T17:00")


@dataclass(frozen=True, slots=True)
class Frost:
    """Frozen in [start, end); `until` is the end as it was written."""

    start: datetime
    end: datetime
    until: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Waits while one of the frosts lasts, until none does."""

    frosts: tuple[Frost, ...]

    @property
    def name(self) -> str:
        return "freeze"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:  # noqa: ARG002  the clock alone tells
        now = time_of((yield frozenset({Now()})))
        moment, held = now, None
        # One may begin before the other ends.
        while (frost := next((each for each in self.frosts if each.start <= moment < each.end), None)) is not None:
            moment, held = frost.end, frost
        if held is None:
            return Verdict(self.name, "passed", "nothing is frozen now")
        why = dict.fromkeys(each.reason for each in self.frosts if each.reason and now < each.end <= moment)
        shown = f"frozen until {held.until}"
        return Verdict(self.name, "waiting", f"{shown}: {'; '.join(why)}" if why else shown, moment)
