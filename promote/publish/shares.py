"""The share of a plan that one place has, and shares put together again: what is told of each app in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promote.errors import GitError
from promote.estate.estate import Estate
from promote.outcome import Failure, Plan
from promote.place import Place


def part(plan: Plan, environments: frozenset[str]) -> Plan:
    """What a plan says of these environments alone."""
    return Plan(
        tuple(item for item in plan.changes if item.environment in environments),
        tuple(item for item in plan.skips if item.environment in environments),
        tuple(item for item in plan.refusals if item.environment in environments),
        tuple(item for item in plan.failures if item.environment in environments),
        plan.warnings,
        tuple(step for step in plan.steps if any(item.environment in environments for item in step.carried)),
    )


def joined(plans: Sequence[Plan]) -> Plan:
    return Plan(
        tuple(item for plan in plans for item in plan.changes),
        tuple(item for plan in plans for item in plan.skips),
        tuple(item for plan in plans for item in plan.refusals),
        tuple(item for plan in plans for item in plan.failures),
        tuple(dict.fromkeys(item for plan in plans for item in plan.warnings)),
        tuple(item for plan in plans for item in plan.steps),
    )


def at_place(estates: Mapping[str, Estate], place: Place) -> frozenset[str]:
    return frozenset(name for name, estate in estates.items() if estate.place == place)


def sources(plan: Plan, estates: Mapping[str, Estate], place: Place) -> list[Place]:
    """The other places from which the steps at `place` take their versions."""
    carried = [item for step in plan.steps if step.place == place for item in step.carried]
    names = {item.source for item in carried if item.source is not None}
    # `set` carries from nowhere, but asks what the source runs.
    origins = (estates[item.environment].environment.from_ for item in carried if item.environment in estates)
    names |= {name for name in origins if name is not None}
    return sorted({estates[name].place for name in names if name in estates} - {place})


def undone(plan: Plan, code: str, why: str, exit_code: int = GitError.exit_code) -> Plan:
    """The plan where nothing of it could be delivered: each app that was to change has failed."""
    apps = dict.fromkeys((item.environment, item.app) for step in plan.steps for item in step.carried)
    failures = tuple(Failure(environment, app, code, exit_code, why) for environment, app in apps)
    return replace(plan, changes=(), steps=(), failures=(*plan.failures, *failures))


def tips(estates: Mapping[str, Estate], place: Place) -> Iterator[str]:
    return (estate.tip for estate in estates.values() if estate.place == place and estate.tip is not None)
