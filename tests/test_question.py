from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import Repository, Version
from promote.place import Place
from promote.question import (
    Answers,
    Asking,
    Past,
    Question,
    Ran,
    Stretch,
    Tags,
    Unknown,
    abreast,
    drive,
    look_back,
)


def _question(name: str) -> Question:
    return Tags(Repository("example.com", name))


def _path(question: Question) -> str:
    assert isinstance(question, Tags)
    return question.repository.path


class Gather:
    """Answers each question with its own path, and remembers the rounds."""

    def __init__(self) -> None:
        self.rounds: list[frozenset[Question]] = []

    def __call__(self, questions: frozenset[Question]) -> Answers:
        self.rounds.append(questions)
        return {question: (_path(question),) for question in questions}

    @property
    def asked(self) -> list[list[str]]:
        return [sorted(_path(question) for question in each) for each in self.rounds]


def _asker(rounds: Iterable[Iterable[str]]) -> Asking[list[str]]:
    """Asks a round at a time; the result is what it was told, in order."""
    told: list[str] = []
    for names in rounds:
        needs = frozenset(_question(name) for name in names)
        answers = yield needs
        assert set(answers) == needs, "exactly what was asked for is answered"
        told += sorted(str(answers[question]) for question in needs)
    return told


def test_a_decision_that_asks_nothing_reaches_nobody() -> None:
    gather = Gather()
    assert drive(_asker([]), gather) == []
    assert drive(abreast({}), gather) == {}
    assert drive(abreast({"a": _asker([]), "b": _asker([])}), gather) == {"a": [], "b": []}
    assert gather.rounds == []


def test_a_round_at_a_time() -> None:
    gather = Gather()
    assert drive(_asker([["a", "b"], ["c"]]), gather) == ["('a',)", "('b',)", "('c',)"]
    assert gather.asked == [["a", "b"], ["c"]]


def test_an_empty_round_is_asked_all_the_same() -> None:
    gather = Gather()
    assert drive(_asker([[]]), gather) == []
    assert gather.asked == [[]]


def test_the_needs_of_many_are_one_batch_a_round() -> None:
    gather = Gather()
    found = drive(
        abreast(
            {
                "z": _asker([["a"], ["b"], ["c"]]),
                "y": _asker([["a", "x"]]),
                "n": _asker([]),
                "m": _asker([["x"], ["b"]]),
            }
        ),
        gather,
    )
    assert gather.asked == [["a", "x"], ["b"], ["c"]]
    assert list(found) == ["z", "y", "n", "m"], "the order is that of the askers"
    assert found["z"] == ["('a',)", "('b',)", "('c',)"]


def test_a_fault_is_passed_on() -> None:
    def broken() -> Asking[int]:
        yield frozenset({_question("a")})
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        drive(abreast({"a": broken()}), Gather())


def test_unknown_is_an_answer() -> None:
    def asker() -> Asking[object]:
        answers = yield frozenset({_question("a")})
        return answers[_question("a")]

    gone = Unknown("down", 4)
    assert drive(asker(), lambda questions: dict.fromkeys(questions, gone)) == gone


ROUNDS = st.lists(st.lists(st.sampled_from("abcd"), max_size=3, unique=True), max_size=4)


@given(st.dictionaries(st.integers(), ROUNDS, max_size=6))
def test_abreast_tells_each_what_it_would_hear_alone(askers: dict[int, list[list[str]]]) -> None:
    gather = Gather()
    found = drive(abreast({key: _asker(rounds) for key, rounds in askers.items()}), gather)
    assert found == {key: drive(_asker(rounds), Gather()) for key, rounds in askers.items()}
    assert list(found) == list(askers)
    longest = max((len(rounds) for rounds in askers.values()), default=0)
    assert len(gather.rounds) == longest
    for number, asked in enumerate(gather.asked):
        union = {name for rounds in askers.values() if number < len(rounds) for name in rounds[number]}
        assert asked == sorted(union)


@pytest.mark.parametrize(
    ("length", "ends", "sought", "most", "asked"),
    [
        (100, "", "v50", 8, [4, 8]),  # given up
        (100, "", "v50", None, [4, 8, 16, 32, 64]),
        (100, "", "v3", None, [4]),
        (100, "", "v4", None, [4, 8]),
        (10, "", "none", None, [4, 8, 16]),  # that was all of it
        (100, "a shallow clone", "none", None, [4]),  # no more can be seen, however much is asked for
    ],
)
def test_no_more_of_the_past_is_asked_for_than_it_takes(
    length: int, ends: str, sought: str, most: int | None, asked: list[int]
) -> None:
    leasts: list[int] = []

    def gather(questions: frozenset[Question]) -> Answers:
        (question,) = questions
        assert isinstance(question, Ran)
        leasts.append(question.least)
        seen = tuple(Stretch(Version(f"v{number}"), (), None) for number in range(min(length, question.least)))
        return {question: Past(seen, len(seen) == length, ends)}

    def is_enough(past: Past) -> bool:
        return any(stretch.runs == Version(sought) for stretch in past.stretches)

    past = drive(look_back(Ran(Place("r", "main"), None, "dev", "web"), is_enough, most=most), gather)
    assert isinstance(past, Past)
    assert (leasts, len(past.stretches)) == (asked, min(length, asked[-1]))


def test_a_past_that_cannot_be_read_is_unknown() -> None:
    unknown = Unknown("no answer", 5)
    question = Ran(Place("r", "main"), None, "dev", "web")
    assert drive(look_back(question, lambda _: False), lambda questions: dict.fromkeys(questions, unknown)) == unknown
