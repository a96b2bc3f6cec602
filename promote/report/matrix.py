"""The board as text: as a table where there is room, with its details below where there is less, else app by app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from promote.duration import show_duration
from promote.question import Brought
from promote.report.folding import Told, together
from promote.report.table import fits, one_line, table, until, wrapped

if TYPE_CHECKING:  # most commands show something else
    from promote.board import Board, Cell, Stop
    from promote.image import Version

# The sorts of what is said of a cell in a few words.
Mark = Literal["behind", "waiting", "failed", "held", "stopped", "coming", "proposed", "moved"]
MANY = 20  # apps: of more it is told in a line how many there are of each sort
_STOPS: Mapping[str, Mark] = {"waiting": "waiting", "held": "held", "failed": "failed"}


def coming(cell: Cell) -> tuple[str, Version] | None:
    """What comes (`←`) or waits to come (`⇠`); None where nothing does."""
    if cell.state in ("absent", "refused"):
        return None
    if cell.next is not None:
        waits = cell.stop is not None and cell.stop.code in ("waiting", "failed", "gate")
        return ("⇠" if waits else "←"), cell.next
    if cell.stop is not None and cell.stop.version is not None:
        return "⇠", cell.stop.version
    return None


def headline(cell: Cell) -> str:
    """What runs, and what comes or waits to come; `!` is a place that cannot be edited."""
    if cell.state == "absent":
        return "-"
    said = cell.state if cell.version is None else cell.version.short
    if cell.state == "refused":
        return f"{'?' if cell.version is None else said} !"
    comes = coming(cell)
    return said if comes is None else f"{said} {comes[0]} {comes[1].short}"


def age(cell: Cell, now: datetime | None) -> list[str]:
    """For how long it runs, where that is known."""
    if not isinstance(cell.brought, Brought) or now is None:
        return []
    return [show_duration(now - cell.brought.at, parts=1)]


def kept_by(stop: Stop) -> Mark:
    """What sort of thing keeps a version out."""
    return _STOPS.get(stop.code, "failed" if stop.gate is not None else "stopped")


def marks(cell: Cell) -> Iterator[tuple[Mark, str]]:
    """In a few words each, and what sort of thing it is: how far behind, what keeps it, who proposes it."""
    if cell.behind.source:
        yield "behind", f"{cell.behind.source}{'+' if cell.behind.is_least else ''} behind its source"
    # That one is newer which comes need not be said.
    if cell.behind.registry and (cell.behind.registry > 1 or cell.next is None):
        yield "behind", f"{cell.behind.registry} newer"
    stop = cell.stop
    if stop is not None and stop.gate is not None:
        yield kept_by(stop), f"{stop.gate} {'waits' if stop.code == 'waiting' else 'failed'}{until(stop.until)}"
    elif stop is not None and stop.version is not None:
        yield kept_by(stop), f"{stop.code}{until(stop.until)}"
    if cell.holds and (stop is None or stop.code != "held"):
        yield "held", "held"
    if cell.next is not None:
        for gate in cell.unasked:
            yield "coming", f"{gate} not asked"
    if cell.pull is not None:
        yield "proposed", f"#{cell.pull.number}{', rollback' if cell.source == 'rollback' else ''}"
    if cell.mutable:
        yield "moved", "may have moved"


def details(cell: Cell, *, pressing: bool = False) -> list[str]:
    """The words of its marks; if `pressing`, without those that only say how far it is behind."""
    return [words for kind, words in marks(cell) if not (pressing and kind == "behind")]


def notes(drawn: Board) -> Iterator[Told]:
    """All that is odd; where one sentence holds for several apps, it comes once."""
    return together((cell.environment, cell.app, note) for cell in drawn.cells for note in cell.notes)


def _with(cell: Cell, told: list[str]) -> str:
    return f"{headline(cell)} ({', '.join(told)})" if told else headline(cell)


def _whole(cell: Cell, now: datetime | None) -> str:
    return _with(cell, age(cell, now) + details(cell))


def _starred(cell: Cell, now: datetime | None, *, pressing: bool) -> str:
    return _with(cell, age(cell, now)) + (" *" if details(cell, pressing=pressing) else "")


def _wrapped(lines: list[str], width: int) -> list[str]:
    """Each line within `width`, what is left of it indented."""
    room = max(width, 20)
    return [part for line in lines for part in wrapped(line, room, "", "  ")]


def _blocks(drawn: Board, width: int) -> Iterator[str]:
    """An app after the other, a line or more for each environment."""
    most = max((len(name) for name in drawn.environments), default=0)
    for app in drawn.apps:
        yield from _wrapped([one_line(app)], width)
        for name in drawn.environments:
            cell = drawn.cell(app, name)
            begin = f"  {one_line(name).ljust(most)}  "
            # A long name must leave room for what is said of it.
            indent = " " * (len(begin) if len(begin) <= width // 2 else 4)
            room = max(width, 20)
            yield from wrapped(one_line(_with(cell, age(cell, drawn.now))), room, begin, f"{indent}  ")
            yield from wrapped(one_line(", ".join(details(cell))), room, indent, indent)


def board(drawn: Board, width: int | None) -> str:
    """The matrix, and notes below it; no line is wider than `width` where it can be broken.

    Of more apps than fit on a screen the details that go below the table are those that keep something back.
    """
    head, many = ["app", *drawn.environments], len(drawn.apps) > MANY

    def rows(say: Callable[[Cell], str]) -> list[list[str]]:
        return [[app, *(say(drawn.cell(app, name)) for name in drawn.environments)] for app in drawn.apps]

    said = [one_line(f"{each.subject}: {each.sentence}") for each in notes(drawn)]
    whole = rows(lambda cell: _whole(cell, drawn.now))
    if width is None or fits(head, whole, width):
        return "\n".join([table(head, whole, None), *said])
    short = rows(lambda cell: _starred(cell, drawn.now, pressing=many))
    if fits(head, short, width):
        told = [
            one_line(f"* {cell.environment}: {cell.app}: {', '.join(found)}")
            for cell in drawn.cells
            if (found := details(cell, pressing=many))
        ]
        lines = [*table(head, short, None).split("\n"), *_wrapped([*told, *said], width)]
        return "\n".join(lines)
    return "\n".join([*_blocks(drawn, width), *_wrapped(said, width)])
