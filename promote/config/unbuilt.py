"""What the design knows and this version does not build: refused by name, never ignored (SEMANTICS 11.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from promote.config.settings import CommitSettings


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """By type: its unbuilt keys."""

    keys: Mapping[type[Struct], frozenset[str]] = field(default_factory=dict)


UNBUILT = Unbuilt(
    keys={
        CommitSettings: frozenset({"via"}),
    },
)
