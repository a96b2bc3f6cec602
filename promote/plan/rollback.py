"""`rollback`: the newest version before the present one, from history, with the digests that it had (SEMANTICS 8.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version, agree, alike
from promote.outcome import Failure, Plan, Refusal, Skip
from promote.plan.carry import Cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.holding import Held, held_back
from promote.plan.intent import Before, Rollback, Rules
from promote.plan.settle import settle
from promote.question import Asking, HoldChange, Now, Past, Ran, Stretch, Unknown, abreast, look_back, time_of

_NOTHING = Version(None)
_ODD = {"absent": "%s is in no file of %s", "mixed": "the places of %s in %s differ"}


def plan_rollback(estates: Mapping[str, Estate], intent: Rollback, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that brings each app back by itself; one that cannot be brought back stops no other."""
    apps = intent.apps or tuple(sorted(estates[intent.environment].joined))
    decided = yield from abreast({app: _app(estates, intent, app, rules, before) for app in apps})
    return (yield from conclude(estates, decided.values(), rules, before))


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
    if intent.to is not None and running != "mixed" and agree(present, intent.to):
        return Skip(name, app, "already", f"{name} already runs {app} {present.short}")
    back = yield from held_back(estates, name, app, rules, is_rollback=True)
    if not isinstance(back, Held):
        return back
    found = yield from _chosen(estate, app, present, intent.to, back, before)
    if not isinstance(found, Stretch):
        return found
    version = found.runs if isinstance(found.runs, Version) else _NOTHING
    reason = f"ran before {present.short}" if isinstance(running, Version) else "ran before its places differed"
    digests = {image: each.digest for image, each in found.images if each.digest is not None}
    choice = Choice(app, version.tag, reason, Cargo(digests), undone=present)
    decision = yield from settle(estates, name, choice, rules, before)
    if isinstance(decision, Draft):
        holding = yield from _holding(estate, intent, app, present, version)
        return replace(decision, holding=holding)
    if isinstance(decision, Refusal) and decision.code == "no-such-tag" and intent.to is None:
        return replace(decision, reason=f"{decision.reason}; to go further back, name a version by --to")
    return decision


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


def _chosen(
    estate: Estate, app: str, present: Version, to: Version | None, back: Held, before: Before
) -> Asking[Stretch | Refusal | Failure]:
    """The stretch to go back to."""
    name = estate.environment.name

    def first(past: Past) -> Stretch | Refusal | None:
        held: Refusal | None = None
        for stretch in _candidates(past.stretches, present, to):
            # One that is named is refused for it later on.
            stop = back.stops(stretch.runs) if to is None and isinstance(stretch.runs, Version) else None
            if stop is None:
                return stretch
            held = held or stop
        return held

    question = Ran(estate.place, before.tip(estate, app), name, app)
    past = yield from look_back(question, lambda past: isinstance(first(past), Stretch))
    if isinstance(past, Unknown):
        return Failure(name, app, "history", past.exit_code, past.why)
    return first(past) or _nothing(estate, app, present, to, past)


def _candidates(stretches: Sequence[Stretch], present: Version, to: Version | None) -> Iterator[Stretch]:
    """What may be gone back to, the newest first: another version than the present, and none that was rolled back.

    A version that a rollback took away counts again once it was brought in anew.
    """
    undone: list[Version] = []
    for stretch in stretches:
        version = stretch.runs
        if isinstance(version, Version) and version.reference and not alike(version, present):
            wanted = agree(version, to) if to is not None else not any(alike(version, each) for each in undone)
            if wanted:
                yield stretch
        if stretch.brought is not None and stretch.brought.undone is not None:
            undone.append(stretch.brought.undone)


def _nothing(estate: Estate, app: str, present: Version, to: Version | None, past: Past) -> Refusal:
    name = estate.environment.name
    known = f" as far as can be seen ({past.ends})" if past.ends else ""
    if to is not None:
        cure = f"promote set {name} {app}={to} --allow-downgrade writes it all the same"
        return Refusal(name, app, "no-earlier-version", f"{name} never ran {app} {to.short}{known}; {cure}")
    undone = dict.fromkeys(
        stretch.brought.undone.short
        for stretch in past.stretches
        if stretch.brought is not None
        and stretch.brought.undone is not None
        and not alike(stretch.brought.undone, present)
    )
    but = f" but what was rolled back ({', '.join(undone)})" if undone else ""
    cure = f"{'--to names one, and ' if undone else ''}promote set {name} {app}=TAG --allow-downgrade writes any"
    why = f"{name} ran no other version of {app} before {present.short}{but}{known}"
    return Refusal(name, app, "no-earlier-version", f"{why}; {cure}")
