"""Questions become requests: each once a run, many at once, faults as values (SEMANTICS 11.3)."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from promote.clock import SystemClock
from promote.errors import GitError, RegistryAbsent, RegistryDenied, RegistryUnreachable, RegistryUnreadable
from promote.gather import Gather
from promote.image import Repository
from promote.place import Place
from promote.question import (
    Absent,
    Admitted,
    Facts,
    Known,
    Limits,
    Now,
    Past,
    Question,
    Quota,
    Ran,
    Tags,
    Unknown,
    Unreadable,
    What,
)
from tests.clock import NOON, FakeClock

WEB = Repository("example.com", "web")


@dataclass
class Counting:
    """A registry that counts what it is asked, and does what `act` does."""

    act: Callable[[str], None] = lambda _: None
    asked: Counter[str] = field(default_factory=Counter)

    def tags(self, repository: Repository) -> tuple[str, ...]:
        self.asked[str(repository)] += 1
        self.act(repository.path)
        return ("1", "2")

    def facts(
        self, repository: Repository, reference: str, what: frozenset[What], *, immutable: bool = False
    ) -> Known | Absent:
        self.asked[f"{repository}:{reference} {' '.join(sorted(what))}{' for ever' if immutable else ''}"] += 1
        self.act(reference)
        return Known(f"sha256:{reference}")

    def limits(self, repository: Repository) -> Quota | None:
        self.asked[f"{repository} limits"] += 1
        return Quota(100, 76, 21_600)

    def admitted(self, repository: Repository) -> Admitted | None:
        self.asked[f"{repository} admitted"] += 1
        return Admitted("ci")


def test_11_3_each_question_is_asked_once_a_run() -> None:
    registry = Counting()
    gather = Gather(registry, jobs=4, clock=FakeClock())
    first: frozenset[Question] = frozenset({Tags(WEB), Facts(WEB, "1")})
    assert gather(first) == {Tags(WEB): ("1", "2"), Facts(WEB, "1"): Known("sha256:1")}
    assert set(gather(first | {Facts(WEB, "2")})) == first | {Facts(WEB, "2")}
    assert set(registry.asked.values()) == {1}


def test_who_waits_hears_how_much_is_answered() -> None:
    heard: list[str] = []
    gather = Gather(Counting(), jobs=4, clock=FakeClock(), tell=heard.append)
    gather(frozenset({Tags(WEB), Facts(WEB, "1")}))
    assert heard == [f"asking 1 registry: {number} of 2" for number in range(3)]
    gather(frozenset({Tags(WEB)}))
    assert len(heard) == 3


@dataclass
class Walks:
    """A history that notes what it is asked together."""

    asked: list[frozenset[Ran]] = field(default_factory=list)

    def ran(self, questions: frozenset[Ran]) -> Mapping[Ran, Past | Unknown]:
        self.asked.append(questions)
        return dict.fromkeys(questions, Past((), is_whole=True))


def test_11_3_the_past_is_asked_together_and_remembered_with_its_tip() -> None:
    walks, registry = Walks(), Counting()
    gather = Gather(registry, jobs=4, clock=FakeClock(), histories=walks)
    place = Place("https://git.example.com/gitops.git", "main")
    web, api, later = (Ran(place, tip, "prod", app) for tip, app in (("1", "web"), ("1", "api"), ("2", "web")))
    found = gather(frozenset({web, api, Tags(WEB)}))
    assert found[web] == Past((), is_whole=True)
    assert found[Tags(WEB)] == ("1", "2")
    gather(frozenset({web, api}))
    gather(frozenset({web, later}))
    assert walks.asked == [frozenset({web, api}), frozenset({later})]


def test_without_a_history_nothing_is_known_of_the_past() -> None:
    gather = Gather(Counting(), jobs=1, clock=FakeClock())
    question = Ran(Place("", ""), None, "prod", "web")
    assert gather(frozenset({question}))[question] == Past((), is_whole=False, ends="there is no Git history here")


def test_no_question_is_no_request() -> None:
    assert Gather(Counting(), jobs=1, clock=FakeClock())(frozenset()) == {}


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (RegistryUnreachable("it is down", where="https://example.com"), Unknown("https://example.com: it is down", 4)),
        (RegistryDenied("no"), Unknown("no", 4)),
        (RegistryAbsent("404"), Absent("404")),
        (RegistryUnreadable("schema 1"), Unreadable("schema 1")),
    ],
)
@pytest.mark.parametrize("others", [0, 3])
def test_a_fault_is_an_answer_and_spoils_no_other(fault: Exception, answer: object, others: int) -> None:
    def act(name: str) -> None:
        if name == "bad":
            raise fault

    asked: frozenset[Question] = frozenset({Facts(WEB, "bad"), *(Facts(WEB, str(number)) for number in range(others))})
    registry = Counting(act)
    gather = Gather(registry, jobs=2, clock=FakeClock())
    told = gather(asked)
    assert told[Facts(WEB, "bad")] == answer
    assert sum(isinstance(each, Known) for each in told.values()) == others
    gather(asked)
    assert set(registry.asked.values()) == {1}


def test_what_is_no_fault_of_a_registry_is_not_swallowed() -> None:
    def act(_: str) -> None:
        raise GitError("not mine")

    with pytest.raises(GitError):
        Gather(Counting(act), jobs=1, clock=FakeClock())(frozenset({Tags(WEB)}))


def test_a_round_goes_out_in_parallel() -> None:
    # Nobody passes until all four have come: one after the other would never get through.
    meeting = threading.Barrier(4, timeout=20)

    def act(_: str) -> None:
        meeting.wait()

    gather = Gather(Counting(act), jobs=4, clock=FakeClock())
    assert len(gather(frozenset(Facts(WEB, str(number)) for number in range(4)))) == 4


@pytest.mark.parametrize("others", [0, 2])
def test_what_is_not_answered_in_the_time_that_is_left_is_unknown_and_asked_again(others: int) -> None:
    never = threading.Event()

    def act(name: str) -> None:
        if name == "slow":
            never.wait(20)

    left = 0.2
    gather = Gather(Counting(act), jobs=4, clock=SystemClock(), left=lambda: left)
    slow = Facts(WEB, "slow")
    asked: frozenset[Question] = frozenset({slow, *(Facts(WEB, str(number)) for number in range(others))})
    told = gather(asked)
    never.set()
    assert told[slow] == Unknown("it was still under way when the time was over; allow more by --timeout", 3)
    assert sum(isinstance(each, Known) for each in told.values()) == others
    left = math.inf
    assert gather(asked)[slow] == Known("sha256:slow")


def test_11_3_the_time_and_the_limits_are_those_of_the_run() -> None:
    registry, clock = Counting(), FakeClock()
    gather = Gather(registry, jobs=1, clock=clock)
    asked: frozenset[Question] = frozenset({Now(), Limits(WEB)})
    told = {Now(): NOON, Limits(WEB): Quota(100, 76, 21_600)}
    assert gather(asked) == told
    clock.advance(3600)
    assert gather(asked) == told


def test_a_tag_that_never_moves_is_asked_for_as_such() -> None:
    registry = Counting()
    Gather(registry, jobs=1, clock=FakeClock())(frozenset({Facts(WEB, "1", immutable=True)}))
    assert dict(registry.asked) == {"example.com/web:1 digest for ever": 1}
