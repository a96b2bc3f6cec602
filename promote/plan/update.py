"""`update`: the newest version by policy, from the registry, for every app of environments that are fed by one."""

from __future__ import annotations

from collections.abc import Mapping

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Failure, Plan, Skip
from promote.plan.assemble import assemble
from promote.plan.draft import Decision, unfit
from promote.plan.intent import Before, Rules, Update
from promote.plan.settle import Choice, settle
from promote.policy import build
from promote.question import Asking, abreast


def plan_update(estates: Mapping[str, Estate], intent: Update, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that brings each app of these environments to its newest version; one app's fault stops no other."""
    steps = {
        (name, app): _app(estates, name, app, rules, before)
        for name in intent.environments
        for app in (intent.apps or tuple(estates[name].apps))
    }
    decided = yield from abreast(steps)
    return assemble(estates, decided.values(), rules.group)


def _app(estates: Mapping[str, Estate], environment: str, app: str, rules: Rules, before: Before) -> Asking[Decision]:
    estate = estates[environment]
    policy = estate.apps[app].policy
    if policy is None:
        return Skip(environment, app, "no-policy", f"{app} has no `policy`, so no tag is chosen for it")
    fault = unfit(estate, app)
    if fault is not None:
        return fault
    present = estate.runs(app)
    current = present if isinstance(present, Version) else None
    selection = yield from build(policy).choose(estate.apps[app].repositories, current)
    if selection.failure is not None:
        return Failure(environment, app, "registry", selection.failure.exit_code, selection.failure.why)
    if selection.winner is None:
        count = len(selection.considered)
        return Skip(environment, app, "no-candidate", f"none of the {count} tags of {app} passes its policy")
    choice = Choice(app, selection.winner.tag, f"the newest by {policy.kind}")
    return (yield from settle(estates, environment, choice, rules, before))
