"""The order `alphabetical`: texts by their code points."""

from __future__ import annotations

from promote.policy.selection import Rejected


class Alphabetical:
    """Ranks every text but an empty one; capitals are below small letters, and 10 is below 9."""

    def rank(self, text: str) -> str | Rejected:
        return text or Rejected("nothing of it is left to rank")

    def why_not(self, rank: str) -> str | None:  # noqa: ARG002  every text is a candidate
        return None
