"""Where a session's history comes from: the branches of remotes, or the clone that the working files are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.clock import Clock
from promote.errors import GitError
from promote.place import Place
from promote.question import Past, Ran, Unknown

if TYPE_CHECKING:  # most commands never look back
    from promote.gitrepo.past.branch_history import History
    from promote.history.chronicle import Chronicle


class Histories:
    """What `gather` asks of the past; nothing is opened before it does."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def ran(self, questions: frozenset[Ran]) -> Mapping[Ran, Past | Unknown]:
        """An answer to each question, from Git."""
        from promote.history import answers

        config = self._opened.config
        if config is None:
            raise TypeError("there are no environments without a configuration")
        return answers.Answers(config, self._reach).ran(questions)

    def _reach(self, place: Place, tip: str | None) -> tuple[History, str]:
        trees = self._opened.trees
        if isinstance(trees, FolderTrees):
            return _of_clone(trees)
        start = tip or trees.remotes.need(place).oid
        return trees.remotes.history(place, start), start


def _of_clone(trees: FolderTrees) -> tuple[History, str]:
    from promote.gitrepo.past.archive import in_clone

    if trees.workdir is None:
        cure = "name one by --repo"
        raise GitError("there is no Git repository, and so no history", where=str(trees.root), cure=cure)
    head = trees.workdir.git.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.code != 0:
        raise GitError("there is no commit yet, and so no history", where=str(trees.root), cure="commit the files")
    return in_clone(trees.workdir), head.stdout.decode("ascii").strip()


def chronicle(opened: Opened, clock: Clock, environment: str, apps: Sequence[str], *, limit: int) -> Chronicle:
    """The newest `limit` stretches of each app; GitError where the history cannot be read."""
    from promote.history.chronicle import Chronicle

    trees, config = opened.trees, opened.config
    if config is None:
        raise TypeError("there are no environments without a configuration")
    place = trees.place(config.environment(environment))
    tip = trees.tree(place).oid
    asked = {app: Ran(place, tip, environment, app, limit) for app in apps}
    answers = Histories(opened).ran(frozenset(asked.values()))
    found: dict[str, Past] = {}
    for app, question in asked.items():
        past = answers[question]
        if isinstance(past, Unknown):
            raise GitError(past.why)
        found[app] = past
    return Chronicle(environment, place, tip, clock.now(), found)
