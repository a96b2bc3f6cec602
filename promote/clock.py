"""The one clock: everything that asks for the time or waits is given this (tests give another).

No other module asks for the time by itself; `tests/test_clock.py` reads them all.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of day, in UTC with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow, for deadlines."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# By this one counts who waits for a child process or a socket: those are real, and heed no clock that a test turns.
REAL: Clock = SystemClock()
