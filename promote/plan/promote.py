"""`to`: what the source environments run, tag and digest exactly, into the environment that takes from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.outcome import Failure, Plan, Refusal, Skip
from promote.plan.candidates import Candidate, Stop, earlier, present, shared_by_all
from promote.plan.choice import Choice
from promote.plan.conclude import conclude
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.gating import Way, has_soak, is_live, let_in
from promote.plan.intent import Before, Promote, Rules, Sources
from promote.plan.ranking import ranked
from promote.plan.settle import settle
from promote.question import Asking, abreast


def plan_promote(estates: Mapping[str, Estate], intent: Promote, rules: Rules, before: Before) -> Asking[Plan]:
    """The plan that carries each app over; one that cannot be carried stops no other (SEMANTICS 9.1)."""
    apps = intent.apps or apps_of(estates, intent.environment, intent.sources)
    decided = yield from abreast(
        {app: carry(estates, intent.environment, intent.sources, app, rules, before) for app in apps}
    )
    return (yield from conclude(estates, decided.values(), rules, before))


def apps_of(estates: Mapping[str, Estate], environment: str, sources: Sources) -> tuple[str, ...]:
    """The apps that an environment or one of its sources runs, sorted."""
    names = (environment, *sources.names)
    return tuple(sorted({app for name in names for app in estates[name].joined}))


def carry(
    estates: Mapping[str, Estate], environment: str, sources: Sources, app: str, rules: Rules, before: Before
) -> Asking[Decision]:
    """The newest version of one app that its sources may give and every gate lets in, or why there is none (6.4)."""
    found = yield from _candidates(estates, environment, sources, app, before)
    if not isinstance(found, list):
        return found
    fault = unfit(estates[environment], app)
    if fault is not None:
        return fault
    told: Decision | None = None
    for candidate in found:
        decision = yield from _tried(estates, environment, sources, app, candidate, rules, before)
        if isinstance(decision, Draft) or (candidate.is_present and not _may_wait(decision)):
            return decision
        # What is told of the app is what came of the newest: the others only had to be looked at.
        told = told or decision
    if told is None:
        named = ", ".join(sources.names)
        why = f"no version of {app} {'runs' if is_live(estates[environment]) else 'has been'} in all of {named}"
        return Skip(environment, app, "no-candidate", why)
    return told


def _may_wait(decision: Decision) -> bool:
    """Whether something earlier may go where this cannot: gates keep it out, or it is held back."""
    if isinstance(decision, Refusal):
        return decision.code in ("waiting", "failed", "held")
    return isinstance(decision, Failure) and decision.code == "gate"


def _agree(found: Iterable[Candidate | Stop]) -> bool:
    """Whether all sources run one version."""
    versions = [each.version for each in found if isinstance(each, Candidate)]
    return all(agree(versions[0], each) for each in versions[1:]) if versions else True


def _is_there(target: Estate, app: str, found: Iterable[Candidate | Stop]) -> bool:
    """Whether the environment runs what every source runs."""
    own = target.runs(app)
    return isinstance(own, Version) and all(isinstance(one, Candidate) and agree(own, one.version) for one in found)


def _candidates(
    estates: Mapping[str, Estate], environment: str, sources: Sources, app: str, before: Before
) -> Asking[list[Candidate] | Stop]:
    """All candidates, the newest first; a source that cannot give one ends it only where all of them are needed."""
    target = estates[environment]
    each_has: list[list[Candidate]] = []
    stops: list[Stop] = []
    now = {source: present(estates, source, environment, app, before) for source in sources.names}
    # What is there already needs no history, which is most of what cron looks at.
    looks_back = not _is_there(target, app, now.values()) and (
        has_soak(target) or (sources.needs_all and not is_live(target) and not _agree(now.values()))
    )
    for source, one in now.items():
        if not isinstance(one, Candidate):
            stops.append(one)
            continue
        mine = [one]
        if looks_back:
            more = yield from earlier(estates, source, environment, app, before)
            if isinstance(more, Failure):
                stops.append(more)
                continue
            mine += more
        each_has.append(mine)
    if stops and (sources.needs_all or not each_has):
        return stops[0]
    if sources.needs_all and len(each_has) > 1:
        common = yield from ranked(target, app, shared_by_all(each_has))
        return common if has_soak(target) else common[:1]
    if len(each_has) == 1:
        return each_has[0]
    return (yield from ranked(target, app, [one for mine in each_has for one in mine]))


def _tried(
    estates: Mapping[str, Estate],
    environment: str,
    sources: Sources,
    app: str,
    candidate: Candidate,
    rules: Rules,
    before: Before,
) -> Asking[Decision]:
    """What comes of one candidate: looked up, ordered, and judged by the gates."""
    verb = "runs" if candidate.is_present else "ran"
    way = Way(sources.names if sources.needs_all else (candidate.source,))
    choice = Choice(
        app,
        candidate.version.tag,
        f"{verb} in {candidate.source}",
        candidate.cargo,
        source=candidate.source,
        heeds=way.sources,
        on_unordered="go" if candidate.is_present else "stop",
    )
    decision = yield from settle(estates, environment, choice, rules, before)
    return (yield from let_in(estates, decision, way, rules, before))
