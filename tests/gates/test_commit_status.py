"""`commit_status`: what the forge says of the commit that brought the version."""

from __future__ import annotations

import pytest

from promote.gates.commit_status import CommitStatus
from promote.image import Version
from promote.question import Answer, Past, Question, Said, Statuses, StatusState, Unknown
from promote.question import CommitStatus as Status
from tests.gates.world import PLACE, World, case, past, ran

E2E = CommitStatus("e2e")
SEEN = past(ran("1.6", 1), ran("1.5", 3), ran("1.4", 9))


def statuses(state: StatusState, environment: str = "test", commit: str = "c3") -> dict[Question, Answer]:
    return {Statuses(PLACE, environment, commit): Said((Status("e2e", state),))}


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        (past(ran("1.4", 9)), "failed", "test never ran web 1.5"),
        (
            past(ran("1.5", None), ends="the clone is shallow"),
            "failed",
            "the commit that brought it to test cannot be seen: the clone is shallow",
        ),
        (Unknown("no answer", 5), "unknown", "no answer"),
    ],
)
def test_6_5_a_commit_that_is_not_found_never_passes(said: Past | Unknown, state: str, why: str) -> None:
    verdict = World({"test": said}).judge(E2E, case(None, "test"))
    assert (verdict.state, verdict.why, verdict.exit_code) == (state, why, 5 if state == "unknown" else 0)


@pytest.mark.parametrize(
    ("answer", "state", "why"),
    [
        (Unknown("HTTP 500", 6), "unknown", "HTTP 500"),
        (Said((Status("e2e", "failure", "3 tests"),)), "failed", "e2e is failure on commit c3 of test: 3 tests"),
        (Said((Status("e2e", "error"),)), "failed", "e2e is error on commit c3 of test"),
        (Said(()), "waiting", "e2e is not there yet on commit c3 of test"),
        (Said((Status("E2E", "success"),)), "waiting", "e2e is not there yet on commit c3 of test"),
        (Said((Status("e2e", "pending"), Status("b", "success"))), "waiting", "e2e is pending on commit c3 of test"),
        (Said((Status("b", "failure"), Status("e2e", "success"))), "passed", "e2e is success on commit c3 of test"),
    ],
)
def test_what_the_forge_says_of_the_commit_is_the_verdict(answer: Answer, state: str, why: str) -> None:
    verdict = World({"test": SEEN}, {Statuses(PLACE, "test", "c3"): answer}).judge(E2E, case(None, "test"))
    assert (verdict.state, verdict.why) == (state, why)


def test_of_several_sources_all_are_asked_unless_one_is_named() -> None:
    world = World({"eu": SEEN, "us": SEEN}, {**statuses("success", "eu"), **statuses("failure", "us")})
    assert world.judge(E2E, case(None, "eu", "us")).state == "failed"
    assert world.judge(CommitStatus("e2e", "us"), case(None, "eu", "us")).state == "failed"
    assert world.judge(CommitStatus("e2e", "eu"), case(None, "eu", "us")).state == "passed"
    assert world.judge(CommitStatus("e2e", "asia"), case(None, "eu", "us")).state == "failed"


def test_the_newest_commit_that_brought_it_counts() -> None:
    again = past(ran("1.5", 1), ran("1.4", 2), ran("1.5", 9))
    answers = {**statuses("failure", commit="c1"), **statuses("success", commit="c9")}
    assert World({"test": again}, answers).judge(E2E, case(Version("1.5"), "test")).state == "failed"
