"""`approval`: only people who are listed, only of what is there now (SEMANTICS 6.7)."""

from __future__ import annotations

import pytest

from promote.gates.approval import Approval
from promote.question import Review, Reviewed, Reviews, Unknown
from tests.gates.world import PLACE, World, case

TWO = Approval(("alice", "bob", "team:sre"), 2)
HEAD = "promote/env/prod"
SRE = (("sre", frozenset({"carol", "dave"})),)
WANTED = "2 approvals by alice, bob, team:sre"


def yes(by: str, commit: str | None = "h2") -> Review:
    return Review(by, approves=True, commit=commit)


def no(by: str, commit: str | None = "h2") -> Review:
    return Review(by, approves=False, commit=commit)


@pytest.mark.parametrize(
    ("reviews", "state", "why"),
    [
        ([], "waiting", f"0 of {WANTED}"),
        ([yes("mallory"), yes("eve"), yes("sre"), yes("team:sre")], "waiting", f"0 of {WANTED}"),
        ([yes("alice")], "waiting", f"1 of {WANTED}: alice"),
        ([yes("alice"), yes("ALICE")], "waiting", f"1 of {WANTED}: ALICE"),
        # What was approved is not what is there now.
        ([yes("alice"), yes("bob", "h1")], "waiting", f"1 of {WANTED}: alice; bob approved what it was before"),
        ([yes("alice"), yes("bob"), no("carol")], "failed", "carol asked for changes"),
        ([yes("alice"), yes("bob"), no("carol", "h1")], "failed", "carol asked for changes"),
        # Who is not listed stops nothing either.
        ([yes("alice"), yes("bob"), no("mallory")], "passed", "approved: alice, bob"),
        ([yes("Alice"), yes("dave")], "passed", "approved: Alice, dave"),
        # A forge that does not tell the commit takes approvals back by itself.
        ([yes("alice", None), yes("bob", None)], "passed", "approved: alice, bob"),
    ],
)
def test_6_7_reviews_by_listed_people_of_the_present_head_count(reviews: list[Review], state: str, why: str) -> None:
    world = World(reviewed=Reviewed("h2", tuple(reviews), SRE))
    verdict = world.judge(TWO, case(base=PLACE, head=HEAD))
    assert (verdict.state, verdict.why) == (state, why)
    assert world.asked == [frozenset({Reviews(PLACE, HEAD, "prod", ("sre",))})]


def test_6_7_what_is_not_proposed_yet_waits_and_nothing_is_asked() -> None:
    world = World()
    assert world.judge(TWO, case()).state == "waiting"
    assert world.judge(TWO, case(base=PLACE)).state == "waiting"
    assert world.asked == []


def test_6_7_a_pull_request_that_is_not_open_waits() -> None:
    assert World(reviewed=Reviewed(None)).judge(TWO, case(base=PLACE, head=HEAD)).state == "waiting"


def test_9_1_a_forge_that_does_not_answer_never_passes() -> None:
    verdict = World(reviewed=Unknown("HTTP 500", 6)).judge(TWO, case(base=PLACE, head=HEAD))
    assert (verdict.state, verdict.exit_code) == ("unknown", 6)
