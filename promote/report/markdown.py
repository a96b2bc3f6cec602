"""Markdown, as GitHub and the other forges render it: for comments, wikis and summaries.

Whatever comes from repositories, registries and forges is other people's text: it shows as it is, and does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from promote.tree import show
from promote.wording.links import Link, by_pair
from promote.wording.markdown import code, link, pages, plain

if TYPE_CHECKING:  # most commands show one of these, or none
    from datetime import datetime

    from promote.board import Board, Cell
    from promote.history.chronicle import Chronicle
    from promote.outcome import Failure, Plan, Refusal, Skip

ROWS = 500  # a summary has room for 1 MiB
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+\Z")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def is_address(url: str) -> bool:
    """Whether it is the address of a page and nothing else; what a forge says of itself need not be."""
    return _ADDRESS.match(url) is not None


def linked(words: str, url: str) -> str:
    """A link, if `url` is an address; else both as text."""
    return link(words, url) if is_address(url) else f"{plain(words)} ({plain(url)})"


def changes(plan: Plan, links: Sequence[Link] = ()) -> list[str]:
    """A table of what changes, with a column of links where there are any; and how much was left out."""
    several = by_pair(links)
    rows = []
    for change in plan.changes[:ROWS]:
        part = change.site.anchor
        was = code(change.old.short) if change.old is not None else "new"
        place = code(f"{show(part.path)}:{part.span.line}")
        row = [code(change.environment), code(change.app), was, code(change.new.short), place]
        rows.append([*row, *([pages(several.get((change.environment, change.app), ()))] if links else [])])
    head = ["environment", "app", "from", "to", "file", *(["links"] if links else [])]
    more = len(plan.changes) - ROWS
    return [table(head, rows), *([f"… and {more} more"] if more > 0 else [])]


def left(plan: Plan) -> str:
    """A list of what does not change, and why; what is there already, or simply not there, is no news."""
    skips = [skip for skip in plan.skips if skip.code not in ("already", "absent")]
    told: list[Failure | Refusal | Skip] = [*plan.failures, *plan.refusals, *skips]
    rows = [f"- {code(each.environment)}: {code(each.app)}: {plain(each.reason)}" for each in told[:ROWS]]
    return "\n".join(rows if len(told) <= ROWS else [*rows, f"- … and {len(told) - ROWS} more"])


def difference(source: str, target: str, plan: Plan, links: Sequence[Link]) -> str:
    """What `to` would carry from `source` to `target` (`diff`)."""
    if not plan.changes:
        made = [f"Nothing would be carried from {code(source)} to {code(target)}."]
    else:
        made = changes(plan, links)
    return "\n\n".join(part for part in [*made, left(plan)] if part)


def _cell(cell: Cell, now: datetime | None) -> str:
    from promote.report.matrix import age, headline, marks

    told = " ".join(code(word) if word not in ("-", "!", "←", "⇠") else word for word in headline(cell).split(" "))
    parts = [plain(each) for each in age(cell, now)]
    for kind, words in marks(cell):
        parts.append(linked(words, cell.pull.url) if kind == "proposed" and cell.pull is not None else plain(words))
    return f"{told}<br>{', '.join(parts)}" if parts else told


def board(drawn: Board) -> str:
    """The matrix of apps × environments, with notes below it (`status`)."""
    from promote.report.folding import named
    from promote.report.matrix import notes

    rows = []
    for app in drawn.apps:
        cells = (drawn.cell(app, name) for name in drawn.environments)
        rows.append([code(app), *(_cell(cell, drawn.now) for cell in cells)])
    said = [
        f"- {', '.join(map(code, each.environments))}: {plain(named(each.apps))}: {plain(each.sentence)}"
        for each in notes(drawn)
    ]
    return "\n\n".join([table(["app", *map(code, drawn.environments)], rows), *(["\n".join(said)] if said else [])])


def history(told: Chronicle) -> str:
    """One row a version, the newest of each app first (`history`)."""
    from promote.report.text import HISTORY, lasted

    rows = []
    for app, number, row in lasted(told):
        cells = [
            code(cell) if title in ("app", "version", "commit") else plain(cell)
            for title, cell in zip(HISTORY, row, strict=True)
        ]
        rows.append([*cells, *([pages(told.links.get((app, number), ()))] if told.links else [])])
    return table([*HISTORY, *(["links"] if told.links else [])], rows)
