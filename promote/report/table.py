"""Lines and columns for people. What fits is laid out here; what must be folded is left to rich, imported only then.

rich takes ten seconds for a table of 100,000 rows, and a tenth of a short run to import.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime

from promote.moment import show_minute

_MUCH = 40  # cells: up to here every one has room in its column
_NAMED = 5  # so many apps are named where the same is to be said of all of them
_LEAST = 4  # cells: what is folded to less is not read, and folded to none it is gone


def one_line(text: str) -> str:
    """One line of it, safe to show: a terminal would obey control characters, wherever they come from."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def few(names: Sequence[str]) -> str:
    """Apps or environments by their names; of many only the first."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def until(moment: str | None) -> str:
    """" until" a time in ISO 8601, to the minute in UTC; nothing where nobody knows when."""
    return "" if moment is None else f" until {show_minute(datetime.fromisoformat(moment))}"


def _cells(text: str) -> int:
    """How many cells of a terminal it takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _folded(head: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, show_edge=False, header_style=None)
    for title in head:
        drawn.add_column(title, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    # Into a file of its own: rich would write to stdout even what it captures.
    page = io.StringIO()
    console = Console(file=page, width=width, color_system=None, legacy_windows=False, highlight=False, markup=False)
    console.print(drawn)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def _padding(widths: Sequence[int]) -> int:
    """How wide a column is drawn: a few cells that are much longer than the others stand out of it."""
    usual = sorted(widths)[len(widths) * 3 // 4]
    return min(max(widths), max(usual, _MUCH))


def _measured(head: Sequence[str], shown: Sequence[Sequence[str]]) -> tuple[list[list[int]], int]:
    """How wide every cell of each column is, and how much is between the columns."""
    widths = [[_cells(cell) for cell in column] for column in zip(head, *shown, strict=True)]
    return widths, 2 * (len(widths) - 1)


def fits(head: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> bool:
    """Whether a table need not be folded."""
    widths, between = _measured(head, [[one_line(cell) for cell in row] for row in rows])
    return sum(map(max, widths)) + between <= width


def table(head: Sequence[str], rows: Iterable[Sequence[str]], width: int | None) -> str:
    """Columns, as wide as they need; folded to `width` where that is not enough, and each keeps 4 cells at least."""
    shown = [[one_line(cell) for cell in row] for row in rows]
    widths, between = _measured(head, shown)
    if width is not None and sum(map(max, widths)) + between > width:
        return _folded(head, shown, max(width, sum(min(max(column), _LEAST) for column in widths) + between))
    widest = [_padding(column) for column in widths]
    lines = []
    for row in (head, *shown):
        padded = (cell + " " * (most - _cells(cell)) for cell, most in zip(row, widest, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def wrapped(line: str, room: int, first: str, others: str) -> list[str]:
    """The line within `room`, with what its first part and the others begin with."""
    # At a hyphen a tag would look like two.
    return textwrap.wrap(line, room, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
