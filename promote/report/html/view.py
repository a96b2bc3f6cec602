"""The board as its page shows it: words, states and links. All of it is plain text yet; the template escapes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promote.board import Board, Cell, Pull, Trend
from promote.moment import show_minute
from promote.question import Brought
from promote.report.html.chart import Chart, frequency, lead_times, together
from promote.report.markdown import is_address
from promote.report.matrix import age, coming, kept_by, marks
from promote.wording.links import Link, by_pair
from promote.wording.markdown import visible

# What may be said of a cell, the most pressing first; and what the page calls it.
STATES: Mapping[str, str] = {
    "refused": "cannot be edited",
    "failed": "failed",
    "mixed": "places differ",
    "moved": "may have moved",
    "held": "held",
    "waiting": "waits",
    "stopped": "stays out",
    "proposed": "proposed",
    "coming": "comes",
    "behind": "behind",
}


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell. `rank` is greater where somebody should look first; `at` is since when it runs, in seconds since 1970.

    `facts` are pairs of a term and what is said of it, `links` pairs of words and an address. `commit` is an address
    too: of the commit that brought it; or empty.
    """

    environment: str
    states: tuple[str, ...]
    rank: int
    version: str
    whole: str
    sign: str
    coming: str
    age: str
    at: int
    lag: int
    marks: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    commit: str
    weeks: Chart | None
    leads: Chart | None


@dataclass(frozen=True, slots=True)
class Column:
    """One environment, how many of its apps are in each state, by the state's name, and what all of them did."""

    name: str
    counts: tuple[tuple[str, str, int], ...]
    weeks: Chart | None
    leads: Chart | None


@dataclass(frozen=True, slots=True)
class Row:
    app: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template is given."""

    title: str
    now: datetime | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, str, int], ...]


def _states(cell: Cell) -> Iterator[str]:
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


def _proposed(pull: Pull) -> str:
    return f"proposed in #{pull.number}"


def _marks(cell: Cell) -> Iterator[tuple[str, str]]:
    """In a few words each, with the state that colours them: what a terminal shows in parentheses."""
    if cell.state in ("refused", "mixed"):
        yield cell.state, STATES[cell.state]
    for kind, text in marks(cell):
        if kind != "proposed" or cell.pull is None:
            yield kind, text
        elif not is_address(cell.pull.url):  # else the link says it
            yield kind, _proposed(cell.pull)


def _facts(cell: Cell) -> Iterator[tuple[str, str]]:
    """What the cell says when it is opened."""
    made = cell.brought
    if isinstance(made, Brought):
        by = "by hand" if made.by_hand else "by promote" if made.source is None else f"from {made.source}"
        pull = "" if made.pull_request is None else f", {made.pull_request}"
        yield "since", f"{show_minute(made.at)}, {by}{pull}"
        yield "commit", f"{made.subject} ({made.author})"
        for gate, reason in made.skipped_gates:
            yield "skipped gate", f"{gate}: {reason}"
        if made.undone is not None:
            yield "rolled back", f"from {made.undone}"
    if cell.next is not None:
        yield "comes", f"{cell.next} from {cell.source}"
    if cell.stop is not None and cell.stop.until is not None:
        yield "until", show_minute(datetime.fromisoformat(cell.stop.until))
    for hold in cell.holds:
        if not any(hold.sentence in note for note in cell.notes):  # a note says it with its cure
            yield "held", f"{hold.subject}: {hold.sentence}"
    for version, place in cell.places:
        yield "place", f"{version} at {place}"
    for note in cell.notes:
        yield "note", note


def _links(cell: Cell, links: Sequence[Link]) -> Iterator[tuple[str, str]]:
    if cell.pull is not None:
        yield _proposed(cell.pull), cell.pull.url
    for each in links:
        if each.shows != "commit":
            yield each.shows, each.url


def _cell(cell: Cell, now: datetime | None, links: Sequence[Link], told: Trend | None) -> CellView:
    found = set(_states(cell))
    states = tuple(each for each in STATES if each in found)
    order = list(STATES)
    rank = len(order) - order.index(states[0]) if states else 0
    sign, comes = coming(cell) or ("", None)
    nothing = {"absent": "–", "mixed": "mixed"}.get(cell.state, "?")
    return CellView(
        environment=cell.environment,
        states=states,
        rank=-1 if cell.state == "absent" else rank,
        version=nothing if cell.version is None else visible(cell.version.short),
        whole="" if cell.version is None else visible(str(cell.version)),
        sign=sign,
        coming="" if comes is None else visible(comes.short),
        age=next(iter(age(cell, now)), ""),
        at=int(cell.brought.at.timestamp()) if isinstance(cell.brought, Brought) else 0,
        lag=max(cell.behind.source or 0, cell.behind.registry or 0),
        marks=tuple((kind, visible(text)) for kind, text in _marks(cell)),
        facts=tuple((term, visible(text)) for term, text in _facts(cell)),
        # What a forge says of itself need not be an address.
        links=tuple((words, url) for words, url in _links(cell, links) if is_address(url)),
        commit=next((each.url for each in links if each.shows == "commit" and is_address(each.url)), ""),
        weeks=None if told is None else frequency(told.weeks),
        leads=None if told is None else lead_times(told.leads),
    )


def _counted(cells: Sequence[CellView]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter(state for cell in cells for state in cell.states)
    return tuple((state, words, counts[state]) for state, words in STATES.items() if counts[state])


def page(drawn: Board, title: str, links: Sequence[Link]) -> Page:
    """The page of a board, with the links that are known of its cells."""
    several = by_pair(links)
    rows = tuple(
        Row(
            visible(app),
            tuple(
                _cell(drawn.cell(app, name), drawn.now, several.get((name, app), ()), drawn.trends.get((app, name)))
                for name in drawn.environments
            ),
        )
        for app in drawn.apps
    )
    trends = [
        [told for app in drawn.apps if (told := drawn.trends.get((app, name))) is not None]
        for name in drawn.environments
    ]
    columns = tuple(
        Column(
            visible(name),
            _counted([row.cells[number] for row in rows]),
            frequency(together(told.weeks for told in trends[number])),
            lead_times([lead for told in trends[number] for lead in told.leads], drawn=False),
        )
        for number, name in enumerate(drawn.environments)
    )
    return Page(visible(title), drawn.now, columns, rows, _counted([cell for row in rows for cell in row.cells]))
