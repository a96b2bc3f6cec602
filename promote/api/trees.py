"""Where a session's trees come from when they are the working files of one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promote.errors import UsageError
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.url import parse
from promote.place import Place
from promote.tree import Tree

if TYPE_CHECKING:  # where there is no promote.yaml, there are no environments
    from promote.config.model import Environment


@dataclass(frozen=True, slots=True)
class FolderTrees:
    """The working files below one folder; of a clone they are those of one repository and one branch."""

    root: Path
    files: Tree
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
        return self.files
