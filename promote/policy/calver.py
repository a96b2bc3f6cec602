"""The order `calver`: calendar versions of one format (https://calver.org)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from promote.policy.calver_format import TOKENS, Format
from promote.policy.numeric import Digits, digits
from promote.policy.selection import Rejected
from promote.policy.version_key import RELEASE, Identifier, prerelease_key

# From the number that counts most on; last, where the format has one, the modifier.
Key = tuple[int | Digits | tuple[Identifier, ...], ...]

_SHORT_YEARS = frozenset({"YY", "0Y"})


def _not_in_the_calendar(year: int, month: int | None, week: int | None, day: int | None) -> str | None:
    if month is not None and not 1 <= month <= 12:
        return f"there is no month {month}"
    if week is not None and not 1 <= week <= 53:
        return f"there is no week {week}"
    if month is not None and day is not None:
        try:
            date(year, month, day)
        except ValueError:
            return f"there is no {year}-{month:02}-{day:02}"
    return None


@dataclass(frozen=True, slots=True)
class Calver:
    """Ranks what reads as the format, exact at any size; with a modifier it is a prerelease."""

    format: Format
    prereleases: bool = False

    def rank(self, text: str) -> Key | Rejected:
        found = self.format.pattern.match(text)
        if found is None:
            return Rejected(f"{text!r} does not read as {self.format.written}")
        groups: Sequence[str | None] = found.groups()
        values: list[int | Digits] = []
        calendar: dict[str, int] = {}
        for name, group in zip(self.format.names, groups, strict=True):
            quantity = TOKENS[name].quantity
            if quantity in ("major", "minor", "micro"):
                values.append(digits(group or ""))
            elif quantity != "modifier":
                number = int(group or "") + (2000 if name in _SHORT_YEARS else 0)
                calendar[quantity] = number
                values.append(number)
        if "year" in calendar:
            why = _not_in_the_calendar(
                calendar["year"], calendar.get("month"), calendar.get("week"), calendar.get("day")
            )
            if why is not None:
                return Rejected(f"{text!r} is no date of the calendar: {why}")
        key: Key = tuple(values[place] for place in self.format.ranked)
        return (*key, prerelease_key(groups[-1])) if self.format.has_modifier else key

    def why_not(self, rank: Key) -> str | None:
        if self.prereleases or not self.format.has_modifier or rank[-1] == RELEASE:
            return None
        return "a prerelease, which only `prereleases: true` admits"
