"""`to`: what the source environment runs, tag and digest exactly, into the environment that takes from it."""

from __future__ import annotations

from collections.abc import Mapping

from promote.estate.estate import Estate
from promote.outcome import Plan, Refusal, Skip
from promote.plan.carry import cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, unfit
from promote.plan.intent import Before, Promote, Rules
from promote.plan.settle import settle
from promote.question import Asking, abreast
from promote.tree import show


def plan_promote(estates: Mapping[str, Estate], intent: Promote, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that carries each app over; one that cannot be carried stops no other (SEMANTICS 9.1)."""
    known = {*estates[intent.source].joined, *estates[intent.environment].joined}
    apps = intent.apps or tuple(sorted(known))
    decided = yield from abreast({app: _app(estates, intent, app, rules, before) for app in apps})
    return (yield from conclude(estates, decided.values(), rules, before))


def _app(
    estates: Mapping[str, Estate], intent: Promote, app: str, rules: Rules, before: Before
) -> Asking[Decision]:
    source, target = estates[intent.source], estates[intent.environment]
    name = intent.environment
    running = source.runs(app)
    if running == "absent":
        fault = unfit(source, app)
        why = fault.reason if fault is not None else ""
        return Skip(name, app, "absent", f"{intent.source} has no {app} to carry: {why}")
    if running == "mixed":
        why = f"{intent.source} runs {app} in versions that differ: {_differing(source, app)}"
        return Refusal(name, app, "mixed", why)
    if running.tag is None and running.digest is None:
        return Skip(name, app, "no-version", f"{intent.source} names {app} without a version")
    if before.moved(source, app):
        return Skip(name, app, "source-moved", f"{intent.source} has changed {app} meanwhile: run again")
    fault = unfit(target, app)
    if fault is not None:
        return fault
    brought = cargo(source, target, app)
    choice = Choice(app, running.tag, f"runs in {intent.source}", brought, source=intent.source)
    return (yield from settle(estates, name, choice, rules, before))


def _differing(estate: Estate, app: str) -> str:
    said = {site.version.short: site.anchor for site in estate.sites(app)}
    return ", ".join(f"{version} at {show(said[version].path)}:{said[version].span.line}" for version in sorted(said))
