"""What changed, by time: of several environments and apps together, the newest first (`history`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from promote.moment import show_minute
from promote.report.markdown import table as markdown_table
from promote.report.table import one_line, table
from promote.report.text import how, shown
from promote.wording.markdown import code, pages, plain

if TYPE_CHECKING:
    from promote.history.chronicle import Chronicle
    from promote.wording.links import Link

HEAD = ("at", "environment", "app", "version", "was", "commit", "author", "how")
_CODES = frozenset({"environment", "app", "version", "was", "commit"})
_Change = tuple[datetime, list[str], "tuple[Link, ...]"]


def _changes(told: Chronicle) -> Iterator[_Change]:
    """Each change that was seen to begin: its time, what each column says of it, and its links."""
    for app, past in told.apps.items():
        for number, stretch in enumerate(past.stretches):
            made = stretch.brought
            if made is None or (told.since is not None and made.at < told.since):
                continue
            before = past.stretches[number + 1 : number + 2]
            was = shown(before[0].runs) if before else ""
            row = [show_minute(made.at), told.environment, app, shown(stretch.runs), was, made.commit[:12]]
            yield made.at, [*row, made.author.partition(" <")[0], how(made)], told.links.get((app, number), ())


def _by_time(several: Sequence[Chronicle]) -> list[_Change]:
    return sorted((each for told in several for each in _changes(told)), key=lambda each: each[0], reverse=True)


def text(several: Sequence[Chronicle], width: int | None) -> str:
    """One line a change; links stand below them."""
    found = _by_time(several)
    linked = [
        one_line(f"{row[1]}: {row[2]} {row[3]}  {each.shows}: {each.url}") for _, row, links in found for each in links
    ]
    return "\n".join([table(HEAD, [row for _, row, _ in found], width), *linked])


def markdown(several: Sequence[Chronicle]) -> str:
    """One row a change."""
    found, with_links = _by_time(several), any(told.links for told in several)
    rows = []
    for _, row, links in found:
        cells = [
            code(cell) if title in _CODES and cell else plain(cell) for title, cell in zip(HEAD, row, strict=True)
        ]
        rows.append([*cells, *([pages(links)] if with_links else [])])
    return markdown_table([*HEAD, *(["links"] if with_links else [])], rows)
