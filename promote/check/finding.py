"""One thing that `check` looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

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
    """One thing that was looked at: how it is, a stable code, and what to do where it is not well."""

    level: Level
    subject: str
    code: str
    what: str
    exit_code: int = 0

    @property
    def part(self) -> Part:
        """What it is about."""
        return _PART_OF.get(self.code, "sites")
