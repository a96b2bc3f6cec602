"""How long something outside is waited for: set for a while, and heeded by all that ask it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from promote.clock import Clock

# What one exchange is given even where less is left: a handshake, a log-in and a small push over a slow line take so
# long, and to cut off what is about to succeed would only leave it unclear. Most checks tell by then, too.
_SHORTEST_EXCHANGE = 3.0


class Patience:
    """What is left for one exchange, a short one at least; without an end until one is set, by one run at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = math.inf

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """Meanwhile nothing is waited for beyond `moment`, in the clock's monotonic seconds, or an end set before."""
        before, self._end = self._end, min(self._end, moment)
        try:
            yield
        finally:
            self._end = before

    @property
    def left(self) -> float:
        """For how many seconds one thing may be waited for now."""
        return max(self._end - self._clock.monotonic(), _SHORTEST_EXCHANGE)
