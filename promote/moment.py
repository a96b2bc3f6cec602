"""Points in time as they are written: `2026-12-01T09:00:00Z`, or `2026-12-01` for its first moment in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


def parse_moment(text: str) -> datetime:
    """The point in time that `text` is (RFC 3339, section 5.6, or its date alone), in UTC.

    ValueError says what is wrong with any other text.
    """
    shown = repr(text[:40])
    is_date = _DATE.fullmatch(text) is not None
    if not is_date and _MOMENT.fullmatch(text) is None:
        raise ValueError(f"{shown} is no time; write one such as 2026-12-01T09:00:00Z, or a date")
    try:
        found = datetime.fromisoformat(text.upper())
        if is_date:
            return found.replace(tzinfo=UTC)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{shown} is no time that there is ({exc})") from exc
    raise ValueError(f"{shown} names no time zone; write Z or +01:00 behind it")


def show_minute(moment: datetime) -> str:
    """The point in time in UTC, to the minute, for people."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def show_moment(moment: datetime) -> str:
    """The point in time in UTC, to the second, as `parse_moment` reads it."""
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
