"""The pages that show what lies between what a plan changes, what a board shows, and what ran one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from promote.api.origins import origins_of
from promote.api.projects import commit_page
from promote.api.where import Opened
from promote.board import Board, Cell
from promote.history.chronicle import Chronicle
from promote.image import Version
from promote.outcome import Plan
from promote.question import Asking, Brought, Carried, abreast
from promote.wording.links import Link, Origins, links


def _origins(opened: Opened) -> Origins:
    if opened.config is None:
        raise TypeError("there are no environments without a configuration")
    return origins_of(opened.config, opened.repo)


def of_plan(opened: Opened, plan: Plan) -> Asking[tuple[Link, ...]]:
    """The links of what this run brings in, app by app; none where the images do not tell."""
    return links([item for step in plan.steps for item in step.news], _origins(opened))


def _comes(cell: Cell) -> Version | None:
    return cell.next or (None if cell.stop is None else cell.stop.version)


def _commit(opened: Opened, cell: Cell) -> Iterator[Link]:
    """The page of the commit since which a cell's version runs, where a forge is known to have one."""
    if opened.config is None or not isinstance(cell.brought, Brought):
        return
    place = opened.trees.place(opened.config.environment(cell.environment))
    page = commit_page(opened.config, cell.environment, place.repo, cell.brought.commit)
    if page is not None:
        yield Link(cell.environment, cell.app, page, "commit")


def of_board(opened: Opened, drawn: Board) -> Asking[tuple[Link, ...]]:
    """The commit that brought what runs, and what lies between that and what comes, or would but for what keeps it."""
    carried = [
        Carried(cell.environment, cell.app, cell.version, comes)
        for cell in drawn.cells
        if (comes := _comes(cell)) is not None
    ]
    found = yield from links(carried, _origins(opened))
    return (*(each for cell in drawn.cells for each in _commit(opened, cell)), *found)


def of_board_or_plan(opened: Opened, shown: Board | Plan) -> Asking[tuple[Link, ...]]:
    return of_plan(opened, shown) if isinstance(shown, Plan) else of_board(opened, shown)


def of_history(opened: Opened, told: Chronicle) -> Asking[dict[tuple[str, int], tuple[Link, ...]]]:
    """The links of each version and the one that ran before it, by app and number of the stretch."""
    origins = _origins(opened)
    steps: dict[tuple[str, int], Asking[tuple[Link, ...]]] = {}
    for app, past in told.apps.items():
        for number, (new, old) in enumerate(pairwise((*past.stretches, None))):
            if new is not None and isinstance(new.runs, Version):
                before = None if old is None or not isinstance(old.runs, Version) else old.runs
                steps[app, number] = links([Carried(told.environment, app, before, new.runs)], origins)
    found = yield from abreast(steps)
    return {key: each for key, each in found.items() if each}
