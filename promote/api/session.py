"""A Session: one repository and its configuration, opened for one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from promote.api.delivering import How, deliver, person_of, wording
from promote.api.means import Means
from promote.api.outside import Outside
from promote.api.past import chronicle
from promote.api.trees import FolderTrees
from promote.api.unconfigured import IS_IT_THIS, require
from promote.api.where import Opened, Where, open_where
from promote.clock import Clock
from promote.config import FILE
from promote.errors import UsageError
from promote.image import Version
from promote.question import Answers, Asking, Question, drive
from promote.tree import show

# What reads files, plans, asks or writes is imported where it is done: `find` asks nobody, `tags IMAGE` reads nothing.
if TYPE_CHECKING:
    from promote.api.pulls import Pulls
    from promote.board import Board
    from promote.check import Finding
    from promote.config.model import App, Config
    from promote.estate.estate import Estate
    from promote.history.chronicle import Chronicle
    from promote.outcome import Delivery, Plan
    from promote.plan.intent import Before, Intent, Rules, Set
    from promote.plan.verifying import Verified
    from promote.policy import Policy
    from promote.policy.selection import Selection
    from promote.wording.links import Link


class Session:
    """An opened repository: `open_session` makes one, and closes what it has opened."""

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

    def without_config(
        self, folder: str, words: Sequence[tuple[str, Version]], *, add: bool = False
    ) -> tuple[Session, Set]:
        """`set` in a repository without promote.yaml: ENV is a folder, APP an image or its last path segment."""
        from promote.api.configuration import Read
        from promote.api.unconfigured import configured
        from promote.plan.intent import Set

        config = configured(self._opened, folder, [word for word, _ in words])
        session = Session(replace(self._opened, read=Read(config, folder)), self._means)
        return session, Set(next(iter(config.environments)), tuple(words), add)

    def decide(self, intent: Intent, rules: Rules) -> Callable[[Mapping[str, Estate], Before], Asking[Plan]]:
        """The pure function that plans `intent` on estates."""
        from promote.api.planning import planned

        return lambda estates, before: planned(intent, rules, estates, before)

    def _look(self, intent: Intent, rules: Rules) -> Mapping[str, Estate]:
        from promote.api.planning import looked_at

        names, apps, adding_to = looked_at(self.config, intent, rules)
        return self._estates(names, apps, adding_to=adding_to)

    def plan(self, intent: Intent, rules: Rules) -> Plan:
        """What `deliver` would do now: nothing is written (`--dry-run`)."""
        from promote.plan.intent import Before

        return drive(self.decide(intent, rules)(self._look(intent, rules), Before()), self.ask)

    def rehearse(self, intent: Intent, rules: Rules, how: How) -> Plan:
        """The plan of a `--dry-run`, messages included; what stops `deliver` before it asks a forge stops this too."""
        worded = wording(self.config, how, self._means.environ)
        plan = self.plan(intent, rules)
        if how.push and self.config.commit.via == "api" and not isinstance(self._opened.trees, FolderTrees):
            from promote.api.forge_writer import foresee

            foresee(self.config, plan)
        for step in plan.steps:
            worded.message(step, self.ask, self._opened)
        return plan

    def write(self, intent: Intent, rules: Rules) -> Plan:
        """The plan, written into the working files (`--write-only`)."""
        from promote.publish.write_only import write_files

        plan = self.plan(intent, rules)
        write_files(self._opened.root, plan)
        return plan

    @property
    def now(self) -> datetime:
        """The time of day, by the session's clock."""
        return self._clock.now()

    def person(self, said: str | None) -> str:
        """Who gives a command: `said`, else who git says that the user is, else by whom promote.yaml has commits."""
        return person_of(self._opened, self.config, said, self._means.environ)

    def deliver(self, intent: Intent, rules: Rules, how: How) -> Delivery:
        """The plan, committed on the tips of its branches and pushed; planned again where somebody was faster."""
        pulls = self.pulls if how.push and self.config.commit.via == "api" else None
        return deliver(
            self._opened,
            lambda: self._look(intent, rules),
            self.decide(intent, rules),
            self.ask,
            pulls=lambda: self._outside.pulls_asking(registries=rules.verify_tag),
            forges=None if pulls is None else pulls.forges,
            again=self._outside.forget,
            worded=wording(self.config, how, self._means.environ),
            how=how,
            clock=self._clock,
        )

    def wait(
        self,
        wanted: Sequence[tuple[str, str]],
        *,
        seconds: float,
        tell: Callable[[Sequence[Verified]], None] = lambda _: None,
    ) -> tuple[Verified, ...]:
        """What the `verify` checks say in the end of these (environment, app): all passed, or `seconds` are over.

        The environments' branches are followed meanwhile. UsageError for an environment without checks.
        """
        from promote.api.waiting import following
        from promote.watch import watch

        environments = tuple(dict.fromkeys(name for name, _ in wanted))
        look = following(self._opened, environments, self._estates, self._clock)
        return watch(
            look,
            self.ask,
            self._outside.forget,
            wanted,
            clock=self._clock,
            seconds=seconds,
            until=self._until,
            tell=tell,
        )

    @contextmanager
    def _until(self, moment: float) -> Iterator[None]:
        """Meanwhile neither remotes nor answers are waited for beyond `moment`."""
        trees = self._opened.trees
        remotes = nullcontext() if isinstance(trees, FolderTrees) else trees.remotes.until(moment)
        with remotes, self._outside.until(moment):
            yield

    def running(self, environment: str) -> tuple[str, ...]:
        """The apps that an environment runs, sorted."""
        estate = self._estates([environment])[environment]
        return tuple(sorted(app for app in estate.joined if estate.sites(app)))

    def notify(self, done: Delivery) -> tuple[str, ...]:
        """Tell the targets of `notify` what is new of a delivery, within 10 s; what could not be told, as warnings."""
        if not self.has_config or not self.config.notify:
            return ()
        from promote.api.notifying import notify

        return notify(self._opened, done, environ=self._means.environ, clock=self._clock, cache=self._means.cache)

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


@contextmanager
def open_session(
    where: Where,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    jobs: int = 16,
    cache: bool = True,
    allow_run: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Session]:
    """The repository at `where` with its configuration; whatever was opened for it is closed at the end.

    Without `cache` nothing is taken from what earlier runs learned of registries and told by notifications, and nothing
    is kept for later ones. With `allow_run` the commands of `run` checks are started (SEMANTICS 10.2). `tell` hears
    what is under way.
    """
    with ExitStack() as stack:
        tell("reading the repository")
        opened = open_where(where, environ=environ, clock=clock, stack=stack)
        yield Session(opened, Means(environ, clock, jobs, cache, allow_run, stack, tell=tell))
