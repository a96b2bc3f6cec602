"""`soak`: the version was live where it comes from for so long, without a break (SEMANTICS 6.4, 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from promote.duration import show_duration
from promote.gates.gate import Case, Origin
from promote.gates.live import Live, live_at, never_ran
from promote.gates.origins import at_every_origin
from promote.question import Asking, Unknown
from promote.verdict import Verdict


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
        unseen = any(stretch.brought is None for stretch, _ in live.stretches)
        if live.stretches and live.stretches[0][1] is None and live.stretches[0][0].brought is not None:
            since = live.stretches[0][0].brought.at
            why = f"live in {where} for {_shown(live.now - since)} of {show_duration(self.least)}"
            return Verdict(self.name, "waiting", why, since + self.least)
        if unseen:
            why = f"since when it was live in {where} cannot be seen: {live.ends}"
            return Verdict(self.name, "failed", why)
        if span is None:
            return Verdict(self.name, "failed", never_ran(origin, case, live.ends))
        return Verdict(self.name, "failed", f"{where} ran it for only {_shown(span)} of {show_duration(self.least)}")


def _seen(live: Live) -> list[tuple[datetime, datetime | None]]:
    return [(stretch.brought.at, end) for stretch, end in live.stretches if stretch.brought is not None]


def _span(live: Live, since: datetime, end: datetime | None) -> timedelta:
    return (live.now if end is None else end) - since


def _shown(span: timedelta) -> str:
    return show_duration(span, parts=2)
