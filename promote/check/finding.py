"""One thing that `check` looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from promote.errors import PromoteError

Level = Literal["ok", "warning", "error"]
# In the order in which they are shown.
Part = Literal["configuration", "sites", "holds", "registries", "git", "forge", "gates", "notify"]
PARTS: tuple[Part, ...] = get_args(Part)
# Every other code says something of what stands in files.
_PART_OF: Mapping[str, Part] = {
    "configuration": "configuration",
    "message": "configuration",
    "holds": "holds",
    "unknown-hold": "holds",
    "registry": "registries",
    "no-such-tag": "registries",
    "no-candidate": "registries",
    "pulls-left": "registries",
    "signed-in": "registries",
    "repository": "git",
    "credential": "git",
    "push": "git",
    "forge": "forge",
    "gate": "gates",
    "notify": "notify",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, a stable code, and what to do where it is not well.

    ValueError where something is not well and nothing is said of what to do, or the other way round.
    """

    level: Level
    subject: str
    code: str
    what: str
    cure: str = ""
    exit_code: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if (self.level == "ok") is bool(self.cure):
            raise ValueError(f"{self.code}: {self.level}, and its cure is {self.cure!r}")

    @classmethod
    def of_error(cls, level: Level, subject: str, code: str, error: PromoteError, cure: str) -> Finding:
        """What an error says, with its cure; with `cure` where it names none, since it ends with another's words."""
        exit_code = error.exit_code if level == "error" else 0
        return cls(level, subject, code, error.told, error.cure or cure, exit_code=exit_code)

    @property
    def part(self) -> Part:
        """What it is about."""
        return _PART_OF.get(self.code, "sites")

    @property
    def sentence(self) -> str:
        """What it is, and what to do."""
        return f"{self.what}; {self.cure}" if self.cure else self.what
