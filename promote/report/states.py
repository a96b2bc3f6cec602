"""The states that cells of the board are in: how many there are of each, and the apps that are in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from promote.board import Board, Cell
from promote.report.matrix import kept_by

# What may be said of a cell, the most pressing first; and in words.
STATES: Mapping[str, str] = {
    "refused": "cannot be edited",
    "failed": "failed",
    "mixed": "places differ",
    "moved": "may have moved",
    "held": "held",
    "waiting": "waiting",
    "stopped": "stays out",
    "proposed": "proposed",
    "coming": "coming",
    "behind": "behind",
}


def _found(cell: Cell) -> Iterator[str]:
    if cell.state in ("refused", "mixed"):
        yield cell.state
    if cell.mutable:
        yield "moved"
    if cell.holds:
        yield "held"
    stop = cell.stop
    is_kept = stop is not None and (stop.version is not None or stop.gate is not None or stop.code == "held")
    if stop is not None and is_kept:
        yield kept_by(stop)
    if cell.pull is not None:
        yield "proposed"
    elif cell.next is not None:
        yield "coming"
    # What is on its way is behind of course: to count it twice would only hide where nothing comes.
    elif not is_kept and (cell.behind.source or cell.behind.registry):
        yield "behind"


def states(cell: Cell) -> tuple[str, ...]:
    """The states of a cell, in the order of STATES."""
    found = set(_found(cell))
    return tuple(each for each in STATES if each in found)


def counted(each: Iterable[Collection[str]]) -> tuple[tuple[str, str, int], ...]:
    """Of the states of several cells: the name of each that occurs, its words, and how often it does."""
    counts = Counter(state for found in each for state in found)
    return tuple((state, words, counts[state]) for state, words in STATES.items() if counts[state])


def only(drawn: Board, wanted: Collection[str]) -> Board:
    """The board of those apps that are in one of these states, in an environment that it shows; all where none is."""
    if not wanted:
        return drawn
    apps = {cell.app for cell in drawn.cells if set(states(cell)) & set(wanted)}
    cells = tuple(cell for cell in drawn.cells if cell.app in apps)
    return replace(drawn, apps=tuple(app for app in drawn.apps if app in apps), cells=cells)


def totals(drawn: Board) -> str:
    """How many apps and environments are shown, and how many cells are in each state, in a line."""
    apps, environments = len(drawn.apps), len(drawn.environments)
    head = f"{apps} app{'' if apps == 1 else 's'} in {environments} environment{'' if environments == 1 else 's'}"
    told = ", ".join(f"{words} {count}" for _, words, count in counted(map(states, drawn.cells)))
    return f"{head}: {told}" if told else head
