"""A clock for tests: time passes only when somebody sleeps or the test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# A Monday at noon: inside working hours, and no month or year turns within the tests.
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class FakeClock:
    """`promote.clock.Clock` without waiting; `slept` holds what was asked for, in order."""

    def __init__(self, now: datetime = NOON) -> None:
        self._start = now
        self._passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.slept.append(seconds)
        self._passed += seconds

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        self._passed += seconds
