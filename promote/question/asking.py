"""How a pure decision gets its facts.

A decision is a generator: it yields the set of questions that it has now and is sent their answers. `drive` runs one to
its end, `abreast` runs many as one, so that a round of questions of two hundred apps goes out as one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from promote.question.outside import Probe, Probed, Reviewed, Reviews, Said, Statuses
from promote.question.past import Past, Ran
from promote.question.proposed import Standing, Stands
from promote.question.registry import Absent, Admitted, Facts, Known, Limits, Quota, SignedIn, Tags, Unreadable
from promote.question.unknown import Unknown

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Now:
    """The time at which the run judges ages; answered with one datetime in UTC, the same all through the run."""


Question = Tags | Facts | Now | Limits | SignedIn | Ran | Stands | Probe | Statuses | Reviews
Answer = (
    tuple[str, ...]
    | Known
    | Absent
    | Unreadable
    | Unknown
    | datetime
    | Quota
    | Admitted
    | Past
    | Standing
    | Probed
    | Said
    | Reviewed
    | None
)
Answers = Mapping[Question, Answer]
Asking = Generator[frozenset[Question], Answers, T]


def time_of(answers: Answers) -> datetime:
    """The time at which the run judges."""
    now = answers[Now()]
    if not isinstance(now, datetime):
        raise TypeError(f"the time was answered with {type(now).__name__}")
    return now


def drive(asking: Asking[T], gather: Callable[[frozenset[Question]], Answers]) -> T:
    """The result of `asking`, after asking `gather` for exactly what was needed, a round at a time."""
    try:
        needs = next(asking)
        while True:
            needs = asking.send(gather(needs))
    except StopIteration as stop:
        result: T = stop.value
        return result


def abreast(steps: Mapping[K, Asking[T]]) -> Asking[dict[K, T]]:
    """Many askers as one: the union of their needs goes out as one batch a round."""
    done: dict[K, T] = {}
    needs: dict[K, frozenset[Question]] = {}
    answers: Answers | None = None
    live = dict(steps)
    while True:
        for key, step in list(live.items()):
            try:
                needs[key] = next(step) if answers is None else step.send({q: answers[q] for q in needs[key]})
            except StopIteration as stop:
                done[key] = stop.value
                del live[key]
        if not live:
            return {key: done[key] for key in steps}
        answers = yield frozenset[Question]().union(*(needs[key] for key in live))
