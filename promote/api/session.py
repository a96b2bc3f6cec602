"""A Session: one repository and its configuration, opened for one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from promote.api.delivering import How, author_of, deliver, wording
from promote.api.past import Histories, chronicle
from promote.api.trees import FolderTrees
from promote.api.unconfigured import require
from promote.api.where import Opened, Where, open_where
from promote.clock import Clock
from promote.config import FILE
from promote.errors import UsageError
from promote.image import Version
from promote.question import Answers, Asking, Question, drive

# What reads files, plans, asks or writes is imported where it is done: `find` asks nobody, `tags IMAGE` reads nothing.
if TYPE_CHECKING:
    from promote.api.pulls import Pulls
    from promote.board import Board
    from promote.check import Finding
    from promote.config.model import App, Config
    from promote.estate.estate import Estate
    from promote.gather import Gather, Registry
    from promote.history.chronicle import Chronicle
    from promote.outcome import Delivery, Plan
    from promote.plan.intent import Before, Intent, Rules, Set
    from promote.policy import Policy
    from promote.policy.selection import Selection


class Session:
    """An opened repository: `open_session` makes one, and closes what it has opened."""

    def __init__(
        self,
        opened: Opened,
        registry: Callable[[Config | None], Registry],
        clock: Clock,
        *,
        jobs: int,
        environ: Mapping[str, str],
        cache: bool,
        pulling: Callable[[Opened, Callable[[frozenset[Question]], Answers]], Pulls | None],
    ) -> None:
        self._cache = cache
        self._pulling = pulling
        self._pulls: Pulls | None = None
        self._opened = opened
        self._environ = environ
        self._registry = registry
        self._clock = clock
        self._jobs = jobs
        self._gather: Gather | None = None

    @property
    def has_config(self) -> bool:
        return self._opened.config is not None

    @property
    def in_clone(self) -> bool:
        """Whether there are working files here, which a push leaves as they are."""
        return self._opened.workdir is not None

    @property
    def config(self) -> Config:
        """The configuration; UsageError where the repository has none."""
        if self._opened.config is None:
            cure = "write one, or name one by --config"
            raise UsageError(f"there is no {FILE}", where=str(self._opened.root), cure=cure)
        return self._opened.config

    def ask(self, questions: frozenset[Question]) -> Answers:
        """Answers from the registries, each remembered for the session."""
        from promote.gather import Gather

        if self._gather is None:
            self._gather = Gather(
                self._registry(self._opened.config),
                jobs=self._jobs,
                clock=self._clock,
                histories=Histories(self._opened),
                requests=lambda: self.pulls,
            )
        return self._gather(questions)

    @property
    def pulls(self) -> Pulls | None:
        """Promotion branches and pull requests; None where there is no remote for them."""
        if self._pulls is None and self._opened.config is not None:
            self._pulls = self._pulling(self._opened, self.ask)
        return self._pulls

    def _asking(self, *, asks: bool) -> Pulls | None:
        """The same, which let registries alone where they are not to be asked."""
        pulls = self.pulls
        if pulls is not None:
            pulls.asks = asks
        return pulls

    def _again(self) -> None:
        if self._gather is not None:
            self._gather.again()

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

        return World(self.config, self._opened.trees).estates(names, apps, adding_to=adding_to)

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
        from promote.api.unconfigured import configured
        from promote.plan.intent import Set

        config = configured(self._opened, folder, [word for word, _ in words])
        opened = replace(self._opened, config=config)
        session = Session(
            opened,
            self._registry,
            self._clock,
            jobs=self._jobs,
            environ=self._environ,
            cache=self._cache,
            pulling=self._pulling,
        )
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
        """The plan of a `--dry-run`; its messages are made too, since one that cannot be made would stop `deliver`."""
        worded = wording(self.config, how, self._environ)
        plan = self.plan(intent, rules)
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

    def author(self, said: str | None) -> str:
        """Who the commits of this session are by: `said`, else promote.yaml, else who git says that the user is."""
        return author_of(self._opened, self.config, said, self._environ)

    def deliver(self, intent: Intent, rules: Rules, how: How) -> Delivery:
        """The plan, committed on the tips of its branches and pushed; planned again where somebody was faster."""
        return deliver(
            self._opened,
            lambda: self._look(intent, rules),
            self.decide(intent, rules),
            self.ask,
            pulls=lambda: self._asking(asks=rules.verify_tag),
            again=self._again,
            worded=wording(self.config, how, self._environ),
            how=how,
            clock=self._clock,
        )

    def notify(self, done: Delivery) -> tuple[str, ...]:
        """Tell the targets of `notify` what is new of a delivery, within 10 s; what could not be told, as warnings."""
        if not self.has_config or not self.config.notify:
            return ()
        from promote.api.notifying import notify

        return notify(self._opened, done, environ=self._environ, clock=self._clock, cache=self._cache)

    def board(self, names: Sequence[str], apps: Sequence[str]) -> Board:
        """The matrix of apps × environments; sources of environments are looked at too, and not shown."""
        from promote.board import draw

        wanted = dict.fromkeys(names)
        for name in names:
            source = self.config.environment(name).from_
            wanted |= dict.fromkeys([source] if source else [])
        return drive(draw(self._estates(list(wanted), apps or None), names, apps), self.ask)

    def history(self, environment: str, apps: Sequence[str], *, limit: int = 10) -> Chronicle:
        """What ran when in an environment: of these apps, or of all that it runs now; `limit` stretches of each."""
        named = apps or sorted(self._estates([environment])[environment].joined)
        return chronicle(self._opened, self._clock, environment, named, limit=limit)

    def findings(self, names: Sequence[str]) -> tuple[Finding, ...]:
        """What `check` has to say of these environments, their remotes, forges and registries, and of commits."""
        from promote.api.checking import loaded, of_commits, of_forges, of_remotes
        from promote.check import examine

        asked = [self.config.environment(name) for name in names]
        estates, faults = loaded(self._opened, asked, self._estates)
        environments = [environment for environment in asked if environment.name in estates]
        return (
            *faults,
            *of_remotes(self._opened, environments),
            *of_forges(self._opened, environments, self.pulls),
            *drive(examine(estates, [environment.name for environment in environments]), self.ask),
            *of_commits(self.config, self._environ),
        )

    def select(self, app: App, policy: Policy) -> Selection:
        """Which tag a policy takes of an app's images, and why not the others."""
        return drive(policy.choose(app.repositories, None), self.ask)


