"""Where a session's trees come from: the tips of remotes, or one folder of working files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.config.model import Environment
from promote.errors import UsageError
from promote.gitrepo.commit import Author
from promote.gitrepo.remote import Remotes
from promote.outcome import Beaten, Landed, Place, Unclear
from promote.text.edit import FileChange
from promote.tree import Tree
from promote.tree.folder import FolderTree


@dataclass(frozen=True, slots=True)
class RemoteTrees:
    """The tips of branches; `home` is the branch that promote.yaml is read from."""

    remotes: Remotes
    home: Place

    def place(self, environment: Environment) -> Place:
        if environment.repo is None:
            return Place(self.home.repo, environment.branch or self.home.branch)
        repo = self.remotes.add(environment.repo)
        return Place(repo, environment.branch or self.remotes.default_branch(repo))

    def tree(self, place: Place) -> Tree:
        return self.remotes.need(place)


@dataclass(frozen=True, slots=True)
class FolderTrees:
    """The working files below one folder, whatever branch they are of."""

    root: Path

    def place(self, environment: Environment) -> Place:
        for key, value in (("repo", environment.repo), ("branch", environment.branch)):
            if value is not None:
                raise UsageError(
                    f"{environment.name} is in another {key}, {value}: it is not among these files",
                    cure="leave --write-only out, or name environments of these files",
                )
        return Place("", "")

    def tree(self, place: Place) -> Tree:  # noqa: ARG002 - there is one place
        return FolderTree(self.root)


@dataclass(frozen=True, slots=True)
class Writer:
    """Remotes as the loop writes to them: with the author of this run."""

    remotes: Remotes
    author: Author | None

    def refresh(self, place: Place) -> Tree | None:
        return self.remotes.refresh(place)

    def arrived(self, place: Place) -> str | None:
        return self.remotes.arrived(place)

    def commit(self, place: Place, *, parent: str, files: Sequence[FileChange], message: str) -> str:
        return self.remotes.commit(place, parent=parent, files=files, message=message, author=self.author)

    def land(
        self, place: Place, *, parent: str, expected: str | None, files: Sequence[FileChange], message: str
    ) -> Landed | Beaten | Unclear:
        return self.remotes.land(
            place, parent=parent, expected=expected, files=files, message=message, author=self.author
        )

    def keep(self, place: Place, oid: str) -> str:
        return self.remotes.keep(place, oid)
