"""Where a session's history comes from: the branches of remotes, or the clone that the working files are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.clock import Clock
from promote.errors import GitError
from promote.place import Place
from promote.question import Answers, Past, Question, Ran, Unknown, abreast, drive, look_back

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

    def gather(self, questions: frozenset[Question]) -> Answers:
        """The answers to questions that are all of the past."""
        found = self.ran(frozenset(each for each in questions if isinstance(each, Ran)))
        return {question: answer for question, answer in found.items()}  # noqa: C416  another type of keys

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


def _begun(past: Past, since: datetime) -> int:
    """How many stretches, the newest first, began at `since` or later."""
    return sum(1 for _ in takewhile(lambda each: each.brought and each.brought.at >= since, past.stretches))


def _lately(past: Past, since: datetime, limit: int | None) -> Past | None:
    """The stretches that began at `since` or later, and the one before them; None where there are none."""
    count = _begun(past, since)
    kept = past.stretches[: (count if limit is None else min(count, limit)) + 1]
    is_all = len(kept) == len(past.stretches)
    return Past(kept, past.is_whole and is_all, past.ends if is_all else "") if count else None


def chronicle(
    opened: Opened,
    clock: Clock,
    environment: str,
    apps: Sequence[str],
    *,
    limit: int | None,
    since: datetime | None = None,
) -> Chronicle:
    """The newest `limit` stretches of each app, 10 where none is given; GitError where the history cannot be read.

    With `since` those that began then or later, all of them where no limit is given.
    """
    from promote.history.chronicle import Chronicle

    trees, config = opened.trees, opened.config
    if config is None:
        raise TypeError("there are no environments without a configuration")
    place = trees.place(config.environment(environment))
    tip = trees.tree(place).oid
    asked = {app: Ran(place, tip, environment, app, limit or 10) for app in apps}
    histories = Histories(opened)
    pasts: Mapping[str, Past | Unknown]
    if since is None:
        answers = histories.ran(frozenset(asked.values()))
        pasts = {app: answers[question] for app, question in asked.items()}
    else:
        start = since
        looks = {
            app: look_back(each, lambda past: _begun(past, start) < len(past.stretches), most=limit)
            for app, each in asked.items()
        }
        pasts = drive(abreast(looks), histories.gather)
    found: dict[str, Past] = {}
    for app, past in pasts.items():
        if isinstance(past, Unknown):
            raise GitError(past.why)
        kept = past if since is None else _lately(past, since, limit)
        if kept is not None:
            found[app] = kept
    return Chronicle(environment, place, tip, clock.now(), found, since=since)
