"""That a fact could not be had."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be had: why, and the exit code of what was missing (SEMANTICS 9.1)."""

    why: str
    exit_code: int
