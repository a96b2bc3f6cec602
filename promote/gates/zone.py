"""Time zones: by their name, with the instants at which a clock there is moved."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# The database holds other files beside its zones; none of them begins with a capital.
_NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\Z")
_HOUR = 3_600


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name in the IANA database; ValueError where there is none."""
    try:
        if _NAME.match(name) is not None:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # told below: a folder of zones, or no zone at all
    raise ValueError(f"{name[:60]!r} is no time zone; write UTC, or a name such as Europe/Amsterdam")


def first_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The first instant in (after, until] at which clocks in `zone` are moved, or None."""

    def offset(second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, zone).utcoffset()

    low, end = int(after.timestamp() // 1), int(until.timestamp() // 1)
    before = offset(low)
    while low < end:
        high = min(low + _HOUR, end)
        if offset(high) != before:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            return datetime.fromtimestamp(high, UTC)
        low = high
    return None


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock in `zone` reads `local`, or is moved past it; in UTC."""
    instants = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if instants[0].astimezone(zone).replace(tzinfo=None) == local:
        return instants[0]
    return first_change(zone, instants[1], instants[0]) or instants[0]
