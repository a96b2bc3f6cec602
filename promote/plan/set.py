"""`set`: a given version of each app, into one environment; all of them, or none (SEMANTICS 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Plan, Refusal, Skip
from promote.plan.carry import Cargo, cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.intent import Before, Rules, Set
from promote.plan.settle import settle
from promote.question import Asking, abreast

FROM_GATE = "from"


def plan_set(estates: Mapping[str, Estate], intent: Set, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that writes every version of `intent`, or one without any change that says why."""
    decided = yield from abreast(
        {app: _app(estates, intent.environment, app, version, rules, before) for app, version in intent.versions}
    )
    plan = yield from conclude(estates, decided.values(), rules, before)
    if plan.refusals or plan.failures or any(skip.code == "absent" for skip in plan.skips):
        # One that cannot be set keeps the others from being set: said, so that nobody wonders.
        left = {change.app for change in plan.changes}
        stopped = tuple(
            Skip(intent.environment, app, "not-alone", "not set, because another app of this command cannot be")
            for app in sorted(left)
        )
        return replace(plan, changes=(), steps=(), proposals=(), warnings=(), skips=(*plan.skips, *stopped))
    return plan


def _app(
    estates: Mapping[str, Estate], environment: str, app: str, version: Version, rules: Rules, before: Before
) -> Asking[Decision]:
    estate = estates[environment]
    fault = unfit(estate, app)
    if fault is not None:
        return fault
    stop = _not_eligible(estates, estate, app, version)
    if stop is not None and not rules.skips(FROM_GATE):
        return stop
    choice = _choice(estates, estate, app, version, carries=stop is None)
    if isinstance(choice, Refusal):
        return choice
    decision = yield from settle(estates, environment, choice, rules, before)
    if isinstance(decision, Draft) and stop is not None:
        # Recorded only where the gate would have stopped it.
        reasons = tuple((name, reason) for name, reason in rules.skipped_gates if name == FROM_GATE)
        return replace(decision, skipped_gates=reasons)
    return decision


def _choice(
    estates: Mapping[str, Estate], estate: Estate, app: str, version: Version, *, carries: bool
) -> Choice | Refusal:
    """The version as it is to be written; where the source runs it, with the digests that the source runs."""
    name, source = estate.environment.name, estate.environment.from_
    repositories = {site.repository for site in estate.places(app)}
    if version.digest is not None:
        if len(repositories) > 1:
            why = f"{app} has several images, and one digest cannot be that of all: give the tag alone"
            return Refusal(name, app, "one-digest", why)
        given = Cargo({next(iter(repositories)): version.digest})
        return Choice(app, version.tag, "set by hand", given, explicit=True, on_unordered="warn")
    brought = Cargo() if source is None or not carries else cargo(estates[source], estate, app)
    return Choice(app, version.tag, "set by hand", brought, on_unordered="warn")


def _not_eligible(estates: Mapping[str, Estate], estate: Estate, app: str, version: Version) -> Refusal | None:
    """Why an environment that is fed by another may not be given this version: the other does not run it."""
    source = estate.environment.from_
    if source is None:
        return None
    running = estates[source].runs(app)
    if (
        isinstance(running, Version)
        and running.tag == version.tag
        and (version.digest is None or running.digest in (None, version.digest))
    ):
        return None
    said = running.short if isinstance(running, Version) else f"nothing that can be told ({running})"
    name = estate.environment.name
    why = f"{name} takes {app} from {source}, which runs {said}, not {version.short}"
    cure = f"bring it to {source} first, or use --skip-gate {FROM_GATE} --reason"
    return Refusal(name, app, "not-in-source", f"{why}; {cure}", gate=FROM_GATE)
