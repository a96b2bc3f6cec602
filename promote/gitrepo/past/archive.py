"""Where the history of a branch is read: in the user's own clone where that has all of it, else in a store of its own.

The store of the tips has no history, and no blobs; this one has the commits and their trees, and comes with as much
history as was needed so far. `git log` in a store without trees would take two hundred times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promote.errors import GitError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.past.branch_history import FIRST, History
from promote.gitrepo.past.objects import Objects
from promote.gitrepo.store.begin import NO_FILTER, NOT_SHALLOW, forms, local
from promote.gitrepo.store.holdings import Form
from promote.gitrepo.store.origin import PROMISOR, REMOTE
from promote.gitrepo.store.scratch import scratch
from promote.process import Finished


def _fetch_nothing() -> None:
    raise GitError("nothing is fetched into a clone of the user's", cure="see `git fsck`")


def is_whole(clone: Workdir, tip: str) -> bool:
    """Whether a clone has all that is below `tip`, so that nothing need be fetched."""
    git = clone.git
    if git.output("rev-parse", "--is-shallow-repository").strip() != b"false":
        return False
    promised = git.attempt("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$")
    if promised.code != 1:  # 1: there is no such key
        return False
    return git.has_commit(tip)


def in_clone(clone: Workdir) -> History:
    """The history as the user's own clone has it; nothing is fetched into that."""
    objects = Objects(clone.git, refetch=_fetch_nothing)
    return History(clone.git, objects, lambda _: f"{clone.top} is a shallow clone, and has no remote to ask for more")


class Archive:
    """A bare store of one remote's branch: all trees, no blobs, and of the commits as many as were asked for."""

    def __init__(self, git: Git, remote: Git, branch: str, *, blobless: bool) -> None:
        self._git = git
        self._remote = remote
        self._ref = ref_of(branch)
        self._blobless = blobless
        self._depth = FIRST
        # The folders are all here, and the files fetched by them, where the server takes that.
        form: Form = forms(remote)[0] if blobless else "whole"
        objects = Objects(git, remote, form=form, refetch=self._refetch)
        self.history = History(git, objects, self._deepen)

    def bring(self, tip: str) -> History:
        """The history below `tip`, which is here then; GitError where the remote does not have it any more."""
        if not self._git.has_commit(tip):
            self._fetch()
        if not self._git.has_commit(tip):
            raise GitError(
                f"commit {tip[:12]} is not on the branch any more", where=self._remote.where, cure="run again"
            )
        return self.history

    def _fetch(self, *how: str) -> None:
        finished = self._attempt(*how)
        if finished.code != 0:
            raise self._remote.failed(finished, remote=True)

    def _attempt(self, *how: str) -> Finished:
        filtered = ("--filter=blob:none",) if self._blobless else ()
        return self._remote.attempt(
            "fetch", "--quiet", "--no-tags", *filtered, *how, "--end-of-options", REMOTE, f"+{self._ref}:{self._ref}",
            config=PROMISOR if self._blobless else (),
        )  # fmt: skip

    def _deepen(self, _: str) -> str:
        finished = self._attempt(f"--deepen={self._depth}")
        self._depth *= 2
        if finished.code != 0:
            why = reason(finished)
            if NOT_SHALLOW.search(why):
                return "the remote cannot give more of a history than it gave at first"
            raise self._remote.failed(finished, remote=True)
        return ""

    def _refetch(self) -> None:
        self._blobless = False
        self._fetch("--refetch", "--no-filter")


def _clone(remote: Git, folder: Path, branch: str, *depth: str) -> Finished:
    # Told that the store is partial, clone does not write that into its config: see origin.PROMISOR.
    return remote.at(folder, worktree=True).attempt(
        "clone", "--quiet", "--bare", "--no-tags", "--single-branch", *depth, "--filter=blob:none", "--template=",
        f"--origin={REMOTE}", f"--branch={branch}", "--end-of-options", remote.where, "archive",
        config=PROMISOR,
    )  # fmt: skip


@contextmanager
def open_archive(remote: Git, branch: str) -> Iterator[Archive]:
    """A store for the history of a branch that the remote has; removed at the end.

    RemoteUnreachable or RemoteDenied where it cannot be read.
    """
    ref_of(branch)
    with scratch(remote.environ) as folder:
        finished = _clone(remote, folder, branch, f"--depth={FIRST}")
        if finished.code != 0 and NOT_SHALLOW.search(reason(finished)):
            finished = _clone(remote, folder, branch)
        if finished.code != 0:
            raise remote.failed(finished, remote=True)
        made = folder / "archive"
        yield Archive(local(remote, made), remote.at(made), branch, blobless=NO_FILTER not in finished.stderr)
