"""The order `numeric`: whole numbers, exact at any size."""

from __future__ import annotations

import re

from promote.policy.selection import Rejected

MAX_DIGITS = 1_000

# How many digits, then the digits: the order of the numbers without ever making one, so that no limit on the
# conversion of long texts applies and nothing is rounded.
Digits = tuple[int, str]

_NUMBER = re.compile(r"[0-9]+\Z")


def digits(text: str) -> Digits:
    """What a text of decimal digits is sorted by."""
    bare = text.lstrip("0") or "0"
    return (len(bare), bare)


class Numeric:
    """Ranks texts of decimal digits; leading zeros say nothing, and every other text is rejected.

    Decimals are rejected too: 1.10 is below 1.9 as a number and above it as a version, and a guess would be silent.
    """

    def rank(self, text: str) -> Digits | Rejected:
        if _NUMBER.match(text) is None:
            cure = "; the order semver ranks such" if re.match(r"[0-9]+\.[0-9]", text) else ""
            return Rejected(f"{text!r} is not a whole number{cure}")
        if len(text) > MAX_DIGITS:
            return Rejected(f"a number of more than {MAX_DIGITS} digits")
        return digits(text)

    def why_not(self, rank: Digits) -> str | None:  # noqa: ARG002  every number is a candidate
        return None
