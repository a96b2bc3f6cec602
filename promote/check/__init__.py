"""`check`: every environment, app and registry looked at, each finding with its cure. Pure: facts are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.check.environment import findings
from promote.check.finding import Finding, Level
from promote.check.registries import registries
from promote.estate.estate import Estate
from promote.question import Asking

__all__ = ["Finding", "Level", "examine"]


def examine(estates: Mapping[str, Estate], names: Sequence[str]) -> Asking[tuple[Finding, ...]]:
    """All findings of these environments, then of their registries, each in its order.

    Environments of `estates` that are not named are there for what they share with these.
    """
    found = [finding for name in names for finding in findings(estates, name)]
    return (*found, *(yield from registries({name: estates[name] for name in names})))
