"""Where a session's trees come from: the tips of remotes, or one folder of working files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.config.model import Environment
from promote.errors import UsageError
from promote.gitrepo.commit import Author
from promote.gitrepo.remote import Remotes
from promote.gitrepo.url import parse
from promote.gitrepo.workdir import Workdir
from promote.outcome import Beaten, Landed, Place, Unclear
from promote.text.edit import FileChange
from promote.tree import Tree
from promote.tree.folder import FolderTree


@dataclass(frozen=True, slots=True)
class RemoteTrees:
    """The tips of branches; `home` is where environments are that name no repository and no branch of their own."""

    remotes: Remotes
    home: Place

    def place(self, environment: Environment) -> Place:
        if environment.repo is None:
            return Place(self.home.repo, environment.branch or self.home.branch)
        repo = self.remotes.add(environment.repo)
        return Place(repo, environment.branch or self.remotes.default_branch(repo))

    def tree(self, place: Place) -> Tree:
        return self.remotes.need(place)

    def at(self, environment: Environment, place: Place) -> bool:
        repo = self.home.repo if environment.repo is None else self.remotes.add(environment.repo)
        return repo == place.repo and self.place(environment) == place


@dataclass(frozen=True, slots=True)
class FolderTrees:
    """The working files below one folder; of a clone they are those of one repository and one branch."""

    root: Path
    workdir: Workdir | None = None

    def place(self, environment: Environment) -> Place:
        elsewhere = self._elsewhere(environment)
        if elsewhere is not None:
            key, value = elsewhere
            raise UsageError(
                f"{environment.name} is in another {key}, {value}: it is not among these files",
                cure="leave --write-only out, or name environments of these files",
            )
        return Place("", "")

    def holds(self, environment: Environment) -> bool:
        """Whether the environment's files are among these."""
        return self._elsewhere(environment) is None

    def at(self, environment: Environment, place: Place) -> bool:  # noqa: ARG002 - there is one place
        return self.holds(environment)

    def _elsewhere(self, environment: Environment) -> tuple[str, str] | None:
        """The key that says that an environment lies in another repository or branch than these files, if one does.

        Files of no clone, or of one that has no branch checked out, are taken for those of any branch.
        """
        clone = self.workdir
        remote = None if clone is None else clone.remote
        if environment.repo is not None:
            public = parse(environment.repo, base=self.root).public
            if remote is None or remote.public != public:
                return "repository", public
        branch = None if clone is None else clone.branch
        if environment.branch is not None and branch is not None and environment.branch != branch:
            return "branch", environment.branch
        return None

    def tree(self, place: Place) -> Tree:  # noqa: ARG002 - there is one place
        return FolderTree(self.root)


@dataclass(frozen=True, slots=True)
class Writer:
    """Remotes as the loop writes to them: with the author of this run."""

    remotes: Remotes
    author: Author | None

    def refresh(self, place: Place, *, seconds: float) -> Tree | None:
        return self.remotes.refresh(place, seconds=seconds)

    def arrived(self, place: Place) -> str | None:
        return self.remotes.arrived(place)

    def commit(self, place: Place, *, parent: str, files: Sequence[FileChange], message: str) -> str:
        return self.remotes.commit(place, parent=parent, files=files, message=message, author=self.author)

    def land(
        self,
        place: Place,
        *,
        parent: str,
        expected: str | None,
        files: Sequence[FileChange],
        message: str,
        seconds: float,
    ) -> Landed | Beaten | Unclear:
        return self.remotes.land(
            place,
            parent=parent,
            expected=expected,
            files=files,
            message=message,
            author=self.author,
            seconds=seconds,
        )

    def keep(self, place: Place, oid: str) -> str:
        return self.remotes.keep(place, oid)
