"""Waits until what was delivered is seen to run: the `verify` checks are asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from promote.clock import Clock
from promote.estate.estate import Estate
from promote.plan.verifying import Verified, verified_apps
from promote.question import Answers, Question, drive

# A rollout takes minutes: to ask more often tells nobody more.
_FIRST_PAUSE = 2.0
_GROWTH = 1.5
_LONGEST_PAUSE = 15.0


def watch(
    look: Callable[[], Mapping[str, Estate]],
    ask: Callable[[frozenset[Question]], Answers],
    again: Callable[[], None],
    wanted: Sequence[tuple[str, str]],
    *,
    clock: Clock,
    seconds: float,
    until: Callable[[float], AbstractContextManager[None]],
    tell: Callable[[Sequence[Verified]], None],
) -> tuple[Verified, ...]:
    """What the checks said last of these (environment, app): all passed, or `seconds` are over.

    `look` reads what the environments run at that moment, and `tell` is called after each round. Within `until` neither
    that nor `ask` takes longer than to a moment of the clock, or but little. A check that fails is asked again like one
    that waits: what is just being rolled out is often broken before it is well.
    """
    deadline = clock.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        with until(deadline):
            found = drive(verified_apps(look(), wanted), ask)
        tell(found)
        left = deadline - clock.monotonic()
        if left <= 0 or all(each.passes for each in found):
            return found
        clock.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        again()
