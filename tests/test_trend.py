"""How often versions come into an environment, and how long that takes, by what Git says of the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.board import draw, upstream
from promote.board.trend import Trend, trend
from promote.board.upstream import firsts
from promote.config.load import load
from promote.question import Answers, Past, Question, Ran, State, Stretch, drive
from tests.clock import NOON
from tests.plan.pasts import past, ran
from tests.plan.planning import WEB
from tests.test_board import built, shelf


def came(text: str | State, days: float, undone: str | None = None, *, by_hand: bool = True) -> Stretch:
    """A version that came so many days ago."""
    stretch = ran(text, undone=undone)
    assert stretch.brought is not None
    return replace(stretch, brought=replace(stretch.brought, at=NOON - timedelta(days=days), by_hand=by_hand))


def days(*several: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(days=each) for each in several)


NONE = (0,) * 12
OLD = came("0.1.0", 400)


@pytest.mark.parametrize(
    ("its", "before", "told"),
    [
        # Nothing was seen, so nothing is known: not even that nothing came.
        (past(ends="x"), (), Trend((), ())),
        (past(replace(ran("1.0.0"), brought=None), ends="x"), (), Trend((), ())),
        # All of it was seen, and nothing came in these weeks.
        (past(came("1.0.0", 400)), (), Trend(NONE, ())),
        # What was not read for is left out: the oldest that was seen came 16 days ago.
        (past(came("1.1.0", 1), came("1.0.0", 16), ends="x"), (), Trend((0, 1), ())),
        (past(came("1.2.0", 1), came("1.1.0", 2), came("1.0.0", 8), OLD), (), Trend((*NONE[:10], 1, 2), ())),
        # What came with the files themselves was carried over from nowhere; what promote has brought was.
        (past(came("1.0.0", 1)), (past(came("1.0.0", 1)),), Trend(NONE, ())),
        (past(came("1.1.0", 1), came("absent", 2), came("1.0.0", 3)), (), Trend(NONE, ())),
        (past(came("1.1.0", 1), came("mixed", 2), came("1.0.0", 3)), (), Trend((*NONE[:11], 1), ())),
        (past(came("1.0.0", 1, by_hand=False)), (past(came("1.0.0", 3)),), Trend((*NONE[:11], 1), days(2))),
        # States without a version, and what a rollback brings, are no promotions.
        (past(came("mixed", 1), came("1.0.0", 2, undone="1.1.0")), (past(came("1.0.0", 4)),), Trend(NONE, ())),
        # The time since the first environment got it; the oldest first.
        (
            past(came("1.1.0", 1), came("1.0.0", 5), OLD),
            (past(came("1.1.0", 4), came("1.0.0", 6)),),
            Trend((*NONE[:11], 2), days(1, 3)),
        ),
        # It ran there twice: the time before it came here for the last time counts.
        (
            past(came("1.0.0", 1), OLD),
            (past(came("1.0.0", 3), came("0.9.0", 4), came("1.0.0", 9)),),
            Trend((*NONE[:11], 1), days(2)),
        ),
        # It was here before it was there.
        (past(came("1.0.0", 5), OLD), (past(came("1.0.0", 1)),), Trend((*NONE[:11], 1), ())),
        # Of another digest it is another version.
        (
            past(came(f"1.0.0@sha256:{'a' * 64}", 1), OLD),
            (past(came(f"1.0.0@sha256:{'b' * 64}", 3)),),
            Trend((*NONE[:11], 1), ()),
        ),
        # A clock that was wrong: it came tomorrow.
        (past(came("1.0.0", -1), OLD), (), Trend((*NONE[:11], 1), ())),
    ],
)  # fmt: skip
def test_what_a_past_tells(its: Past, before: Sequence[Past], told: Trend) -> None:
    assert trend(its, before, NOON) == told


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({"prod": ()}, set()),
        ({"prod": ("test",), "test": ("dev",), "dev": ()}, {"dev"}),
        ({"prod": ("eu", "us"), "eu": ("dev",), "us": ("lab",), "dev": (), "lab": ()}, {"dev", "lab"}),
        # Nobody has looked at it.
        ({"prod": ("test",)}, {"test"}),
    ],
)
def test_where_versions_begin(sources: Mapping[str, Sequence[str]], found: set[str]) -> None:
    assert set(firsts(sources, "prod")) == found


def test_all_that_an_environment_takes_from_is_looked_at() -> None:
    text = "version: 1\nenvironments: {dev: {path: a}, test: {path: b, from: dev}, prod: {path: c, from: test}}\n"
    config = load("promote.yaml", f"{text}apps: {{web: {{image: nginx}}}}\n".encode(), environ={})
    assert upstream(config, ["prod"], whole=False) == ("prod", "test")
    assert upstream(config, ["prod"], whole=True) == ("prod", "test", "dev")
    assert upstream(config, ["dev"], whole=True) == ("dev",)


def test_a_board_has_trends_where_they_are_asked_for(tmp_path: Path) -> None:
    estates = built(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.4.0").estates
    pasts = {"dev": past(came("1.4.0", 4)), "test": past(came("1.4.0", 1), OLD)}

    def answer(questions: frozenset[Question]) -> Answers:
        told = shelf({"web": pasts["test"]})(questions)
        return {each: pasts[each.environment] if isinstance(each, Ran) else told[each] for each in questions}

    drawn = drive(draw(estates, ["test"], ["web"], trends=True), answer)
    assert drawn.trends == {("web", "test"): Trend((*NONE[:11], 1), days(3))}
    assert drive(draw(estates, ["test"], ["web"], past=True), answer).trends == {}
