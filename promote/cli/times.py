"""Times as the command line names them: a span from now on or back, or a moment."""

from __future__ import annotations

from datetime import datetime

from promote.duration import parse_duration
from promote.errors import UsageError
from promote.moment import parse_moment


def _time(text: str, now: datetime, *, sign: int, where: str, example: str) -> datetime:
    try:
        if text[-1:] in "dhms":
            return now.replace(microsecond=0) + sign * parse_duration(text)
        return parse_moment(text)
    except (ValueError, OverflowError) as exc:
        raise UsageError(str(exc), where=where, cure=f"write {example}, 2026-12-24 or 2026-12-24T09:00:00Z") from exc


def time_to_come(text: str, now: datetime, *, where: str) -> datetime:
    """The time that an option names, from now on where it is a span; UsageError where it is none, or is over."""
    end = _time(text, now, sign=1, where=where, example="3d")
    if end <= now:
        raise UsageError(f"{text[:40]!r} is over already", where=where, cure="name a time to come")
    return end


def time_past(text: str, now: datetime, *, where: str) -> datetime:
    """The time that an option names, back from now where it is a span; UsageError where it is none, or is to come."""
    start = _time(text, now, sign=-1, where=where, example="2h")
    if start > now:
        raise UsageError(f"{text[:40]!r} is still to come", where=where, cure="name a time that is over")
    return start
