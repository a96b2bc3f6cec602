"""The order `semver`: semantic versions within a range."""

from __future__ import annotations

from dataclasses import dataclass

from promote.policy.constraint import Range
from promote.policy.selection import Rejected
from promote.policy.version_key import Key, parse_key


@dataclass(frozen=True, slots=True)
class SemverRange:
    """Ranks semantic versions; the range says which are candidates, never which have an order."""

    range: Range
    prereleases: bool = False

    def rank(self, text: str) -> Key | Rejected:
        key = parse_key(text)
        return Rejected(f"{text!r} is not a semantic version") if key is None else key

    def why_not(self, rank: Key) -> str | None:
        return self.range.why_not(rank, prereleases=self.prereleases)
