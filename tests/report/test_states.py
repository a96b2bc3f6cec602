"""Counts and choices of `status`, and what a large board folds on a narrow terminal."""

from __future__ import annotations

import pytest

from promote.board import Behind, Board, Cell, Stop
from promote.cli.status import status
from promote.image import Version
from promote.report import matrix
from promote.report.states import STATES, only, states, totals
from tests.report.boards import board, full_cell

OLD, NEW = Version("1.4.0"), Version("1.5.0")
ENVIRONMENTS = ("development", "test", "acceptance", "production")


def large(count: int, **odd: Stop) -> Board:
    """So many apps that are behind in each of four environments; `odd` are stopped in production."""
    cells = tuple(
        Cell(name, f"app-{number:03}", "runs", OLD, behind=Behind(registry=9), stop=_stop(name, number, odd))
        for number in range(count)
        for name in ENVIRONMENTS
    )
    return Board(ENVIRONMENTS, tuple(f"app-{number:03}" for number in range(count)), cells)


def _stop(environment: str, number: int, odd: dict[str, Stop]) -> Stop | None:
    return odd.get(f"app_{number:03}") if environment == "production" else None


WAITS = Stop("waiting", "w", "soak", "2026-01-06T09:00:00+00:00", NEW)
HELD = Stop("held", "h", version=NEW)


@pytest.mark.parametrize(
    ("wanted", "apps"),
    [
        ((), 300),
        (("failed",), 0),
        (("held",), 1),
        (("waiting", "held"), 2),
        (("waiting", "behind"), 300),
    ],
)
def test_only_apps_in_one_of_the_states_are_left_with_all_their_environments(
    wanted: tuple[str, ...], apps: int
) -> None:
    left = only(large(300, app_007=WAITS, app_100=HELD), wanted)
    assert len(left.apps) == apps
    assert len(left.cells) == 4 * apps
    assert all(left.cell(app, name).app == app for app in left.apps for name in left.environments)


def test_the_totals_are_those_of_the_cells() -> None:
    drawn = large(300, app_007=WAITS, app_100=HELD)
    assert totals(drawn) == "300 apps in 4 environments: held 1, waiting 1, behind 1198"
    assert totals(only(drawn, ["failed"])) == "0 apps in 4 environments"
    assert totals(Board(("dev",), ("web",), (Cell("dev", "web", "absent"),))) == "1 app in 1 environment"


def test_every_state_can_be_chosen_and_no_other() -> None:
    choices = next(each.type for each in status.params if each.name == "wanted")
    assert list(choices.choices) == list(STATES)  # type: ignore[attr-defined]
    assert {each for cell in (*board().cells, full_cell()) for each in states(cell)} <= set(STATES)


@pytest.mark.parametrize(("width", "starred"), [(200, 0), (80, 2)])
def test_a_large_board_is_a_line_an_app_where_nothing_is_kept_back(width: int, starred: int) -> None:
    said = matrix.board(large(300, app_007=WAITS, app_100=HELD), width).split("\n")
    assert len(said) == 1 + 300 + starred
    assert [line for line in said if line.startswith("* ")] == [
        "* production: app-007: soak waits until 2026-01-06 09:00Z",
        "* production: app-100: held",
    ][:starred]


def test_what_fits_on_a_screen_tells_all() -> None:
    said = matrix.board(large(20), 70).split("\n")
    assert len(said) == 1 + 20 + 80
