"""From ranked candidates to the winner: the best one whose images are as they must be.

Candidates of one rank (`007` and `7`, `1.4` and `1.4.0`) stand in the same order every time: first the one that runs
now, so that nothing flaps between them, then the lexically greatest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from promote.image import Repository, Version
from promote.policy.conditions import Conditions, Verdict
from promote.policy.selection import Considered, Selection
from promote.question import Absent, Answers, Asking, Facts, Unknown

MOST_AT_ONCE = 16


class Rank(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


R = TypeVar("R", bound=Rank)
Ranking = Sequence[tuple[R, str]]


@dataclass(frozen=True, slots=True)
class _Run:
    """How the rounds ended: who won, or what was missing, or nobody; and what is known of whom."""

    winner: int | None = None
    failure: Unknown | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)


def best_first(accepted: Ranking[R], *, greatest: bool, current: str | None) -> list[tuple[R, str]]:
    """The candidates, which come lexically greatest first, from the best down."""
    # Stable in both directions, so tags of one rank stay as they were sorted.
    ordered = sorted(accepted, key=lambda item: item[0], reverse=greatest)
    place = next((n for n, (_, tag) in enumerate(ordered) if tag == current), None)
    if place is not None:
        first = place
        while first and ordered[first - 1][0] == ordered[place][0]:
            first -= 1
        ordered.insert(first, ordered.pop(place))
    return ordered


def _gone(asked: Sequence[Facts], answers: Answers) -> Unknown | None:
    """An image that was there a moment ago, by its digest, and is not: its tag has moved, and may be the best still."""
    for fact in asked:
        answer = answers[fact]
        if isinstance(answer, Absent):
            return Unknown(f"{answer.why}; its tag has moved while it was looked at: run again", 4)
    return None


def _rounds(
    ordered: Ranking[R], conditions: Conditions, repositories: Sequence[Repository], before: Mapping[str, Verdict]
) -> Asking[_Run]:
    """Asks from the best down, in growing rounds, until one passes: those below it could not win (SEMANTICS 5.2)."""
    verdicts: dict[str, Verdict] = {}
    start, size = 0, 1
    while start < len(ordered):
        asked: dict[str, tuple[Facts, ...]] = {}
        for _, tag in ordered[start : start + size]:
            # What was learned of an image by its tag is about this digest; the tag may have moved since.
            digests = before[tag].digests if tag in before else ()
            asked[tag] = conditions.questions(repositories, digests or (tag,) * len(repositories))
        answers = yield conditions.clock.union(*asked.values())
        for tag, facts in asked.items():
            gone = _gone(facts, answers) if tag in before else None
            verdicts[tag] = conditions.verdict(facts, answers) if gone is None else Verdict(failure=gone)
        for place, tag in enumerate(asked, start):
            verdict = verdicts[tag]
            if verdict.why_not is None:
                return _Run(place if verdict.failure is None else None, verdict.failure, verdicts)
        start, size = start + size, min(2 * size, MOST_AT_ONCE)
    return _Run(verdicts=verdicts)


def contest(
    ordered: Ranking[R],
    conditions: Conditions,
    repositories: Sequence[Repository],
    current: str | None,
    rejected: Sequence[Considered],
    known: Mapping[str, Verdict] | None = None,
) -> Asking[Selection]:
    """The best of `ordered` that meets the conditions; what was `known` of a candidate before goes into the answer.

    A fact that is missing of a candidate better than every one that passes is a failure.
    """
    before = known or {}
    run = _Run(winner=0 if ordered else None)
    if conditions.needs_facts and ordered:
        run = yield from _rounds(ordered, conditions, repositories, before)
    if run.failure is not None:
        return Selection(None, (), run.failure)
    winner = None if run.winner is None else ordered[run.winner][1]
    looked = [each[winner].digests for each in (run.verdicts, before) if winner is not None and winner in each]
    judged = tuple(zip(repositories, looked[0], strict=True)) if looked and looked[0] else ()
    return replace(_selection(ordered, run, before, current, rejected), judged=judged)


def _considered(tag: str, why: str | None, *facts: Verdict | None, accepted: bool = True) -> Considered:
    created = next((each.created for each in facts if each is not None and each.created is not None), None)
    digest = next((each.digest for each in facts if each is not None and each.digest is not None), None)
    return Considered(tag, accepted, why, created, digest)


def _selection(
    ordered: Ranking[R],
    run: _Run,
    before: Mapping[str, Verdict],
    current: str | None,
    rejected: Sequence[Considered],
) -> Selection:
    best, winner = (None, None) if run.winner is None else ordered[run.winner]
    tie = f"ranks with {winner}, which {'runs now' if winner == current else 'is lexically greater'}"
    lower = f"ranks below {winner}"
    accepted: list[Considered] = []
    unfit: list[Considered] = []
    for rank, tag in ordered:
        verdict = run.verdicts.get(tag)
        if verdict is not None and verdict.why_not is not None:
            unfit.append(_considered(tag, verdict.why_not, verdict, before.get(tag), accepted=False))
        else:
            why = None if tag == winner else tie if rank == best else lower
            accepted.append(_considered(tag, why, verdict, before.get(tag)))
    return Selection(None if winner is None else Version(winner), (*accepted, *unfit, *rejected))
