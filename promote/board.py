"""The matrix of apps × environments: what runs where, and what is waiting to come. Pure: facts are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from promote.config.model import App
from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.question import Asking, Unknown, abreast
from promote.sites.site import where

State = Literal["runs", "mixed", "absent", "refused"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One app in one environment.

    `next` is the version that would come: the source environment's, or the registry's newest by policy; None where
    there is none, or where it runs already. `note` says what is odd: sites that differ, a place that cannot be edited,
    a registry that did not answer.
    """

    environment: str
    app: str
    state: State
    version: Version | None = None
    next: Version | None = None
    source: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Board:
    environments: tuple[str, ...]
    apps: tuple[str, ...]
    cells: tuple[Cell, ...]

    def cell(self, app: str, environment: str) -> Cell:
        return self._by_place[app, environment]

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Cell]:
        return {(cell.app, cell.environment): cell for cell in self.cells}


def draw(
    estates: Mapping[str, Estate], environments: Sequence[str], apps: Sequence[str] = ()
) -> Asking[Board]:
    """The board of these environments, of all apps or of those that are named."""
    known = {app for name in environments for app in estates[name].apps}
    chosen = tuple(sorted(apps or known))
    cells = yield from abreast({(app, name): _cell(estates, name, app) for app in chosen for name in environments})
    return Board(tuple(environments), chosen, tuple(cells.values()))


def _cell(estates: Mapping[str, Estate], name: str, app: str) -> Asking[Cell]:
    estate = estates[name]
    running = estate.runs(app)
    for bar in estate.barred(app):
        version = running if isinstance(running, Version) else bar.version
        return Cell(name, app, "refused", version, note=f"{where(bar)}: {bar.why} ({bar.code})")
    if running == "absent":
        return Cell(name, app, "absent")
    if running == "mixed":
        said = sorted({site.version.short for site in estate.sites(app)})
        return Cell(name, app, "mixed", note=f"its sites differ: {', '.join(said)}")
    source = estate.environment.from_
    if source is not None:
        return (yield from _behind(estates, name, app, running, source))
    return (yield from _newer(estate, name, app, running))


def _behind(estates: Mapping[str, Estate], name: str, app: str, running: Version, source: str) -> Asking[Cell]:
    there = estates[source].runs(app) if source in estates else "absent"
    if not isinstance(there, Version) or not there.reference or agree(there, running):
        return Cell(name, app, "runs", running)
    policy, repositories = estates[name].apps[app].chooser, estates[name].apps[app].repositories
    sign = None if policy is None else (yield from policy.compare(repositories, there, running))
    if sign == -1:
        return Cell(name, app, "runs", running, note=f"newer than what {source} runs, {there.short}")
    note = f"whether {there.short} is newer is not known: {sign.why}" if isinstance(sign, Unknown) else ""
    return Cell(name, app, "runs", running, there, source, note)


def _runs(app: App, winner: Version, running: Version) -> bool:
    """Whether the version that a policy takes runs already: its digest too, where one is written."""
    holds = running.digest is not None or app.pin in ("digest", "both")
    return winner.tag == running.tag and (winner.digest in (None, running.digest) or not holds)


def _newer(estate: Estate, name: str, app: str, running: Version) -> Asking[Cell]:
    policy, repositories = estate.apps[app].chooser, estate.apps[app].repositories
    if policy is None or estate.environment.source != "registry":
        return Cell(name, app, "runs", running)
    selection = yield from policy.choose(repositories, running)
    if selection.failure is not None:
        return Cell(name, app, "runs", running, note=f"the newest is not known: {selection.failure.why}")
    winner = selection.winner
    why = selection.why_not(running)
    passed_over = "" if why is None else f"its policy does not take {running.short}: {why}"
    if winner is None or _runs(estate.apps[app], winner, running):
        return Cell(name, app, "runs", running, note=passed_over)
    sign = yield from policy.compare(repositories, winner, running)
    if isinstance(sign, Unknown):
        return Cell(name, app, "runs", running, note=f"whether {winner.short} is newer is not known: {sign.why}")
    if sign == -1:
        return Cell(name, app, "runs", running, note=f"{passed_over}, and {winner.short} is older" if why else "")
    return Cell(name, app, "runs", running, winner, "registry")
