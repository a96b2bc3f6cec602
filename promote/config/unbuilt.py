"""What the design knows and this version does not build: refused by name, never ignored (SEMANTICS 11.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from promote.config.settings import DefaultSettings, EnvironmentSettings

_ENVIRONMENT = frozenset({"auto", "gates", "limits", "timezone", "verify"})


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """By type: its unbuilt keys, and by key the unbuilt values: a word, or a mapping with that key."""

    keys: Mapping[type[Struct], frozenset[str]] = field(default_factory=dict)
    values: Mapping[type[Struct], Mapping[str, frozenset[str]]] = field(default_factory=dict)


UNBUILT = Unbuilt(
    keys={
        EnvironmentSettings: _ENVIRONMENT,
        DefaultSettings: _ENVIRONMENT,
    },
    values={
        EnvironmentSettings: {"from": frozenset({"all", "any"})},
    },
)
