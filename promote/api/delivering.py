"""A plan on its way out: how it is worded and by whom, what of the user's own it must leave alone, and the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.clock import Clock
from promote.errors import GitError, Refused, UsageError
from promote.question import drive
from promote.tree import show

if TYPE_CHECKING:
    from promote.api.forges import Forges
    from promote.config.model import Config
    from promote.estate.estate import Estate
    from promote.gitrepo.write.identity import Attribution, Author
    from promote.outcome import Delivery, Plan, Step
    from promote.plan.intent import Before
    from promote.publish import Pulls
    from promote.question import Answers, Asking, Question
    from promote.wording.links import Link

    Ask = Callable[[frozenset[Question]], Answers]


@dataclass(frozen=True, slots=True)
class How:
    """How a plan is delivered; what is None is left to promote.yaml, and then to git. `timeout` is in seconds."""

    push: bool = True
    timeout: float = 300.0
    template: str | None = None
    author: str | None = None
    sign: bool | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What commits say: by whom they are, and the template of their messages, None for the default one.

    `where` is where the template stands.
    """

    said: Attribution
    template: str | None
    config: Config
    where: str

    def message(self, step: Step, ask: Ask, opened: Opened) -> str:
        """The message of a step's commit; UsageError where the template does not render."""
        from promote.api.origins import origins_of
        from promote.estate.holds import FOLDER, fingerprint
        from promote.wording.links import links
        from promote.wording.message import message, wants_links

        linked: tuple[Link, ...] = ()
        if wants_links(self.template):
            linked = drive(links(step.carried, origins_of(self.config, opened.repo)), ask)
        base = None if step.onto is None else step.onto.tip
        on = next((fingerprint(each.before) for each in step.files if each.path.startswith(FOLDER + b"/")), None)
        return message(
            self.template, step.carried, linked, base=base, holds=step.holds, holds_on=on, where=self.where
        )


def _refuse_unsaid(config: Config, how: How) -> None:
    """UsageError for what the command line says of commits that the forge makes."""
    if config.commit.via == "git" or not how.push:
        return
    for option, is_said in (("--author", how.author is not None), ("--sign or --no-sign", how.sign is not None)):
        if is_said:
            why = "GitHub makes the commit as whose token it is, and signs it"
            raise UsageError(f"{option} says nothing with `commit: {{via: api}}`: {why}", cure="leave it out")


def _author(text: str | UnsetType) -> Author | None:
    from promote.gitrepo.write.identity import Author

    return None if text is UNSET else Author.parse(text)


def wording(config: Config, how: How, environ: Mapping[str, str]) -> Wording:
    """What counts: the command line above promote.yaml; UsageError for an author, or a secret, that is none."""
    from promote.gitrepo.write.identity import Attribution
    from promote.secret import resolve_secret

    _refuse_unsaid(config, how)
    said = config.commit
    signs: bool | None = None if said.sign is UNSET else said.sign is not False
    signs = signs if how.sign is None else how.sign
    key = None if said.signing_key is UNSET or not signs else resolve_secret(said.signing_key, environ)
    return Wording(
        Attribution(
            author=_author(how.author or said.author),
            committer=_author(said.committer),
            is_signed=signs,
            format=said.sign if said.sign in ("gpg", "ssh") else None,
            key=key,
        ),
        how.template or (None if said.message is UNSET else said.message),
        config,
        "--message" if how.template else config.message_at,
    )


def person_of(opened: Opened, config: Config, said: str | None, environ: Mapping[str, str]) -> str:
    """Who gives a command: `said`, else who git says that the user is, else by whom promote.yaml has commits.

    `commit.author` is a robot's name at most places, and whoever reads a hold wants to ask a person.
    """
    from promote.gitrepo.command.git import Git
    from promote.gitrepo.write.identity import OURSELVES, Attribution, identity

    clone = opened.workdir
    git = Git(environ) if clone is None else clone.git
    configured = wording(config, How(push=False, author=said, sign=False), environ).said
    by_commits = identity(git, environ, configured).author
    if said is not None or config.commit.author is UNSET:
        return str(by_commits)
    user = identity(git, environ, Attribution(is_signed=False)).committer
    return str(by_commits if user == OURSELVES else user)


def _refuse_uncommitted(opened: Opened, plan: Plan) -> None:
    """Refused where a plan touches a file with changes of the user's own that are not committed."""
    from promote.place import Place

    workdir = opened.workdir
    if workdir is None or workdir.remote is None:
        return
    home = None if isinstance(opened.trees, FolderTrees) else opened.trees.home.branch
    # A branch of an environment's own, which is not checked out, has other files by the same names.
    here = (home, workdir.branch, workdir.upstream)
    places = [Place(workdir.remote.public, branch) for branch in here if branch is not None]
    mine = [step for step in plan.steps if step.place in places]
    dirty = workdir.dirty(sorted({change.path for step in mine for change in step.files}))
    if dirty:
        undoes = any(item.undone is not None for step in mine for item in step.carried)
        # Who rolls back wants it delivered, and working files may be another branch's.
        way = f"roll back without this clone: --repo {workdir.remote.public}" if undoes else "use --write-only"
        raise Refused(
            "has changes here that are not committed, and would have to change",
            where=show(dirty[0]),
            cure=f"commit or stash them, or {way}",
        )


def deliver(
    opened: Opened,
    look: Callable[[], Mapping[str, Estate]],
    decide: Callable[[Mapping[str, Estate], Before], Asking[Plan]],
    ask: Ask,
    *,
    pulls: Callable[[], Pulls | None],
    forges: Forges | None,
    again: Callable[[], None],
    worded: Wording,
    how: How,
    clock: Clock,
) -> Delivery:
    """What came of planning by `decide` on what `look` finds, and of bringing it to its remotes.

    With `forges` those make the commits, and not git. GitError where there is no remote.
    """
    import random

    from promote.api.remotes import Writer
    from promote.publish import Terms, publish

    trees = opened.trees
    if isinstance(trees, FolderTrees):
        raise GitError(
            "there is no remote to push to",
            where=str(opened.root),
            cure="add one, name one by --repo, or use --write-only",
        )
    remote = Writer(trees.remotes, worded.said)
    if forges is not None:
        from promote.api.forge_writer import ForgeWriter  # most runs have git make their commits

        remote = ForgeWriter(trees.remotes, worded.said, forges)

    def check(plan: Plan) -> None:
        _refuse_uncommitted(opened, plan)
        remote.check(plan)
        if how.push and plan.proposals:
            from promote.api.request_words import rehearse

            rehearse(plan, worded.config)

    # Pauses between tries must differ from one process to the next, or all would collide again. The process's number
    # is no seed for that: in containers it is the same for all.
    jitter = random.Random()  # noqa: S311 - no secret depends on it
    terms = Terms(
        message=lambda step: worded.message(step, ask, opened),
        pulls=pulls,
        again=again,
        check=check,
        push=how.push,
        timeout=how.timeout,
        jitter=lambda: jitter.uniform(0.0, 2.0),
    )
    return publish(look, decide, ask, remote, clock, terms)
