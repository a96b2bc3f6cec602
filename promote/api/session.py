"""A Session: one repository and its configuration, opened for one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from promote.api.delivering import How, deliver, person_of, wording
from promote.api.looking import Looking
from promote.api.means import Means
from promote.api.trees import FolderTrees
from promote.api.where import Where, open_where
from promote.clock import Clock
from promote.image import Version
from promote.question import Asking, drive

# What plans or writes is imported where it is done: most commands only look.
if TYPE_CHECKING:
    from promote.estate.estate import Estate
    from promote.outcome import Delivery, Plan
    from promote.plan.intent import Before, Intent, Rules, Set
    from promote.plan.verifying import Verified


class Session(Looking):
    """An opened repository: `open_session` makes one, and closes what it has opened."""

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

    def notify(self, done: Delivery) -> tuple[str, ...]:
        """Tell the targets of `notify` what is new of a delivery, within 10 s; what could not be told, as warnings."""
        if not self.has_config or not self.config.notify:
            return ()
        from promote.api.notifying import notify

        return notify(self._opened, done, environ=self._means.environ, clock=self._clock, cache=self._means.cache)


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
