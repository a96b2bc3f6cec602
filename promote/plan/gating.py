"""A version before the gates of an environment: all are asked in one batch, and what they say is one outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promote.errors import worst
from promote.estate.estate import Estate
from promote.gates import gates_of
from promote.gates.gate import Case, Gate
from promote.gates.together import waiting_together
from promote.image import Repository, Version
from promote.outcome import Failure, Refusal
from promote.plan.candidates import origin
from promote.plan.draft import Decision, Draft
from promote.plan.intent import Before, Rules
from promote.question import Asking, abreast

# It holds the merge back, not the proposal (SEMANTICS 6.7).
OF_MERGING = "approval"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a version into an environment: where it comes from, and the branch that proposes it, if one does."""

    sources: tuple[str, ...] = ()
    head: str | None = None


def gates(estate: Estate) -> tuple[Gate, ...]:
    """The gates of an environment, in the order of promote.yaml."""
    its = estate.environment
    return gates_of(its.gates, its.timezone)


def has_soak(estate: Estate) -> bool:
    """Whether versions that the source has replaced may still be carried: it takes a soak, and no live gate (6.4)."""
    return any(gate.name == "soak" for gate in gates(estate)) and not is_live(estate)


def is_live(estate: Estate) -> bool:
    """Whether only what a source runs now can be judged (6.4)."""
    return any(gate.is_live for gate in gates(estate))


def case_of(
    estates: Mapping[str, Estate],
    environment: str,
    app: str,
    version: Version,
    images: Iterable[tuple[Repository, Version]],
    way: Way,
    before: Before,
) -> Case:
    """What gates are asked about: a version of an app on its way into an environment."""
    estate = estates[environment]
    its = estate.apps[app]
    running = estate.runs(app)
    return Case(
        environment,
        app,
        version,
        tuple(images),
        tuple(origin(estates[name], app, before) for name in way.sources if name in estates),
        running if isinstance(running, Version) else None,
        its.chooser,
        estate.environment.values(its),
        estate.place,
        way.head,
    )


def judged(
    estates: Mapping[str, Estate], draft: Draft, way: Way, rules: Rules, before: Before, *, merging: bool = False
) -> Asking[Draft]:
    """The draft with what every gate of its environment says of it, but those that are skipped.

    With `merging` those that only hold back a merge, and else only the others. Live gates judge what the source runs:
    of another version they cannot tell (6.4).
    """
    estate = estates[draft.environment]
    # A Git revision that moves along is no image.
    written = (each for each in draft.written if each.site.joins != "revision")
    images = tuple(dict.fromkeys((each.site.repository, each.version) for each in written))
    case = case_of(estates, draft.environment, draft.app, draft.new, images, way, before)
    asked = {
        number: gate
        for number, gate in enumerate(gates(estate))
        if (gate.name == OF_MERGING) is merging and not rules.skips(gate.name) and not _skipped(draft, gate)
    }
    if not asked:
        return draft
    verdicts = yield from abreast({number: gate.judge(case) for number, gate in asked.items()})
    told = yield from waiting_together([*asked.values()], case, [*verdicts.values()])
    return replace(draft, verdicts=(*draft.verdicts, *told))


def _skipped(draft: Draft, gate: Gate) -> bool:
    """Whether a commit that proposed it says that the gate was skipped."""
    return any(name == gate.name for name, _ in draft.skipped_gates)


def stopped(draft: Draft) -> Refusal | Failure | None:
    """What keeps a judged draft out, or None where every gate has passed (SEMANTICS 9.1).

    A fact that is missing is worse than a gate that failed, and that is worse than one that waits.
    """
    name, app, version = draft.environment, draft.app, draft.new
    against = [verdict for verdict in draft.verdicts if not verdict.passes]
    if not against:
        return None
    told = "; ".join(f"{verdict.gate}: {verdict.why}" for verdict in against)
    why = f"{version.short} stays out: {told}"
    unknown = [verdict for verdict in against if verdict.state == "unknown"]
    if unknown:
        return Failure(name, app, "gate", worst({verdict.exit_code for verdict in unknown}), why, version)
    failed = next((verdict for verdict in against if verdict.state == "failed"), None)
    if failed is not None:
        return Refusal(name, app, "failed", why, gate=failed.gate, version=version)
    # The one that ends last, or does not know when, is the one that is waited for.
    last = max(against, key=lambda verdict: verdict.until or _NEVER)
    until = None if last.until is None else last.until.astimezone(UTC).isoformat()
    return Refusal(name, app, "waiting", why, gate=last.gate, until=until, version=version)


def let_in(
    estates: Mapping[str, Estate], decision: Decision, way: Way, rules: Rules, before: Before
) -> Asking[Decision]:
    """The draft that every gate lets in, or why one does not; what is no draft comes back as it is.

    The gates that the command line skips stand in it, each with the reason: they are recorded in the commit.
    """
    if not isinstance(decision, Draft):
        return decision
    draft = yield from judged(estates, decision, way, rules, before)
    names = {gate.name for gate in gates(estates[draft.environment])}
    skipped = tuple((name, reason) for name, reason in rules.skipped_gates if name in names)
    return stopped(draft) or replace(draft, skipped_gates=(*draft.skipped_gates, *skipped))
