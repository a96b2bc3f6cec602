"""One thing that `check` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, a stable code, and what to do where it is not well."""

    level: Level
    subject: str
    code: str
    what: str
    exit_code: int = 0
