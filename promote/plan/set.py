"""`set`: a given version of each app, into one environment; all of them, or none (SEMANTICS 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Plan, Refusal, Skip
from promote.plan.candidates import Candidate, earlier
from promote.plan.carry import Cargo, cargo
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.gating import Way, has_soak, judged, skipped, stopped
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
    given = _given_by(estates, estate, app, version)
    stop = None if given is not None else _not_eligible(estates, estate, app, version)
    if stop is not None and has_soak(estate):
        given = yield from _gave(estates, estate, app, version, before)
        stop = stop if given is None else None
    if stop is not None and not rules.skips(FROM_GATE):
        return stop
    choice = _choice(estate, app, version, given)
    if isinstance(choice, Refusal):
        return choice
    decision = yield from settle(estates, environment, choice, rules, before)
    if not isinstance(decision, Draft):
        return decision
    way = Way(estate.environment.sources if given is None or estate.environment.needs_all else (given.source,))
    draft = yield from judged(estates, decision, way, rules, before)
    # `from` is recorded only where it would have stopped it; the gates were not asked.
    reasons = tuple((name, reason) for name, reason in rules.skipped_gates if stop is not None and name == FROM_GATE)
    return stopped(draft) or replace(draft, skipped_gates=(*reasons, *skipped(estate, rules)))


def _choice(estate: Estate, app: str, version: Version, given: Candidate | None) -> Choice | Refusal:
    """The version as it is to be written; where a source has it, with the digests that it has there."""
    name = estate.environment.name
    repositories = {site.repository for site in estate.places(app)}
    if version.digest is not None:
        if len(repositories) > 1:
            why = f"{app} has several images, and one digest cannot be that of all: give the tag alone"
            return Refusal(name, app, "one-digest", why)
        by_name = Cargo({next(iter(repositories)): version.digest})
        return Choice(app, version.tag, "set by hand", by_name, explicit=True, on_unordered="warn")
    brought = Cargo() if given is None else given.cargo
    return Choice(app, version.tag, "set by hand", brought, on_unordered="warn")


def _fits(running: Version, version: Version) -> bool:
    return running.tag == version.tag and (version.digest is None or running.digest in (None, version.digest))


def _given_by(estates: Mapping[str, Estate], estate: Estate, app: str, version: Version) -> Candidate | None:
    """The version in a source that runs it now; of several that must all have it, where all of them do."""
    found: list[Candidate] = []
    for source in estate.environment.sources:
        running = estates[source].runs(app)
        if isinstance(running, Version) and _fits(running, version):
            found.append(Candidate(running, cargo(estates[source], estate, app), source))
    enough = len(estate.environment.sources) if estate.environment.needs_all else 1
    return found[0] if found and len(found) >= enough else None


def _gave(
    estates: Mapping[str, Estate], estate: Estate, app: str, version: Version, before: Before
) -> Asking[Candidate | None]:
    """The version as a source ran it before; it takes a soak that may tell that this was enough (6.4)."""
    found: list[Candidate] = []
    for source in estate.environment.sources:
        past = yield from earlier(estates, source, estate.environment.name, app, before)
        # A history that cannot be read gives nothing: the version is as little eligible as without one.
        found += [each for each in past if _fits(each.version, version)][:1] if isinstance(past, list) else []
    enough = len(estate.environment.sources) if estate.environment.needs_all else 1
    return found[0] if found and len(found) >= enough else None


def _not_eligible(estates: Mapping[str, Estate], estate: Estate, app: str, version: Version) -> Refusal | None:
    """Why an environment that is fed by others may not be given this version: none of them runs it."""
    sources = estate.environment.sources
    if not sources:
        return None
    said = []
    for source in sources:
        running = estates[source].runs(app)
        runs = running.short if isinstance(running, Version) else f"nothing that can be told ({running})"
        said.append(f"{source}, which runs {runs}")
    name = estate.environment.name
    why = f"{name} takes {app} from {' and '.join(said)}, not {version.short}"
    cure = f"bring it to {sources[0]} first, or use --skip-gate {FROM_GATE} --reason"
    return Refusal(name, app, "not-in-source", f"{why}; {cure}", gate=FROM_GATE)
