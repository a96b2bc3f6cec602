"""Spans of time as they are written: `90s`, `30m`, `2h`, `7d`, `1d12h`."""

from __future__ import annotations

import re
from datetime import timedelta

MAX_DAYS = 36_500

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WORDS = "days (d), hours (h), minutes (m) and seconds (s)"
_PARTS = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """The span that `text` is: whole numbers of days, hours, minutes and seconds, in this order, each at most once.

    ValueError says what is wrong with any other text.
    """
    found = _PARTS.fullmatch(text)
    if text and found is not None:
        amounts = zip(found.groups(), _UNITS.values(), strict=True)
        seconds = sum(int(number) * unit for number, unit in amounts if number is not None)
        if seconds > MAX_DAYS * _UNITS["d"]:
            raise ValueError(f"{text!r} is longer than {MAX_DAYS} days")
        return timedelta(seconds=seconds)
    if re.fullmatch(r"[0-9]+", text, re.ASCII):
        raise ValueError(f"{text[:40]!r} has no unit; write {text[:20]}s, {text[:20]}m, {text[:20]}h or {text[:20]}d")
    raise ValueError(f"{text[:40]!r} is no duration; write one in {_WORDS}, such as 2h or 1d12h")


def show_duration(span: timedelta, *, parts: int = len(_UNITS)) -> str:
    """The span as it would be written, cut off to whole seconds and to its `parts` greatest units; at least 0s."""
    left = max(0, int(span.total_seconds()))
    shown: list[str] = []
    for name, unit in _UNITS.items():
        number, left = divmod(left, unit)
        if number:
            shown.append(f"{number}{name}")
    return "".join(shown[:parts]) or "0s"
