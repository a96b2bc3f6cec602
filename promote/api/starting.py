"""`init`: a repository looked at, a promote.yaml proposed, proven by what `check` finds in it, and written."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from promote.check.environment import findings
from promote.config import FILE
from promote.config.load import load
from promote.config.model import Config, Environment
from promote.errors import Refused, UsageError
from promote.estate.estate import Estate
from promote.estate.world import World
from promote.gitrepo.clone.sparse import working_tree
from promote.gitrepo.clone.tips import tips
from promote.gitrepo.clone.workdir import find
from promote.gitrepo.command.git import Git
from promote.place import Place
from promote.replacement import beside
from promote.survey.amend import Trouble, amended, pruned, without_place
from promote.survey.family import are_alike, with_family
from promote.survey.guess import guessed, without_guesses
from promote.survey.proposal import Proposal
from promote.survey.survey import survey
from promote.survey.writer import text_of
from promote.tree import Tree

_MODE = 0o644
# Of remarks, where there is nothing to write.
_FIRST = 8


@dataclass(frozen=True, slots=True)
class Local:
    """The trees of a folder and of the branches that its clone knows."""

    files: Tree
    branches: Mapping[str, Tree]

    def place(self, environment: Environment) -> Place:
        return Place("", environment.branch or "")

    def tree(self, place: Place) -> Tree:
        return self.branches[place.branch] if place.branch else self.files

    def at(self, environment: Environment, place: Place) -> bool:
        return self.place(environment) == place


@dataclass(frozen=True, slots=True)
class Start:
    """A repository without a promote.yaml: its root, its files, and what is proposed for it."""

    root: Path
    trees: Local
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be written: a proposal of which `check` finds nothing to be wrong, and its text."""

    proposal: Proposal
    text: str


def start(directory: Path, environ: Mapping[str, str], *, force: bool) -> Start:
    """What is proposed for the clone around `directory`, or for that folder itself; no remote and no registry is asked.

    UsageError where there is a promote.yaml already, unless with `force`, and where there is too much to be read.
    """
    if not directory.is_dir():
        raise UsageError("there is no such directory", where=str(directory), cure="correct -C")
    workdir = find(directory, git=Git(environ))
    root = workdir.top if workdir is not None else directory.absolute()
    if os.path.lexists(root / FILE) and not force:
        raise _there(root)
    trees = Local(working_tree(root, workdir), {} if workdir is None else tips(workdir))
    return Start(root, trees, survey(trees.files, trees.branches))


def _there(root: Path) -> UsageError:
    return UsageError("is there already", where=str(root / FILE), cure="give --force to replace it, or --dry-run")


def _troubles(config: Config, estates: Mapping[str, Estate]) -> Iterator[Trouble]:
    for name in config.environments:
        for found in findings(estates, name):
            if found.level == "error":
                _, slash, app = found.subject.partition("/")
                bars = estates[name].barred(app) if slash else ()
                yield Trouble(name, app if slash else None, found.code, found.sentence, bars)


def _nothing(begun: Start, proposal: Proposal, what: str) -> UsageError:
    """That there is nothing to write, with the first remarks of what was found and could not be used."""
    more = len(proposal.notes) - _FIRST
    told = [what, *proposal.notes[:_FIRST], *([f"and {more} more of the kind"] if more > 0 else ())]
    by_hand = "write promote.yaml by hand: docs/configuration.md begins with a small one"
    return UsageError("; ".join(told), where=str(begun.root), cure=f"name the GitOps repository by -C, or {by_hand}")


def _familiar(begun: Start, proposal: Proposal, estates: Mapping[str, Estate]) -> Proposal:
    """The proposal with a family in the place of many apps, where that comes to the same places; else as it is."""
    other = with_family(proposal)
    if other is None:
        return proposal
    config = load(FILE, text_of(other).encode(), environ={})
    try:
        found = World(config, begun.trees).estates(list(config.environments))
    except UsageError:  # a place that another app claims by its marker
        return proposal
    return other if are_alike(estates, found) else proposal


def _tags(estates: Mapping[str, Estate]) -> Mapping[str, Collection[str]]:
    """The tags of each app that stand in some environment."""
    found: dict[str, set[str]] = {}
    for estate in estates.values():
        for app in estate.joined:
            found.setdefault(app, set()).update(site.version.tag for site in estate.sites(app) if site.version.tag)
    return found


def unguessed(settled: Settled) -> Settled:
    """The same without policies that are guesses."""
    proposal = without_guesses(settled.proposal)
    return Settled(proposal, text_of(proposal))


def settle(begun: Start, proposal: Proposal) -> Settled:
    """The proposal without what `check` would call an error, with a note of each thing that was left out.

    UsageError where two apps claim one place, and where nothing is left that could be moved.
    """
    while True:
        if not proposal.environments:
            what = "no YAML file here names anything that runs"
            raise _nothing(begun, proposal, what)
        config = load(FILE, text_of(proposal).encode(), environ={})
        try:
            estates = World(config, begun.trees).estates(list(config.environments))
        except UsageError as exc:
            less = without_place(proposal, exc)
            if less is None:
                raise
            proposal = less
            continue
        troubles = tuple(_troubles(config, estates))
        if not troubles:
            break
        proposal = amended(proposal, troubles, estates)
    running = {app for name in config.environments for app in estates[name].joined}
    proposal = pruned(proposal, running)
    if not proposal.apps:
        raise _nothing(begun, proposal, "no YAML file here names an image that could be moved")
    proposal = _familiar(begun, guessed(proposal, _tags(estates)), estates)
    return Settled(proposal, text_of(proposal))


def write(root: Path, text: str, *, force: bool) -> Path:
    """The promote.yaml that was written, all of it at once; a link that stands there is replaced, never followed.

    UsageError where one has come into being meanwhile, unless with `force`; Refused where it cannot be written.
    """
    path = root / FILE
    with ExitStack() as staged:
        try:
            made = beside(path, text.encode(), _MODE, staged)
            if force:
                made.replace(path)
            else:
                os.link(made, path)
        except FileExistsError as exc:
            raise _there(root) from exc
        except OSError as exc:
            cure = "see that there is room and that it may be written, or give --dry-run"
            raise Refused(f"cannot be written ({exc.strerror})", where=str(path), cure=cure) from exc
    return path
