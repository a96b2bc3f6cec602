"""`soak`: the version was live where it comes from for so long, without a break (SEMANTICS 6.4, 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from promote.duration import show_duration
from promote.gates.gate import Case, Origin
from promote.gates.live import Live, live_at, never_ran
from promote.gates.origins import at_every_origin
from promote.question import Asking, Unknown
from promote.verdict import Verdict

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Soak:
    """Passes once the version has run through `least` at a time, for ever (6.4); waits while it still runs.

    Only as much of the past is looked at as it takes to find the version: where it came back after others, a soak that
    lies further back may be asked for again.
    """

    least: timedelta

    @property
    def name(self) -> str:
        return "soak"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:
        return at_every_origin(self.name, case, lambda origin: self._at(origin, case))

    def _at(self, origin: Origin, case: Case) -> Asking[Verdict]:
        live = yield from live_at(origin, case)
        if isinstance(live, Unknown):
            return Verdict(self.name, "unknown", live.why, exit_code=live.exit_code)
        where = origin.environment
        span = max((_span(live, since, end) for since, end in _seen(live)), default=None)
        if span is not None and span >= self.least:
            return Verdict(self.name, "passed", f"live in {where} for {_shown(span)}")
        unseen = any(since is None for _, since, _ in live.stretches)
        _, since, end = live.stretches[0] if live.stretches else (None, None, None)
        if since is not None and end is None:
            why = f"live in {where} for {_shown(live.now - since)} of {show_duration(self.least)}"
            return Verdict(self.name, "waiting", why, _after(since, self.least))
        if unseen:
            why = f"since when it was live in {where} cannot be seen: {live.ends}"
            return Verdict(self.name, "failed", why)
        if span is None:
            return Verdict(self.name, "failed", never_ran(origin, case, live.ends))
        return Verdict(self.name, "failed", f"{where} ran it for only {_shown(span)} of {show_duration(self.least)}")


def _seen(live: Live) -> list[tuple[datetime, datetime | None]]:
    return [(since, end) for _, since, end in live.stretches if since is not None]


def _after(since: datetime, span: timedelta) -> datetime | None:
    """None where that is beyond all dates: a commit may say of itself that it is of the year 9999."""
    return since + span if span <= _LAST - since else None


def _span(live: Live, since: datetime, end: datetime | None) -> timedelta:
    return (live.now if end is None else end) - since


def _shown(span: timedelta) -> str:
    return show_duration(span, parts=2)
