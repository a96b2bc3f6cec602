"""What would come into each cell: whatever `to`, `update` and `auto` decide, and nothing of its own (SEMANTICS 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.board.cell import Pull, Stop
from promote.estate.estate import Estate
from promote.gates.run import RunCheck
from promote.image import Version
from promote.outcome import Failure, Refusal, Skip
from promote.plan.auto import bring, patient
from promote.plan.draft import Decision, Draft
from promote.plan.gating import stopped
from promote.plan.intent import Before, Rules
from promote.plan.limits import limited
from promote.plan.proposing import Branch, proposing
from promote.question import Asking, abreast

# Whoever only looks starts no command (SEMANTICS 10.2).
_UNASKED = RunCheck.NAME
_RULES = Rules(skipped_gates=((_UNASKED, "only looked at"),))
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The version that would come, from where, and past which gates that were not asked; and what stays out, and why.

    `pull` is the open pull request that has it, or another version.
    """

    next: Version | None = None
    source: str | None = None
    unasked: tuple[str, ...] = ()
    stop: Stop | None = None
    pull: Pull | None = None


def outlook(estates: Mapping[str, Estate], wanted: Sequence[Key], *, whole: bool) -> Asking[dict[Key, Outlook]]:
    """What would come into each (environment, app) that has a source; with `whole` these are all that there are.

    Only then it can be told whether `auto` would change too many apps at once.
    """
    before = Before()
    fed = [key for key in wanted if estates[key[0]].environment.source != "none"]
    decided = yield from abreast({key: bring(estates, *key, _RULES, before) for key in fed})
    decisions: Iterable[Decision] = [patient(each) for each in decided.values()]
    if whole:
        autos = (estate.environment for estate in estates.values() if estate.environment.auto)
        decisions = limited(decisions, {its.name: its.max_changes for its in autos}, by_option=False)
    kept, branches = yield from proposing(estates, decisions, _RULES, before)
    told = dict.fromkeys(wanted, Outlook())
    for each in kept:
        _tell(told, estates, each)
    for branch in branches:
        for draft in branch.drafts:
            key = draft.environment, draft.app
            if key in told:
                _tell(told, estates, draft)
                told[key] = replace(told[key], pull=_pull(branch, draft))
    return told


def _tell(told: dict[Key, Outlook], estates: Mapping[str, Estate], decision: Decision) -> None:
    """Puts one more decision to what is told; of what is told twice the first is on the newest version."""
    key = decision.environment, decision.app
    # What is proposed beside what was asked for is not told; that it is there already keeps nothing from coming.
    if key not in told or (isinstance(decision, Skip) and decision.code == "already"):
        return
    if not isinstance(decision, Draft):
        first = told[key].stop
        if first is None or first.code == "proposed":
            told[key] = replace(told[key], stop=_stop(decision))
        return
    is_rollback = decision.undone is not None
    source = decision.source or ("rollback" if is_rollback else "registry")
    unasked = () if is_rollback else _unasked(estates[decision.environment])
    told[key] = replace(told[key], next=decision.new, source=source, unasked=unasked)
    stop = stopped(decision)
    if stop is not None:
        _tell(told, estates, stop)


def _pull(branch: Branch, draft: Draft) -> Pull | None:
    request = branch.request
    return None if request is None or not draft.is_standing else Pull(request.number, request.url, draft.new)


def _unasked(estate: Estate) -> tuple[str, ...]:
    return (_UNASKED,) if any(gate.kind == _UNASKED for gate in estate.environment.gates) else ()


def _stop(decision: Skip | Refusal | Failure) -> Stop:
    match decision:
        case Refusal(code=code, reason=reason, gate=gate, until=until, version=version):
            return Stop(code, reason, gate, until, version)
        case Failure(code=code, reason=reason, version=version):
            return Stop(code, reason, version=version)
        case Skip(code=code, reason=reason):
            return Stop(code, reason)
