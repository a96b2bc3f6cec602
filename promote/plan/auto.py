"""`auto`: whatever `update` and `to` would bring into the environments that are kept up by themselves (SEMANTICS 6.6).

Every app is decided on what stands when the run starts, so a version goes one hop a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from promote.estate.estate import Estate
from promote.outcome import Plan, Refusal, Skip
from promote.plan.conclude import conclude
from promote.plan.draft import Decision
from promote.plan.intent import Auto, Before, Rules, Sources
from promote.plan.limits import limited
from promote.plan.promote import apps_of, carry
from promote.plan.update import refresh
from promote.question import Asking, abreast


def plan_auto(estates: Mapping[str, Estate], intent: Auto, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan for every environment of the run; one app, registry or gate that fails stops nothing else."""
    most = {name: _most(estates[name], rules) for name in intent.environments}
    steps: dict[tuple[str, str], Asking[Decision]] = {}
    for name in intent.environments:
        for app in _apps(estates, name, intent):
            # How many apps are to change only all shards together can tell.
            if most[name] is not None or is_mine(app, intent.shard):
                steps[name, app] = bring(estates, name, app, rules, before)
    decided = yield from abreast(steps)
    told: list[Decision] = []
    for name in intent.environments:
        mine = [patient(decision) for (its, _), decision in decided.items() if its == name]
        told += limited(mine, {name: most[name]}, by_option=rules.most is not None)
    return (yield from conclude(estates, [each for each in told if is_mine(each.app, intent.shard)], rules, before))


def is_mine(app: str, shard: tuple[int, int]) -> bool:
    """Whether an app belongs to a shard: told by its name alone, so that every machine tells the same."""
    number, count = shard
    return count < 2 or int.from_bytes(sha256(app.encode()).digest()[:8]) % count == number


def _most(estate: Estate, rules: Rules) -> int | None:
    return estate.environment.max_changes if rules.most is None else rules.most


def _apps(estates: Mapping[str, Estate], name: str, intent: Auto) -> Iterator[str]:
    its = estates[name].environment
    if intent.apps:
        yield from intent.apps
    elif its.sources:
        yield from apps_of(estates, name, Sources.of(its))
    else:
        yield from estates[name].apps


def bring(estates: Mapping[str, Estate], name: str, app: str, rules: Rules, before: Before) -> Asking[Decision]:
    """What `to` decides of an app where its environment takes from others, and else `update`."""
    its = estates[name].environment
    if its.sources:
        return carry(estates, name, Sources.of(its), app, rules, before)
    return refresh(estates, name, app, rules, before)


def patient(decision: Decision) -> Decision:
    """The decision; that the target is ahead of its source is a state like any other, and no fault of a run (6.6)."""
    if isinstance(decision, Refusal) and decision.code == "downgrade":
        return Skip(decision.environment, decision.app, "target-newer", decision.reason)
    return decision
