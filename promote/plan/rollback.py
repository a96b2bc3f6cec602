"""`rollback`: the newest version before the present one, from history, with the digests that it had (SEMANTICS 8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.outcome import Failure, Plan, Refusal, Skip
from promote.plan.candidates import differing
from promote.plan.carry import Cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.going_back import chosen, earlier, word
from promote.plan.holding import Held, held_back
from promote.plan.intent import UNMEANT, Before, Rollback, Rules
from promote.plan.settle import settle
from promote.question import Asking, HoldChange, Now, Stretch, abreast, time_of

_NOTHING = Version(None)
_ODD = {"absent": "%s is in no file of %s", "mixed": "the places of %s in %s differ"}


def plan_rollback(estates: Mapping[str, Estate], intent: Rollback, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that brings each app back by itself; one that cannot be brought back stops no other."""
    apps = intent.apps or tuple(sorted(estates[intent.environment].joined))
    decided = yield from abreast({app: _app(estates, intent, app, rules, before) for app in apps})
    decisions = [each if intent.apps else _noted(each) for each in decided.values()]
    plan = yield from conclude(estates, decisions, rules, before)
    failures = tuple(_eased(each, estates[intent.environment], rules) for each in plan.failures)
    return replace(plan, failures=failures)


def _noted(decision: Decision) -> Decision:
    """The decision; of every app at once, one without an earlier version is a note, and no fault of the run."""
    if isinstance(decision, Refusal) and decision.code in UNMEANT:
        return Skip(decision.environment, decision.app, decision.code, decision.reason)
    return decision


def _eased(failure: Failure, estate: Estate, rules: Rules) -> Failure:
    """The failure; what only lacks somebody's answer says how to go back without it."""
    cure = ""
    if failure.code == "registry" and rules.verify_tag:
        cure = "; --no-verify-tag rolls back without asking"
    elif failure.code == "forge" and rules.proposes(estate):
        cure = "; --commit rolls back without a pull request"
    return replace(failure, reason=f"{failure.reason}{cure}")


def _app(
    estates: Mapping[str, Estate], intent: Rollback, app: str, rules: Rules, before: Before
) -> Asking[Decision]:
    name = intent.environment
    estate = estates[name]
    running = estate.runs(app)
    fault = unfit(estate, app)
    if isinstance(fault, Refusal):
        return fault  # also where it became so meanwhile: what cannot be read is nobody's newer version
    if before.moved(estate, app):
        runs = _ODD[running] % (app, name) if isinstance(running, str) else f"{name} runs {app} {running.short}"
        why = f"{runs} by now: somebody else has changed it, and what was to be taken away is gone"
        return Skip(name, app, "overtaken", why)
    if fault is not None:
        return fault
    present = running if isinstance(running, Version) else _NOTHING
    if running == "mixed" and intent.to is None:
        why = f"its places in {name} differ: {differing(estate, app)}; name the one to go back to by --to"
        return Refusal(name, app, "mixed", why)
    if intent.to is not None and running != "mixed" and agree(present, intent.to):
        return Skip(name, app, "already", f"{name} already runs {app} {present.short}")
    back = yield from held_back(estates, name, app, rules, is_rollback=True)
    if not isinstance(back, Held):
        return back
    found = yield from chosen(estate, intent, app, present, back, before)
    if not isinstance(found, Stretch):
        return found
    version = found.runs if isinstance(found.runs, Version) else _NOTHING
    reason = f"ran before {present.short}" if isinstance(running, Version) else "ran before its places differed"
    digests = {image: each.digest for image, each in found.images if each.digest is not None}
    choice = Choice(app, version.tag, reason, Cargo(digests), undone=present)
    decision = yield from settle(estates, name, choice, rules, before)
    if isinstance(decision, Draft):
        holding = yield from _holding(estate, intent, app, present, version)
        return replace(decision, holding=holding, warnings=(*decision.warnings, *back.passed))
    if isinstance(decision, Refusal) and decision.code == "no-such-tag":
        return replace(decision, reason=(yield from _gone(estate, app, found, before)))
    return decision


def _gone(estate: Estate, app: str, stretch: Stretch, before: Before) -> Asking[str]:
    """That the registry has no longer what ran, and where else to go; nobody has misspelled it."""
    version = stretch.runs if isinstance(stretch.runs, Version) else _NOTHING
    older = yield from earlier(estate, app, stretch, before)
    ran = f"{estate.environment.name} ran {app} {version.short}, and the registry does not have it any more"
    if older is None:
        return f"{ran}; nothing is known to have run before it"
    return f"{ran}; {older.short} ran before it: --to {word(older)}"


def _holding(
    estate: Estate, intent: Rollback, app: str, present: Version, to: Version
) -> Asking[tuple[HoldChange, ...]]:
    """The hold of what is taken away, which goes into the same commit (8.2); none where that is no one version."""
    name = estate.environment.name
    stands = any((each.app, each.version, each.until) == (app, present, None) for each in estate.holds.items)
    if not present.reference or stands:
        return ()
    now = time_of((yield frozenset({Now()})))
    reason = intent.reason or f"rolled back from {present.short} to {to.short}"
    at = now.replace(microsecond=0)
    return (HoldChange(name, app, present, "held", reason, None, intent.by, at),)
