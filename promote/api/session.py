"""A Session: one repository and its configuration, opened for one command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import UNSET

from promote.api.trees import FolderTrees
from promote.api.where import Opened, Where, open_where
from promote.clock import Clock
from promote.config import FILE
from promote.errors import GitError, Refused, UsageError
from promote.image import Version, parse_repository
from promote.question import Answers, Asking, Question, drive
from promote.tree import Globs, show

# What reads files, plans, asks or writes is imported where it is done: `find` asks nobody, `tags IMAGE` reads nothing.
if TYPE_CHECKING:
    from promote.board import Board
    from promote.check import Finding
    from promote.config.model import App, Config
    from promote.estate.estate import Estate
    from promote.gather import Gather, Registry
    from promote.gitrepo.commit import Author
    from promote.outcome import Carried, Delivery, Plan
    from promote.plan.intent import Before, Intent, Rules, Set
    from promote.policy import Policy
    from promote.policy.selection import Selection


@dataclass(frozen=True, slots=True)
class How:
    """How a plan is delivered; `template` and `author` stand above what promote.yaml says, `timeout` is in seconds."""

    push: bool = True
    timeout: float = 300.0
    template: str | None = None
    author: str | None = None


class Session:
    """An opened repository: `open_session` makes one, and closes what it has opened."""

    def __init__(self, opened: Opened, registry: Callable[[Config | None], Registry], clock: Clock, jobs: int) -> None:
        self._opened = opened
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
            self._gather = Gather(self._registry(self._opened.config), jobs=self._jobs, clock=self._clock)
        return self._gather(questions)

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

    def require(self, path: str) -> None:
        """UsageError where there is no file at or below `path`."""
        if not self._opened.home.list(Globs((path,))):
            raise UsageError("there is no file there", where=path, cure="name a path from the repository's root")

    def everything(self, folder: str) -> Estate:
        """What a folder runs, without a configuration: each image is an app of its own name."""
        from promote.estate.world import World

        config = _implicit(folder)
        self.require(folder)
        world = World(config, self._opened.trees, everything=True)
        return next(iter(world.estates(list(config.environments)).values()))

    def without_config(
        self, folder: str, words: Sequence[tuple[str, Version]], *, add: bool = False
    ) -> tuple[Session, Set]:
        """`set` in a repository without promote.yaml: ENV is a folder, APP an image or its last path segment."""
        from promote.config.model import App
        from promote.plan.intent import Set

        config = _implicit(folder)
        self.require(folder)
        environment = next(iter(config.environments))
        apps = {}
        for word, _ in words:
            repository = parse_repository(word) if "/" in word else None
            found = repository or parse_repository(self._only_image(folder, word))
            if found is not None:
                apps[word] = App(word, (found,))
        config = replace(config, apps=MappingProxyType(apps))
        session = Session(replace(self._opened, config=config), self._registry, self._clock, self._jobs)
        return session, Set(environment, tuple(words), add)

    def _only_image(self, folder: str, word: str) -> str:
        """The one image below `folder` whose last path segment is `word`; UsageError where there is not just one."""
        estate = self.everything(folder)
        found = sorted(name for name in estate.joined if name.rpartition("/")[2] == word)
        if len({str(parse_repository(name)) for name in found}) == 1:
            return found[0]
        what = f"{len(found)} images end" if found else "no image ends"
        raise UsageError(
            f"{what} in /{word} below {folder}", cure="name the image as the files do, with its registry"
        )

    def decide(self, intent: Intent, rules: Rules) -> Callable[[Mapping[str, Estate], Before], Asking[Plan]]:
        """The pure function that plans `intent` on estates."""
        from promote.api.planning import planned

        return lambda estates, before: planned(intent, rules, estates, before)

    def _look(self, intent: Intent) -> Mapping[str, Estate]:
        from promote.api.planning import looked_at

        names, apps, adding_to = looked_at(self.config, intent)
        return self._estates(names, apps, adding_to=adding_to)

    def plan(self, intent: Intent, rules: Rules) -> Plan:
        """What `deliver` would do now: nothing is written (`--dry-run`)."""
        from promote.plan.intent import Before

        return drive(self.decide(intent, rules)(self._look(intent), Before()), self.ask)

    def rehearse(self, intent: Intent, rules: Rules, how: How) -> Plan:
        """The plan of a `--dry-run`; its messages are made too, since one that cannot be made would stop `deliver`."""
        _, template = self._worded(how)
        worded = _message(template)
        plan = self.plan(intent, rules)
        for step in plan.steps:
            worded(step.carried)
        return plan

    def _worded(self, how: How) -> tuple[Author | None, str | None]:
        """The author and the message's template that count: those of the command line above those of promote.yaml."""
        from promote.gitrepo.commit import Author

        said = self.config.commit
        template = how.template or (None if said.message is UNSET else said.message)
        written = how.author or (None if said.author is UNSET else said.author)
        return Author.parse(written) if written else None, template

    def write(self, intent: Intent, rules: Rules) -> Plan:
        """The plan, written into the working files (`--write-only`)."""
        from promote.publish.write_only import write_files

        plan = self.plan(intent, rules)
        write_files(self._opened.root, plan)
        return plan

    def deliver(self, intent: Intent, rules: Rules, how: How) -> Delivery:
        """The plan, committed on the tips of its branches and pushed; planned again where somebody was faster."""
        import random

        from promote.api.remotes import Writer
        from promote.publish import Terms, publish

        trees = self._opened.trees
        if isinstance(trees, FolderTrees):
            raise GitError(
                "there is no remote to push to", where=str(self._opened.root),
                cure="add one, name one by --repo, or use --write-only",
            )  # fmt: skip
        author, template = self._worded(how)
        # Pauses between tries must differ from one process to the next, or all would collide again.
        jitter = random.Random(os.getpid())  # noqa: S311 - no secret depends on it
        terms = Terms(
            message=_message(template),
            check=self._check_clean,
            push=how.push,
            timeout=how.timeout,
            jitter=lambda: jitter.uniform(0.5, 1.5),
        )
        decide = self.decide(intent, rules)
        return publish(
            lambda: self._look(intent), decide, self.ask, Writer(trees.remotes, author), self._clock, terms
        )

    def _check_clean(self, plan: Plan) -> None:
        """Refuse a plan that touches a file with changes of the user's own that are not committed."""
        from promote.place import Place

        workdir = self._opened.workdir
        if workdir is None or workdir.remote is None:
            return
        trees = self._opened.trees
        home = None if isinstance(trees, FolderTrees) else trees.home.branch
        # A branch of an environment's own, which is not checked out, has other files by the same names.
        here = (home, workdir.branch, workdir.upstream)
        places = [Place(workdir.remote.public, branch) for branch in here if branch is not None]
        mine = [step for step in plan.steps if step.place in places]
        dirty = workdir.dirty(sorted({change.path for step in mine for change in step.files}))
        if dirty:
            raise Refused(
                "has changes here that are not committed, and would have to change",
                where=show(dirty[0]),
                cure="commit or stash them, or use --write-only",
            )

    def board(self, names: Sequence[str], apps: Sequence[str]) -> Board:
        """The matrix of apps × environments; sources of environments are looked at too, and not shown."""
        from promote.board import draw

        wanted = dict.fromkeys(names)
        for name in names:
            source = self.config.environment(name).from_
            wanted |= dict.fromkeys([source] if source else [])
        return drive(draw(self._estates(list(wanted), apps or None), names, apps), self.ask)

    def findings(self, names: Sequence[str]) -> tuple[Finding, ...]:
        """What `check` has to say of these environments, their registries, and how commits are worded."""
        from promote.check import Finding, examine
        from promote.outcome import Carried

        found = drive(examine(self._estates(names), names), self.ask)
        try:
            _, template = self._worded(How())
            _message(template)([Carried("env", "app", Version("1.0.0"), Version("1.0.1"), None)])
        except UsageError as exc:
            return (*found, Finding("error", "commit", "message", str(exc), exc.exit_code))
        return found

    def select(self, app: App, policy: Policy) -> Selection:
        """Which tag a policy takes of an app's images, and why not the others."""
        return drive(policy.choose(app.repositories, None), self.ask)


def _implicit(folder: str) -> Config:
    from promote.config.load import implicit

    return implicit(folder)


def _message(template: str | None) -> Callable[[Sequence[Carried]], str]:
    from promote.wording.message import message

    return lambda carried: message(template, carried)


@contextmanager
def open_session(
    where: Where, *, environ: Mapping[str, str], clock: Clock, jobs: int = 16, cache: bool = True
) -> Iterator[Session]:
    """The repository at `where` with its configuration; whatever was opened for it is closed at the end.

    Without `cache` nothing is taken from what earlier runs learned of registries, and nothing is kept for later ones.
    """
    with ExitStack() as stack:
        opened = open_where(where, environ=environ, clock=clock, stack=stack)

        def registry(config: Config | None) -> Registry:
            from promote.api.registries import open_registries

            return open_registries(
                config, opened.root, environ=environ, clock=clock, jobs=jobs, cache=cache, stack=stack
            )

        yield Session(opened, registry, clock, jobs)