@contextmanager
def open_session(
    where: Where, *, environ: Mapping[str, str], clock: Clock, jobs: int = 16, cache: bool = True
) -> Iterator[Session]:
    """The repository at `where` with its configuration; whatever was opened for it is closed at the end.

    Without `cache` nothing is taken from what earlier runs learned of registries and told by notifications, and nothing
    is kept for later ones.
    """
    with ExitStack() as stack:
        opened = open_where(where, environ=environ, clock=clock, stack=stack)

        def registry(config: Config | None) -> Registry:
            from promote.api.registries import open_registries

            return open_registries(
                config, opened.root, environ=environ, clock=clock, jobs=jobs, cache=cache, stack=stack
            )

        def pulling(opened: Opened, ask: Callable[[frozenset[Question]], Answers]) -> Pulls | None:
            from promote.api.origins import origins_of
            from promote.api.pulls import Pulls

            trees = opened.trees
            if opened.config is None or isinstance(trees, FolderTrees):
                return None
            return Pulls(
                opened.config,
                trees.remotes,
                trees.home.repo,
                environ,
                opened.root,
                clock,
                jobs,
                stack,
                ask,
                origins_of(opened.config, trees.home.repo),
            )

        yield Session(opened, registry, clock, jobs=jobs, environ=environ, cache=cache, pulling=pulling)
