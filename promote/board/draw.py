"""The board of some environments: their cells, and whatever has to be asked for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promote.board.cell import Behind, Board, Cell
from promote.board.lag import COMMITS, MOST, behind_sources, newer_tags
from promote.board.mutable import moved
from promote.board.outlook import Key, Outlook, outlook
from promote.board.trend import VERSIONS, Trend, trend
from promote.board.upstream import firsts
from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.plan.candidates import differing
from promote.plan.holding import Held, held_back, together
from promote.plan.intent import Rules
from promote.question import Asking, Brought, Now, Past, Ran, Unknown, abreast, time_of
from promote.sites.site import where

# What is no news on a board: it has no policy, nothing is to be had; a pull request is told by itself.
_QUIET = frozenset({"absent", "no-policy", "proposed"})
# So many of the holds of one cell are told in words each; whoever reads the JSON has all of them.
_TOLD = 10
_Pasts = Mapping[Key, Past | Unknown]


@dataclass(frozen=True, slots=True)
class _Look:
    """What was learned for all cells."""

    estates: Mapping[str, Estate]
    coming: Mapping[Key, Outlook]
    pasts: _Pasts


def draw(
    estates: Mapping[str, Estate],
    environments: Sequence[str],
    apps: Sequence[str] = (),
    *,
    past: bool = False,
    trends: bool = False,
) -> Asking[Board]:
    """The board of these environments, of all apps or of those that are named.

    With `past` Git's history is asked since when each version runs, and how many its source has run since; with
    `trends` besides, how often versions come, and how long that takes.
    """
    known = {app for name in environments for app in estates[name].apps}
    chosen = tuple(sorted(apps or known))
    keys = [(name, app) for app in chosen for name in environments]
    running = [key for key in keys if estates[key[0]].sites(key[1]) and not estates[key[0]].barred(key[1])]
    coming = yield from outlook(estates, running, whole=not apps)
    now, pasts = (yield from _past(estates, running, trends=trends)) if past or trends else (None, {})
    look = _Look(estates, coming, pasts)
    cells = yield from abreast({key: _cell(look, *key) for key in keys})
    told = _trends(estates, pasts, running, now) if trends and now is not None else {}
    return Board(tuple(environments), chosen, tuple(cells.values()), now, told)


def _roots(estates: Mapping[str, Estate], keys: Sequence[Key]) -> dict[str, tuple[str, ...]]:
    """Where what comes into the environments of these begins."""
    sources = {name: estate.environment.sources for name, estate in estates.items()}
    return {name: firsts(sources, name) for name in dict.fromkeys(name for name, _ in keys)}


def _trends(
    estates: Mapping[str, Estate], pasts: _Pasts, keys: Sequence[Key], now: datetime
) -> dict[tuple[str, str], Trend]:
    """What the pasts tell of these, by app and environment."""
    found, roots = {}, _roots(estates, keys)
    for name, app in keys:
        past = pasts[name, app]
        before = [pasts.get((root, app)) for root in roots[name]]
        if isinstance(past, Past):
            found[app, name] = trend(past, [each for each in before if isinstance(each, Past)], now)
    return found


def _past(
    estates: Mapping[str, Estate], keys: Sequence[Key], *, trends: bool
) -> Asking[tuple[datetime, _Pasts]]:
    """The past of these, one stretch of each, and more of what one of them lags behind; in one walk a branch.

    With `trends` many of each, and of where its versions begin.
    """
    least = dict.fromkeys(keys, VERSIONS if trends else 1)
    if trends:
        roots = _roots(estates, keys)
        least |= {(root, app): VERSIONS for name, app in keys for root in roots[name] if root in estates}
    for name, app in keys:
        here = estates[name].runs(app)
        for source in estates[name].environment.sources:
            there = estates[source].runs(app) if source in estates else "absent"
            if isinstance(there, Version) and isinstance(here, Version) and not agree(there, here):
                least[source, app] = max(MOST, least.get((source, app), 0))
    asked = {
        (name, app): Ran(estates[name].place, estates[name].tip, name, app, number, COMMITS)
        for (name, app), number in least.items()
    }
    answers = yield frozenset({*asked.values(), Now()})
    now = time_of(answers)
    found: dict[Key, Past | Unknown] = {}
    for key, question in asked.items():
        answer = answers[question]
        if not isinstance(answer, Past | Unknown):
            raise TypeError(f"an answer of the wrong kind: {answer!r}")
        found[key] = answer
    return now, found


def _cell(look: _Look, name: str, app: str) -> Asking[Cell]:
    estate = look.estates[name]
    running = estate.runs(app)
    for bar in estate.barred(app):
        version = running if isinstance(running, Version) else bar.version
        return Cell(name, app, "refused", version, notes=(f"{where(bar)}: {bar.why} ({bar.code})",))
    if running == "absent":
        return Cell(name, app, "absent")
    told = look.coming[name, app]
    cell = Cell(
        name, app, "mixed", next=told.next, source=told.source, stop=told.stop, unasked=told.unasked, pull=told.pull
    )
    if isinstance(running, Version):
        cell = yield from _running(look, estate, replace(cell, state="runs", version=running), running)
    else:
        places = {site.version: where(site.anchor) for site in reversed(estate.sites(app))}
        cell = replace(cell, places=tuple(sorted(places.items(), key=lambda each: str(each[0]))))
        cell = _noted(cell, f"its sites differ: {differing(estate, app)}")
    if told.stop is not None and told.stop.code not in _QUIET:
        cell = _noted(cell, told.stop.reason)
    if told.next is not None and told.unasked:
        cell = _noted(cell, f"{told.next.short}: the gate {', '.join(told.unasked)} is not asked by who only looks")
    return (yield from _held(look, cell))


def _noted(cell: Cell, note: str) -> Cell:
    return replace(cell, notes=(*cell.notes, note)) if note else cell


def _running(look: _Look, estate: Estate, cell: Cell, running: Version) -> Asking[Cell]:
    """The cell of what runs, with what is newer, since when it runs, and whether its tag has moved."""
    newer = yield from newer_tags(estate.apps[cell.app], running)
    loose = yield from moved(estate, cell.app)
    behind = _behind(look, estate, cell.app, running)
    if isinstance(newer, Unknown):
        cell = _unknown(cell, "what is newer", newer)
    else:
        behind = replace(behind, registry=newer)
    if isinstance(loose, Unknown):
        cell = _unknown(cell, "whether its tag has moved", loose)
    else:
        cell = _noted(replace(cell, mutable=loose), loose)
    past = look.pasts.get((cell.environment, cell.app))
    if past is not None:
        since = _since(past, running)
        cell = replace(cell, brought=since)
        if isinstance(since, Unknown):
            cell = _unknown(cell, "since when it runs", since)
    return replace(cell, behind=behind)


def _unknown(cell: Cell, what: str, unknown: Unknown) -> Cell:
    """The cell with a note on what could not be had, if that does not say already why nothing comes."""
    if cell.stop is not None and unknown.why in cell.stop.reason:
        return cell
    return _noted(cell, f"{what} is not known: {unknown.why}")


def _since(past: Past | Unknown, running: Version) -> Brought | Unknown:
    """The commit that brought in what runs."""
    if isinstance(past, Unknown):
        return past
    newest = next(iter(past.stretches), None)
    if newest is None or newest.runs != running:
        return Unknown("what runs is in no commit yet", 0)
    return newest.brought or Unknown(past.ends or "its beginning was not seen", 0)


def _behind(look: _Look, estate: Estate, app: str, running: Version) -> Behind:
    found: list[tuple[Version, Past | None]] = []
    for source in estate.environment.sources:
        there = look.estates[source].runs(app) if source in look.estates else "absent"
        past = look.pasts.get((source, app))
        if isinstance(there, Version) and there.reference:
            found.append((there, past if isinstance(past, Past) else None))
    return behind_sources(found, running)


def _held(look: _Look, cell: Cell) -> Asking[Cell]:
    """The cell with what is held back there, files and open pull requests."""
    held = yield from held_back(look.estates, cell.environment, cell.app, Rules())
    if not isinstance(held, Held):
        told = cell.stop is not None and cell.stop.reason == held.reason
        return cell if told else _noted(cell, held.reason)
    cell = replace(cell, holds=tuple(hold for _, hold, _ in held.holds))
    kept = cell.stop.reason if cell.stop is not None and cell.stop.code == "held" else ""
    left = [(hold, cure) for _, hold, cure in held.holds if hold.sentence not in kept]
    # Another hold may keep the same version out.
    does = "lets it in" if len(held.holds) == 1 else "ends that"
    notes = [f"{hold.subject} is held back: {hold.sentence}; {cure} {does}" for hold, cure in left[:_TOLD]]
    if more := left[_TOLD:]:
        notes.append(f"{len(more)} more holds keep versions out; what ends them: {together(cure for _, cure in more)}")
    return replace(cell, notes=(*cell.notes, *notes))
