"""`set`: a given version of each app, into one environment; all of them, or none (SEMANTICS 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Failure, Plan, Refusal, Skip
from promote.plan.candidates import Candidate, earlier
from promote.plan.carry import Cargo, cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.gating import Way, has_soak, is_live, let_in
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
    its = estate.environment
    given = yield from _given_by(estates, estate, app, version, before)
    stop = given if isinstance(given, Refusal | Failure) else None
    if stop is not None and not rules.skips(FROM_GATE):
        return stop
    source = given if isinstance(given, Candidate) else None
    way = Way(its.sources if source is None or its.needs_all else (source.source,))
    choice = _choice(estate, app, version, source, way)
    if isinstance(choice, Refusal):
        return choice
    decision = yield from settle(estates, environment, choice, rules, before)
    if isinstance(decision, Draft) and stop is not None:
        # Recorded only where it would have stopped it; the gates are not asked.
        passed_by = tuple((name, reason) for name, reason in rules.skipped_gates if name == FROM_GATE)
        decision = replace(decision, skipped_gates=passed_by)
    return (yield from let_in(estates, decision, way, rules, before))


def _choice(estate: Estate, app: str, version: Version, given: Candidate | None, way: Way) -> Choice | Refusal:
    """The version as it is to be written; where a source has it, with the digests that it has there."""
    name = estate.environment.name
    repositories = {site.repository for site in estate.places(app)}
    # What a source holds back is not taken from it; where none is asked, its holds do not count.
    heeds = () if given is None else way.sources
    if version.digest is not None:
        if len(repositories) > 1:
            why = f"{app} has several images, and one digest cannot be that of all: give the tag alone"
            return Refusal(name, app, "one-digest", why)
        by_name = Cargo({next(iter(repositories)): version.digest})
        return Choice(app, version.tag, "as given", by_name, explicit=True, heeds=heeds, on_unordered="warn")
    brought = Cargo() if given is None else given.cargo
    return Choice(app, version.tag, "as given", brought, heeds=heeds, on_unordered="warn")


def _fits(running: Version, version: Version) -> bool:
    return running.tag == version.tag and (version.digest is None or running.digest in (None, version.digest))


def _given_by(
    estates: Mapping[str, Estate], estate: Estate, app: str, version: Version, before: Before
) -> Asking[Candidate | Refusal | Failure | None]:
    """The version as `to` could carry it from a source, or why none gives it; None where there is no source (6.1)."""
    its = estate.environment
    found = {name: one for name in its.sources if (one := _runs(estates, estate, name, app, version)) is not None}
    enough = len(its.sources) if its.needs_all else 1
    failure: Failure | None = None
    # Of one source without a soak only what it runs now is carried.
    looks_back = has_soak(estate) or (its.needs_all and len(its.sources) > 1 and not is_live(estate))
    if len(found) < enough and looks_back:
        for source in (name for name in its.sources if name not in found):
            past = yield from earlier(estates, source, its.name, app, before)
            if isinstance(past, Failure):
                failure = failure or past
                continue
            one = next((each for each in past if _fits(each.version, version)), None)
            found |= {} if one is None else {source: one}
    if its.sources and len(found) < enough:
        return failure or _not_eligible(estates, estate, app, version)
    return next((found[name] for name in its.sources if name in found), None)


def _runs(
    estates: Mapping[str, Estate], estate: Estate, source: str, app: str, version: Version
) -> Candidate | None:
    running = estates[source].runs(app)
    if not isinstance(running, Version) or not _fits(running, version):
        return None
    return Candidate(running, cargo(estates[source], estate, app), source)


def _not_eligible(estates: Mapping[str, Estate], estate: Estate, app: str, version: Version) -> Refusal:
    """Why an environment that is fed by others may not be given this version: none of them runs it."""
    sources = estate.environment.sources
    said = []
    for source in sources:
        running = estates[source].runs(app)
        runs = running.short if isinstance(running, Version) else f"nothing that can be told ({running})"
        said.append(f"{source}, which runs {runs}")
    name = estate.environment.name
    why = f"{name} takes {app} from {' and '.join(said)}, not {version.short}"
    cure = f"bring it to {sources[0]} first, or give `--skip-gate {FROM_GATE} --reason '…'`"
    return Refusal(name, app, "not-in-source", f"{why}; {cure}", gate=FROM_GATE)
