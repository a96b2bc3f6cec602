"""`update`: the newest version by policy, from the registry, for every app of environments that are fed by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Failure, Plan, Refusal, Skip
from promote.plan.carry import Cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, unfit
from promote.plan.gating import Way, let_in
from promote.plan.intent import Before, Rules, Update
from promote.plan.settle import settle
from promote.question import Asking, abreast


def plan_update(estates: Mapping[str, Estate], intent: Update, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that brings each app of these environments to its newest version; one app's fault stops no other."""
    steps = {
        (name, app): refresh(estates, name, app, rules, before)
        for name in intent.environments
        for app in (intent.apps or tuple(estates[name].apps))
    }
    decided = yield from abreast(steps)
    return (yield from conclude(estates, decided.values(), rules, before))


def refresh(
    estates: Mapping[str, Estate], environment: str, app: str, rules: Rules, before: Before
) -> Asking[Decision]:
    """The newest version of one app by its policy that every gate lets in, or why there is none."""
    estate = estates[environment]
    settings, policy = estate.apps[app].policy, estate.apps[app].chooser
    if policy is None or settings is None:
        what = f"{app} has no `policy`, so no tag is chosen for it"
        cure = f"try one with `promote tags {app} --policy 'semver:*'`, then write it; or use `promote set`"
        return Skip(environment, app, "no-policy", f"{what}; {cure}")
    fault = unfit(estate, app)
    if fault is not None:
        return fault
    present = estate.runs(app)
    current = present if isinstance(present, Version) else None
    selection = yield from policy.choose(estate.apps[app].repositories, current)
    if selection.failure is not None:
        return Failure(environment, app, "registry", selection.failure.exit_code, selection.failure.why)
    if selection.winner is None:
        return Skip(environment, app, "no-candidate", selection.why_none(app))
    looked_at = Cargo(dict(selection.judged), judged=True)
    reason = f"what {selection.winner.tag} is now" if settings.kind == "digest" else f"the newest by {settings.kind}"
    choice = Choice(app, selection.winner.tag, reason, looked_at)
    decision = yield from settle(estates, environment, choice, rules, before)
    if isinstance(decision, Refusal) and decision.code == "downgrade" and current is not None:
        why = selection.why_not(current)
        if why is not None:
            return replace(decision, reason=f"{decision.reason}; its policy does not take {current.short}: {why}")
    return (yield from let_in(estates, decision, Way(), rules, before))
