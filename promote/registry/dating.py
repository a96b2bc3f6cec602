"""When an image was made, by the first of several places that says so (OCI image spec, "Annotations", "Configuration").

Builds that must come out the same each time write a date of 1970, and Go its zero time where none was set: neither says
when, so what stands behind it is asked. No place's mistake hides what another says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

CREATED = "org.opencontainers.image.created"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_GO_ZERO = "0001-01-01T00:00:00"


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or _RFC_3339.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _shown(text: object) -> str:
    return ascii(text[:80]) if isinstance(text, str) else f"of another kind ({type(text).__name__})"


def dated(said: Iterable[tuple[str, object]]) -> tuple[datetime | None, str]:
    """The first date after 1970 among `said`, pairs of a place's name and what stands there, read one by one.

    Where there is none: the first date that is older, or None; and why those that are no dates are none.
    """
    old: datetime | None = None
    doubts: list[str] = []
    for place, text in said:
        if text is None or text == "" or (isinstance(text, str) and text.startswith(_GO_ZERO)):
            continue
        moment = _moment(text)
        if moment is None:
            doubts.append(f"its {place} {_shown(text)} is no date")
        elif moment.year > 1970:
            return moment, ""
        else:
            old = old or moment
    return old, ", ".join(doubts)
