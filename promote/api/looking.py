"""What is read in an opened repository, and shown: nothing here plans what would be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from promote.api.means import Means
from promote.api.outside import Outside
from promote.api.past import chronicle
from promote.api.trees import FolderTrees
from promote.api.unconfigured import IS_IT_THIS, require
from promote.api.where import Opened
from promote.config import FILE
from promote.errors import UsageError
from promote.question import Answers, Question, drive
from promote.tree import show

# What reads files, asks or shows is imported where it is done: `find` asks nobody, `tags IMAGE` reads nothing.
if TYPE_CHECKING:
    from promote.api.pulls import Pulls
    from promote.board import Board
    from promote.check import Finding
    from promote.config.model import App, Config
    from promote.estate.estate import Estate
    from promote.history.chronicle import Chronicle
    from promote.outcome import Plan
    from promote.policy import Policy
    from promote.policy.selection import Selection
    from promote.wording.links import Link


class Looking:
    """An opened repository that is looked at."""

    def __init__(self, opened: Opened, means: Means) -> None:
        self._opened = opened
        self._means = means
        self._clock = means.clock
        self._outside = Outside(opened, means)

    @property
    def has_config(self) -> bool:
        return self._opened.config is not None

    @property
    def title(self) -> str:
        """The last two parts of the remote's path; of working files the name of their folder."""
        return self._opened.title

    @property
    def passed_over(self) -> str | None:
        """The promote.yaml of the clone, and which one is read in its place, where they differ."""
        read = self._opened.read
        if read is None or read.passed_over is None:
            return None
        return f"{show(bytes(read.passed_over))} differs from {read.name}"

    @property
    def may_be_behind(self) -> bool:
        """Whether working files are read that have a remote, which may have moved on."""
        clone = self._opened.workdir
        return isinstance(self._opened.trees, FolderTrees) and clone is not None and clone.remote is not None

    @property
    def in_clone(self) -> bool:
        """Whether there are working files here, which a push leaves as they are."""
        return self._opened.workdir is not None

    @property
    def config(self) -> Config:
        """The configuration; UsageError where the repository has none."""
        if self._opened.config is None:
            raise UsageError(f"there is no {FILE}", where=self._opened.where, cure=IS_IT_THIS)
        return self._opened.config

    def ask(self, questions: frozenset[Question]) -> Answers:
        """An answer to each question from everything outside, remembered as long as it may be (SEMANTICS 11.3)."""
        return self._outside.ask(questions)

    @property
    def pulls(self) -> Pulls | None:
        """Promotion branches and pull requests; None where there is no remote for them."""
        return self._outside.pulls

    def estates(self, names: Sequence[str], apps: Sequence[str] | None = None) -> Mapping[str, Estate]:
        """What these environments run, and those that share a file with one of them.

        Of working files those environments are left out that lie in another repository or branch.
        """
        trees = self._opened.trees
        if isinstance(trees, FolderTrees):
            names = [name for name in names if trees.holds(self.config.environment(name))]
        return self._estates(names, apps)

    def _estates(
        self, names: Sequence[str], apps: Sequence[str] | None = None, *, adding_to: str | None = None
    ) -> Mapping[str, Estate]:
        from promote.estate.world import World

        self._means.tell(f"reading the files of {', '.join(names)}")
        return World(self.config, self._opened.trees).estates(names, apps, adding_to=adding_to)

    def named(self, words: Sequence[str], environments: Sequence[str]) -> tuple[str, ...]:
        """The apps that words mean in these environments, each once: names, images and globs; none for no word.

        UsageError for a word that means none.
        """
        from promote.config.named import apps_named

        def found() -> Iterator[str]:
            estates = self.estates(environments)
            return (app for name in environments if name in estates for app in estates[name].joined)

        return apps_named(self.config, words, found)

    def everything(self, folder: str) -> Estate:
        """What a folder runs, without a configuration: each image is an app of its own name."""
        from promote.api.unconfigured import everything

        return everything(self._opened, folder)

    def require(self, path: str) -> None:
        """UsageError where there is no file at or below `path`."""
        require(self._opened, path)

    @property
    def now(self) -> datetime:
        """The time of day, by the session's clock."""
        return self._clock.now()

    def running(self, environment: str) -> tuple[str, ...]:
        """The apps that an environment runs, sorted."""
        estate = self._estates([environment])[environment]
        return tuple(sorted(app for app in estate.joined if estate.sites(app)))

    def board(self, names: Sequence[str], apps: Sequence[str], *, past: bool = False, trends: bool = False) -> Board:
        """The matrix of apps × environments; what these take from is looked at too, and not shown.

        With `past` since when each version runs, and how far behind; with `trends` how often one comes, how soon.
        """
        from promote.board import draw, upstream

        estates = self._estates(upstream(self.config, names, whole=trends), apps or None)
        return drive(draw(estates, names, apps, past=past, trends=trends), self.ask)

    def history(
        self,
        environment: str,
        apps: Sequence[str],
        *,
        limit: int | None = None,
        links: bool = False,
        since: datetime | None = None,
    ) -> Chronicle:
        """What ran when in an environment: of these apps, or of all that it runs now; `limit` stretches of each, or 10.

        With `since` of those that have changed from then on: what came then or later, and the stretch before it.
        With `links` the registries are asked for the pages of each version, and of what lies before it.
        """
        named = apps or sorted(self._estates([environment])[environment].joined)
        told = chronicle(self._opened, self._clock, environment, named, limit=limit, since=since)
        if links:
            from promote.api.linking import of_history

            told = replace(told, links=drive(of_history(self._opened, told), self.ask))
        return told

    def links(self, shown: Plan | Board) -> tuple[Link, ...]:
        """Where it can be read what a plan changes, or more of a board's cells; none where the images do not tell."""
        from promote.api.linking import of_board_or_plan

        return drive(of_board_or_plan(self._opened, shown), self.ask)

    def findings(self, names: Sequence[str]) -> tuple[Finding, ...]:
        """What `check` has to say of these environments, and of all that they need."""
        from promote.api.checking import everything

        return everything(
            self._opened, self.config, names, self._means.environ, load=self._estates, pulls=self.pulls, ask=self.ask
        )

    def select(self, app: App, policy: Policy) -> Selection:
        """Which tag a policy takes of an app's images, and why not the others."""
        return drive(policy.choose(app.repositories, None), self.ask)
