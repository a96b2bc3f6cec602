"""What a gate says of a version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate of this name says, and why in a phrase; `until` is when a wait ends, where that is known.

    `unknown` is a fact that could not be had: it never passes, and `exit_code` is that of what was missing
    (SEMANTICS 9.1).
    """

    gate: str
    state: Literal["passed", "waiting", "failed", "unknown"]
    why: str
    until: datetime | None = None
    exit_code: int = 0

    @property
    def passes(self) -> bool:
        return self.state == "passed"
