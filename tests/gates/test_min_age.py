"""`min_age`: the dates of the images."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promote.gates.min_age import MinAge
from promote.image import Version
from promote.question import Absent, Answer, Facts, Known, Unknown, Unreadable
from tests.clock import NOON
from tests.gates.world import MIGRATE, WEB, A, B, World, case, hours

SIX = MinAge(hours(6))
IMAGES = ((WEB, Version("1.5", A)), (MIGRATE, Version("1.5")))


def made(ago: float) -> Known:
    return Known(B, NOON - hours(ago))


@pytest.mark.parametrize(
    ("web", "migrate", "state", "until"),
    [
        (Known(A), made(9), "failed", None),
        (Known(A, datetime(1970, 1, 1, tzinfo=UTC)), made(9), "failed", None),
        (made(-25), made(9), "failed", None),
        (Absent("there is no such image"), made(9), "failed", None),
        (made(9), Unreadable("it is no image"), "failed", None),
        (Absent("there is no such image"), Unknown("no answer", 4), "failed", None),
        (Unknown("no answer", 4), made(2), "unknown", None),
        (made(5.99), made(9), "waiting", NOON + hours(0.01)),
        (made(9), made(2), "waiting", NOON + hours(4)),
        # The youngest counts.
        (made(1), made(2), "waiting", NOON + hours(5)),
        (made(-1), made(9), "waiting", NOON + hours(7)),
        (made(6), made(6), "passed", None),
    ],
)
def test_every_image_must_be_old_enough(web: Answer, migrate: Answer, state: str, until: datetime | None) -> None:
    world = World(facts={A: web, "1.5": migrate})
    verdict = world.judge(SIX, case(images=IMAGES))
    assert verdict.state == state
    assert verdict.exit_code == (4 if state == "unknown" else 0)
    assert verdict.until is None if until is None else abs(verdict.until - until) < timedelta(seconds=1)  # type: ignore[operator]
    assert {each for each in world.asked[0] if isinstance(each, Facts)} == {
        Facts(WEB, A, frozenset({"created"})),
        Facts(MIGRATE, "1.5", frozenset({"created"})),
    }


def test_an_image_that_nothing_names_has_failed() -> None:
    assert World().judge(SIX, case()).state == "failed"
    assert World().judge(SIX, case(images=((WEB, Version(None)),))).state == "failed"
