"""What the gates ask, answered from tables: pasts, statuses, reviews and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promote.gates.gate import Case, Gate, Origin
from promote.image import Repository, Version
from promote.place import Place
from promote.question import (
    Answer,
    Answers,
    Brought,
    Facts,
    Now,
    Past,
    Question,
    Ran,
    Reviews,
    State,
    Statuses,
    Stretch,
    Unknown,
    drive,
)
from promote.verdict import Verdict
from tests.clock import NOON

WEB = Repository("ghcr.io", "acme/web")
MIGRATE = Repository("ghcr.io", "acme/web-migrate")
OTHER = Repository("ghcr.io", "acme/other")
PLACE = Place("https://git.example.com/a", "main")
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def ran(
    runs: Version | State | str, ago: float | None, images: Mapping[Repository, Version] | None = None
) -> Stretch:
    """A stretch that began so many hours before noon, by the commit `c<ago>`; None: its beginning was not seen."""
    version = Version(runs) if isinstance(runs, str) and runs not in ("mixed", "absent", "unreadable") else runs
    brought = None if ago is None else Brought(f"c{ago}", NOON - hours(ago), "a", "s", by_hand=False)
    return Stretch(version, tuple((images or {}).items()), brought)  # type: ignore[arg-type]


def past(*stretches: Stretch, ends: str = "") -> Past:
    return Past(stretches, not ends, ends)


def origin(environment: str = "test") -> Origin:
    return Origin(environment, PLACE, "tip", Version("1.5"))


def case(version: Version | None = None, *origins: str, **more: object) -> Case:
    return Case("prod", "web", version or Version("1.5"), origins=tuple(map(origin, origins)), **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """`pasts` by environment, the others by the question; what is asked goes into `asked`, a set a round."""

    pasts: Mapping[str, Past | Unknown] = field(default_factory=dict)
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    facts: Mapping[str, Answer] = field(default_factory=dict)
    reviewed: Answer = None
    now: datetime = NOON
    asked: list[frozenset[Question]] = field(default_factory=list)

    def gather(self, questions: frozenset[Question]) -> Answers:
        self.asked.append(questions)
        return {question: self._answer(question) for question in questions}

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, Now):
            return self.now
        if isinstance(question, Ran):
            return self._past(self.pasts[question.environment], question.least)
        if isinstance(question, Facts):
            return self.facts[question.reference]
        if isinstance(question, Reviews):
            return self.reviewed
        assert isinstance(question, Statuses)
        return self.answers[question]

    def _past(self, said: Past | Unknown, least: int) -> Past | Unknown:
        if isinstance(said, Unknown) or len(said.stretches) <= least:
            return said
        return Past(said.stretches[:least], is_whole=False)

    def judge(self, gate: Gate, on: Case) -> Verdict:
        return drive(gate.judge(on), self.gather)

    def leasts(self) -> Sequence[int]:
        return [each.least for round_ in self.asked for each in round_ if isinstance(each, Ran)]
