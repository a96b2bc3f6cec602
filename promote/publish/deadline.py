"""The deadline of one run of the loop, and the pauses until then."""

from __future__ import annotations

from collections.abc import Callable

from promote.clock import Clock

# The more often somebody else was faster, the more are trying: then it costs less to wait than to be beaten again.
_FIRST_PAUSE = 0.1
_GROWTH = 3
_LONGEST_PAUSE = 5.0


class Deadline:
    """So many `seconds` from now; `jitter` gives factors around 1 for the pauses."""

    def __init__(self, clock: Clock, seconds: float, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self.seconds = seconds
        self.moment = clock.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return self._clock.monotonic() >= self.moment

    def pause(self, tries: int) -> None:
        """Waits after so many tries, each time longer, but not beyond the deadline."""
        pause = min(_FIRST_PAUSE * _GROWTH ** min(tries - 1, 10), _LONGEST_PAUSE) * self._jitter()
        self._clock.sleep(max(0.0, min(pause, self.moment - self._clock.monotonic())))
