"""The share of a plan that one place has, and shares put together again: what is told of each app in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from promote.errors import GitError
from promote.estate.estate import Estate
from promote.outcome import Failure, Plan
from promote.place import Place

Pair = tuple[str, str]


def pairs(plan: Plan, place: Place) -> frozenset[Pair]:
    """The (environment, app) that the steps at a place carry, hold back or release."""
    return frozenset(pair for step in plan.steps if step.place == place for pair in step.apps)


def _chosen(plan: Plan, wanted: frozenset[Pair], places: frozenset[Place], *, inside: bool) -> Plan:
    def fits(environment: str, app: str) -> bool:
        return ((environment, app) in wanted) is inside

    return Plan(
        tuple(item for item in plan.changes if fits(item.environment, item.app)),
        tuple(item for item in plan.skips if fits(item.environment, item.app)),
        tuple(item for item in plan.refusals if fits(item.environment, item.app)),
        tuple(item for item in plan.failures if fits(item.environment, item.app)),
        plan.warnings,
        tuple(step for step in plan.steps if (step.place in places) is inside),
        tuple(each for each in plan.proposals if (each.place in places) is inside),
        tuple(item for item in plan.holds if fits(item.environment, item.app)),
    )


def part(plan: Plan, place: Place) -> Plan:
    """What a plan says of the apps that its steps at this place carry."""
    return _chosen(plan, pairs(plan, place), frozenset({place}), inside=True)


def rest(plan: Plan, told: Mapping[Place, frozenset[Pair]]) -> Plan:
    """What a plan says of all apps but those that the shares of these places tell of."""
    return _chosen(plan, frozenset[Pair]().union(*told.values()), frozenset(told), inside=False)


def joined(plans: Sequence[Plan]) -> Plan:
    return Plan(
        tuple(item for plan in plans for item in plan.changes),
        tuple(item for plan in plans for item in plan.skips),
        tuple(item for plan in plans for item in plan.refusals),
        tuple(item for plan in plans for item in plan.failures),
        tuple(dict.fromkeys(item for plan in plans for item in plan.warnings)),
        tuple(item for plan in plans for item in plan.steps),
        tuple(item for plan in plans for item in plan.proposals),
        tuple(item for plan in plans for item in plan.holds),
    )


def sources(plan: Plan, estates: Mapping[str, Estate], place: Place) -> list[Place]:
    """The other places from which the steps at `place` take their versions."""
    mine = [step for step in plan.steps if step.place == place]
    carried = [item for step in mine for item in step.carried]
    names = {item.source for item in carried if item.source is not None}
    # `set` carries from nowhere, but asks what the source runs.
    names |= {
        name
        for item in carried
        if item.environment in estates
        for name in estates[item.environment].environment.sources
    }
    return sorted({estates[name].place for name in names if name in estates} - {step.base for step in mine})


def failed(apps: Iterable[Pair], code: str, why: str, exit_code: int) -> tuple[Failure, ...]:
    return tuple(Failure(environment, app, code, exit_code, why) for environment, app in dict.fromkeys(apps))


def undone(plan: Plan, code: str, why: str, exit_code: int = GitError.exit_code) -> Plan:
    """The plan where nothing of it could be delivered: each app that was to change has failed."""
    brought = [(item.environment, item.app) for step in plan.steps for item in step.news]
    held = [(item.environment, item.app) for step in plan.steps for item in step.holds]
    failures = failed([*brought, *held], code, why, exit_code)
    return replace(plan, changes=(), steps=(), proposals=(), holds=(), failures=(*plan.failures, *failures))


def tips(estates: Mapping[str, Estate], place: Place) -> Iterator[str]:
    return (estate.tip for estate in estates.values() if estate.place == place and estate.tip is not None)
