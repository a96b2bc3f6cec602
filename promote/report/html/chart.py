"""Numbers → a row of small bars, as the path of an SVG, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from statistics import median

from promote.board.trend import WEEKS
from promote.duration import show_duration

STEP, HEIGHT = 4, 14  # what one bar takes, and how high the highest is
WIDTH = STEP * WEEKS


@dataclass(frozen=True, slots=True)
class Chart:
    """What the numbers say, and the bars: an SVG path within WIDTH × HEIGHT, empty where there are none to draw."""

    words: str
    path: str


def _bars(numbers: Sequence[float], least: float) -> str:
    """The newest stands on the right. What is not zero is seen."""
    highest = max([*numbers, least])
    begin = WIDTH - STEP * len(numbers)
    heights = [max(round(HEIGHT * each / highest), 1) if each > 0 else 0 for each in numbers]
    return "".join(
        f"M{begin + STEP * place + STEP // 2} {HEIGHT}v-{height}" for place, height in enumerate(heights) if height
    )


def together(several: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """The sums of counts whose last ones are of the same week."""
    turned = [tuple(reversed(each)) for each in several]
    return tuple(reversed([sum(week) for week in zip_longest(*turned, fillvalue=0)]))


def frequency(weeks: Sequence[int]) -> Chart | None:
    """How often something came, week by week; None where nothing is known."""
    if not weeks:
        return None
    return Chart(f"{sum(weeks)} in {len(weeks)} week{'s' if len(weeks) > 1 else ''}", _bars(weeks, 2))


def lead_times(leads: Sequence[timedelta], *, drawn: bool = True) -> Chart | None:
    """How long versions took, one bar each; None where nothing is known."""
    if not leads:
        return None
    middle = median(each.total_seconds() for each in leads)
    words = show_duration(timedelta(seconds=middle), parts=2)
    if len(leads) > 1:
        low, high = (show_duration(each, parts=1) for each in (min(leads), max(leads)))
        words = f"{words} (median of {len(leads)}, {low} to {high})"
    return Chart(words, _bars([each.total_seconds() for each in leads], 1) if drawn else "")
