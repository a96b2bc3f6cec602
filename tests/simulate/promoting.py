"""Runs of promote within this process, on a real repository; registries and forge are those of `sky`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from promote.api import Delivery, How, Intent, Rules, Session, Where
from promote.api.means import Means
from promote.api.pulls import Pulls
from promote.api.remotes import RemoteTrees
from promote.api.where import Opened, open_where
from promote.gather import Registry
from promote.gitrepo.remote import Remotes
from promote.outcome import Beaten, Landed, Unclear
from promote.place import Place
from promote.question import Answers, Question, Said, Statuses
from tests.clock import FakeClock
from tests.simulate.ledger import Ledger
from tests.simulate.sky import Sky

Stage = Literal["decided", "about to push", "pushed"]
Meddle = Callable[[Stage], None]


class Killed(BaseException):
    """The end of a run at a place of its own; nothing of promote may catch it."""


class _Statuses(Pulls):
    """The forge of the simulation: it tells statuses of commits, and has no pull requests."""

    def __init__(self, opened: Pulls, sky: Sky, ledger: Ledger) -> None:
        super().__init__(opened.config, opened.remotes, opened.forges, opened.ask, opened.origins)
        self._sky, self._ledger = sky, ledger

    def statuses(self, question: Statuses) -> Said:
        return self._sky.said(question.commit, self._ledger.when(question.commit))


@dataclass(frozen=True)
class _Means(Means):
    sky: Sky
    ledger: Ledger

    def registries(self, opened: Opened) -> Registry:
        return self.sky

    def pulls(self, opened: Opened, ask: Callable[[frozenset[Question]], Answers]) -> Pulls | None:
        made = super().pulls(opened, ask)
        return None if made is None else _Statuses(made, self.sky, self.ledger)


class _Meddled:
    """Remotes, where something else happens at the stages of a run."""

    def __init__(self, remotes: Remotes, meddle: Meddle) -> None:
        self._remotes = remotes
        self._meddle = meddle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._remotes, name)

    def commit(self, place: Place, **given: Any) -> str:
        self._meddle("decided")
        return self._remotes.commit(place, **given)

    def land(self, place: Place, **given: Any) -> Landed | Beaten | Unclear:
        self._meddle("decided")
        self._meddle("about to push")
        done = self._remotes.land(place, **given)
        self._meddle("pushed")
        return done


@dataclass
class Promoter:
    """One after the other, or several at once: each run opens and closes all that it needs."""

    environ: Mapping[str, str]
    clock: FakeClock
    sky: Sky
    ledger: Ledger
    runs: int = 0

    def __call__(self, folder: Path, intent: Intent, meddle: Meddle | None = None) -> Delivery:
        self.runs += 1
        with ExitStack() as stack:
            where = Where(Path("/"), repo=f"file://{folder}")
            opened = open_where(where, environ=self.environ, clock=self.clock, stack=stack)
            if meddle is not None and isinstance(opened.trees, RemoteTrees):
                remotes = cast(Remotes, _Meddled(opened.trees.remotes, meddle))
                opened = replace(opened, trees=replace(opened.trees, remotes=remotes))
            means = _Means(self.environ, self.clock, 8, False, False, stack, self.sky, self.ledger)
            return Session(opened, means).deliver(intent, Rules(), How())
