"""`hold` and `release`: what an environment holds back, changed in its file and nothing else (SEMANTICS 8.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promote.config.request_branch import hold_branch
from promote.estate.estate import Estate
from promote.estate.holds import EVERY, Holds
from promote.outcome import Onto, Plan, Proposal, Refusal, Skip, Step
from promote.place import Place
from promote.plan.hold_file import difference, released, with_hold, without
from promote.plan.holding import edited, unread
from promote.plan.intent import Hold, Release, Rules
from promote.question import Asking, HoldChange, Now, Standing, Stands, Unknown, time_of
from promote.text.edit import FileChange


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of changes: the file as it is to be, what was done, and what was not."""

    holds: Holds
    done: tuple[HoldChange, ...] = ()
    skips: tuple[Skip, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def plan_hold(estates: Mapping[str, Estate], intent: Hold | Release, rules: Rules) -> Asking[Plan]:
    """The plan that holds back or releases, app by app; one that cannot be stops no other."""
    estate = estates[intent.environment]
    name, apps = intent.environment, intent.apps or (EVERY,)
    if estate.holds.fault is not None:
        return Plan(refusals=tuple(Refusal(name, app, "holds-unreadable", estate.holds.fault.why) for app in apps))
    now = time_of((yield frozenset({Now()})))
    wanted = [_wanted(intent, app, now) for app in apps]
    if rules.proposes(estate) and estate.tip is not None:
        return (yield from _proposed(estate, wanted, now))
    made = _applied(estate.holds, wanted, now)
    step = _step(estate, estate.place, made.holds, difference(name, estate.holds, made.holds))
    return Plan(skips=made.skips, refusals=made.refusals, steps=() if step is None else (step,), holds=made.done)


def _wanted(intent: Hold | Release, app: str, now: datetime) -> HoldChange:
    name = intent.environment
    if isinstance(intent, Release):
        return HoldChange(name, app, intent.version, "released")
    at = now.replace(microsecond=0)
    return HoldChange(name, app, intent.version, "held", intent.reason, intent.until, intent.by, at)


def _applied(holds: Holds, wanted: Sequence[HoldChange], now: datetime) -> _Made:
    made = _Made(holds)
    for change in wanted:
        found = _held(made.holds, change, now) if change.action == "held" else _released(made.holds, change)
        match found:
            case Holds():
                done = difference(change.environment, made.holds, found)
                made = _Made(found, (*made.done, *done), made.skips, made.refusals)
            case Skip():
                made = _Made(made.holds, made.done, (*made.skips, found), made.refusals)
            case Refusal():
                made = _Made(made.holds, made.done, made.skips, (*made.refusals, found))
    return made


def _held(holds: Holds, change: HoldChange, now: datetime) -> Holds | Skip | Refusal:
    name, app = change.environment, change.app
    for each in holds.items:
        if (each.app, each.version, each.until) == (app, change.version, change.until) and each.lasts(now):
            return Skip(name, app, "already", f"{name} holds {change.what} back already: {each.where}")
    return with_hold(holds, change)


def _released(holds: Holds, change: HoldChange) -> Holds | Skip | Refusal:
    name, places = change.environment, released(holds, change)
    if places:
        return without(holds, places, change)
    others = ", ".join(dict.fromkeys("every app" if each.app == EVERY else each.app for each in holds.items))
    but = f"; what it holds is of {others}" if others else ""
    return Skip(name, change.app, "not-held", f"{name} does not hold {change.what} back{but}")


def _step(
    estate: Estate, place: Place, after: Holds, changes: tuple[HoldChange, ...], onto: Onto | None = None
) -> Step | None:
    before = estate.holds.stream
    if after.stream is None or (before is not None and before.data == after.stream.data):
        return None
    data = None if before is None else before.data
    file = FileChange(after.path, estate.holds.mode, data, after.stream.data, ())
    return Step(place, (), (file,), onto, changes)


def _proposed(estate: Estate, wanted: Sequence[HoldChange], now: datetime) -> Asking[Plan]:
    """The same on a branch of its own, with what is proposed there already (7.1)."""
    name, base, head = estate.environment.name, estate.place, hold_branch(estate.environment.name)
    question = Stands(base, head, name, is_news=True)
    standing = (yield frozenset({question}))[question]
    if isinstance(standing, Unknown):
        return Plan(failures=tuple(unread(name, each.app, standing) for each in wanted))
    if not isinstance(standing, Standing) or estate.tip is None:
        raise TypeError(f"an answer of the wrong kind: {standing!r}")
    live = standing.live
    if live is not None and not live.is_ours:
        return Plan(refusals=tuple(edited(name, each.app, head, standing.request) for each in wanted))
    before = _applied(estate.holds, () if live is None else live.holds, now)
    made = _applied(before.holds, wanted, now)
    everything = difference(name, estate.holds, made.holds)
    if not everything and live is None and standing.opened is None:
        return Plan(skips=made.skips, refusals=made.refusals, holds=made.done)
    expected = None if standing.proposed is None else standing.proposed.oid
    kept = live is not None and set(everything) == set(live.holds)
    is_new = bool(everything) and (not kept or standing.is_stale(estate.holds.fingerprint))
    place = Place(base.repo, head)
    step = _step(estate, place, made.holds, everything, Onto(base, estate.tip, expected)) if is_new else None
    return Plan(
        skips=made.skips,
        refusals=made.refusals,
        steps=() if step is None else (step,),
        proposals=(Proposal(base, head, name, (), expected, is_new=is_new, holds=everything),),
        holds=made.done,
    )
