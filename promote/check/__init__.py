"""`check`: every environment, app and registry looked at, each finding with its cure. Pure: facts are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.check.environment import findings
from promote.check.finding import PARTS, Finding, Level, Part
from promote.check.gates import gates
from promote.check.holds import holds
from promote.check.policies import policies
from promote.check.registries import registries
from promote.estate.estate import Estate
from promote.question import Asking

__all__ = ["PARTS", "Finding", "Level", "Part", "examine"]


def examine(estates: Mapping[str, Estate], names: Sequence[str]) -> Asking[tuple[Finding, ...]]:
    """All findings of these environments, of their holds, of their registries and of their gates, each in its order.

    Environments of `estates` that are not named are there for what they share with these, or send to them.
    """
    found = [finding for name in names for finding in findings(estates, name)]
    held = [finding for name in names for finding in holds(estates[name])]
    asked = yield from registries({name: estates[name] for name in names})
    barren = yield from policies([estates[name] for name in names])
    return (*found, *held, *asked, *barren, *(yield from gates(estates, names)))
