"""What the board shows: one cell for each app of each environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from promote.board.trend import Trend
from promote.estate.holds import Hold
from promote.image import Version
from promote.question import Brought, Unknown

State = Literal["runs", "mixed", "absent", "refused"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing comes, or not yet, by the code that `to`, `update` and `auto` would tell it by.

    `version` is the one that stays out, where it is one; `gate` and `until` are what it waits for, and how long.
    """

    code: str
    reason: str
    gate: str | None = None
    until: str | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """The open pull request that proposes `version`."""

    number: int
    url: str
    version: Version


@dataclass(frozen=True, slots=True)
class Behind:
    """How many versions are newer than what runs: that its source has run since, and that the registry has.

    None where nobody has asked, or nothing tells. `is_least` says that the source may have run more.
    """

    source: int | None = None
    registry: int | None = None
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One app in one environment.

    `next` is the version that `to`, `update` or `auto` would bring now, and `source` where it comes from: the
    environment, `registry`, or `rollback` where one proposes it. `stop` is why another one does not come. `unasked`
    are the gates of `next` that only those commands ask. `places` are the versions of sites that differ, each with
    a place that says so. `mutable` says why the tag may be, or is, another image by now. `brought` is the commit
    since which it runs, or why none is known; None where that was not asked for. `notes` are sentences on whatever
    is odd.
    """

    environment: str
    app: str
    state: State
    version: Version | None = None
    next: Version | None = None
    source: str | None = None
    stop: Stop | None = None
    unasked: tuple[str, ...] = ()
    pull: Pull | None = None
    behind: Behind = Behind()
    holds: tuple[Hold, ...] = ()
    places: tuple[tuple[Version, str], ...] = ()
    mutable: str = ""
    brought: Brought | Unknown | None = None
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        return "; ".join(self.notes)


@dataclass(frozen=True)
class Board:
    """All cells, as seen at the time `now`: that is None where no time was asked for.

    `trends` is what history tells of an (app, environment), where that was asked for and can be seen.
    """

    environments: tuple[str, ...]
    apps: tuple[str, ...]
    cells: tuple[Cell, ...]
    now: datetime | None = None
    trends: Mapping[tuple[str, str], Trend] = field(default_factory=dict)

    def cell(self, app: str, environment: str) -> Cell:
        return self._by_place[app, environment]

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Cell]:
        return {(cell.app, cell.environment): cell for cell in self.cells}
