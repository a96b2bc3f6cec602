"""A bare repository of the run's own, for one remote: shallow, without blobs, removed at the end.

The first fetch of a branch has a depth of one. Every later one has none: what came since is seen as history, and so it
is known whether a commit of ours, the answer to which was lost, is below what others have pushed meanwhile.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promote.errors import GitError, RemoteUnreachable
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command import Git
from promote.gitrepo.failure import reason
from promote.gitrepo.objects import PROMISOR, REMOTE, Objects
from promote.gitrepo.tree import CommitTree
from promote.process import Finished

_LOG = logging.getLogger("promote.git")
_NO_FILTER = b"filtering not recognized by server"
_NO_BRANCH = re.compile(r"Remote branch .* not found in upstream|[Cc]ouldn't find remote ref")


def _local(remote: Git, folder: Path) -> Git:
    return Git(remote.environ, directory=folder, deadline_seconds=remote.deadline_seconds)


class Store:
    """One remote's repository as this run knows it: the tips that it has seen, and their objects."""

    def __init__(
        self, folder: Path, remote: Git, *, tips: dict[str, str | None], default_branch: str | None, blobless: bool
    ) -> None:
        self.folder = folder
        # Two gits: one that knows nothing of the remote and its credential, and one that does.
        self.git = _local(remote, folder)
        self.remote = remote.at(folder)
        self.lock = threading.RLock()
        self.objects = Objects(self.git, self.remote, blobless=blobless, refetch=self._refetch_all)
        self._blobless = blobless
        self._tips = tips
        self._default_branch = default_branch
        # Commits whose answer was lost, by branch; and the branches that were not looked at since.
        self._lost: dict[str, list[str]] = {}
        self._unsettled: set[str] = set()

    @property
    def where(self) -> str:
        """The remote's URL, without a credential."""
        return self.remote.where

    @property
    def promisor(self) -> tuple[tuple[str, str], ...]:
        """What a command that talks to the remote has to know of this store."""
        return PROMISOR if self._blobless else ()

    @property
    def default_branch(self) -> str:
        """The branch that the remote's HEAD names."""
        with self.lock:
            if self._default_branch is None:
                out = self.remote.output("ls-remote", "--symref", REMOTE, "HEAD", remote=True)
                match = re.search(rb"^ref: refs/heads/(\S+)\tHEAD$", out, re.MULTILINE)
                if match is None:
                    raise GitError(
                        "there is no default branch",
                        where=self.where,
                        cure="name one by --branch, and promote.yaml by --config",
                    )
                self._default_branch = match[1].decode("utf-8", "replace")
            return self._default_branch

    def tip(self, branch: str) -> CommitTree | None:
        """The branch as this run last saw it; None where there is none."""
        with self.lock:
            if branch not in self._tips:
                self._first_fetch(branch)
            return self._tree(branch)

    def refresh(self, branch: str, *, seconds: float | None = None) -> CommitTree | None:
        """The branch as it is now, and the history since it was first seen; RemoteUnreachable after `seconds`."""
        with self.lock:
            if self._tips.get(branch) is None:
                self._first_fetch(branch, seconds=seconds)
            else:
                self._fetch(branch, seconds=seconds)
            self._unsettled.discard(branch)
            return self._tree(branch)

    def need(self, branch: str) -> CommitTree:
        """As `tip`; GitError where there is no such branch."""
        tree = self.tip(branch)
        if tree is None:
            raise GitError(f"there is no branch {branch!r}", where=self.where, cure="push it first, or name another")
        return tree

    def contains(self, branch: str, oid: str) -> bool:
        """Whether `oid` is the branch's last known tip or below it."""
        with self.lock:
            tip = self._tips.get(branch)
            if tip is None:
                return False
            finished = self.git.attempt("merge-base", "--is-ancestor", oid, tip)
            if finished.code in (0, 1):
                return finished.code == 0
            # An object that is not here cannot be below a tip whose history since is all here.
            if b"Not a valid commit name" in finished.stderr or b"Not a valid object name" in finished.stderr:
                return False
            raise self.git.failed(finished)

    def landed(self, branch: str, oid: str) -> None:
        """Notes that the remote's branch holds `oid` now, which this store made."""
        with self.lock:
            self._tips[branch] = oid

    def lost(self, branch: str, oid: str) -> None:
        """Notes that `oid` was sent, and that it is not known whether the branch holds it."""
        with self.lock:
            self._lost.setdefault(branch, []).append(oid)
            self._unsettled.add(branch)

    def arrived(self, branch: str) -> str | None:
        """Of the commits that were sent and whose answer was lost, the one that the branch's last known tip holds."""
        with self.lock:
            return next((oid for oid in reversed(self._lost.get(branch, ())) if self.contains(branch, oid)), None)

    def _first_fetch(self, branch: str, *, seconds: float | None = None) -> None:
        # While a commit of ours is looked for, no history may end above it, not another branch's either.
        self._fetch(branch, *(() if self._unsettled else ("--depth=1",)), seconds=seconds)

    def _tree(self, branch: str) -> CommitTree | None:
        oid = self._tips[branch]
        return None if oid is None else CommitTree(oid, self.objects)

    def _fetch(self, branch: str, *options: str, seconds: float | None = None) -> None:
        how = ("--filter=blob:none", *options) if self._blobless else options
        ref = ref_of(branch)
        finished = self.remote.attempt(
            "fetch", "--quiet", "--no-tags", *how, "--end-of-options", REMOTE, f"+{ref}:{ref}",
            config=self.promisor,
            seconds=seconds,
        )  # fmt: skip
        if finished.code == 0:
            self._tips[branch] = (self.folder / "FETCH_HEAD").read_bytes().split(b"\t", 1)[0].decode("ascii")
        elif _NO_BRANCH.search(reason(finished)):
            self._tips[branch] = None
        else:
            raise self.remote.failed(finished, remote=True)

    def _refetch_all(self) -> None:
        # Without --depth: from where each branch was first seen, so that the commits in hand get their files too.
        self._blobless = False
        refs = [ref_of(branch) for branch, oid in self._tips.items() if oid is not None]
        specs = [f"+{ref}:{ref}" for ref in refs]
        self.remote.output("fetch", "--quiet", "--no-tags", "--refetch", "--no-filter", REMOTE, *specs, remote=True)


def _clone(remote: Git, folder: Path, branch: str | None) -> Finished:
    chosen = [] if branch is None else [f"--branch={branch}"]
    return remote.at(folder, worktree=True).attempt(
        "clone", "--quiet", "--bare", "--no-tags", "--single-branch", "--depth=1", "--filter=blob:none", "--template=",
        f"--origin={REMOTE}", *chosen, "--end-of-options", remote.where, "store",
    )  # fmt: skip


def _unpromised(config: Path) -> None:
    # See objects.PROMISOR.
    lines = config.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not line.strip().startswith((b"promisor", b"partialclonefilter"))]
    config.write_bytes(b"".join(kept))


def _opened(remote: Git, folder: Path, branch: str | None) -> Store:
    finished = _clone(remote, folder, branch)
    absent = finished.code != 0 and branch is not None and _NO_BRANCH.search(reason(finished)) is not None
    if absent:
        finished = _clone(remote, folder, None)
    if finished.code != 0:
        raise remote.failed(finished, remote=True)
    folder = folder / "store"
    _unpromised(folder / "config")
    tips: dict[str, str | None] = {branch: None} if absent and branch is not None else {}
    head: str | None = None
    refs = _local(remote, folder).output("for-each-ref", "--format=%(HEAD)%(objectname) %(refname)", "refs/heads/")
    for line in refs.decode("utf-8", "surrogateescape").splitlines():
        oid, _, ref = line[1:].partition(" ")
        name = ref.removeprefix("refs/heads/")
        tips[name] = oid
        head = name if line.startswith("*") else head
    if head is None and (branch is None or absent) and b"empty repository" in finished.stderr:
        raise GitError("the repository is empty", where=remote.where, cure="push a first commit")
    return Store(
        folder,
        remote,
        tips=tips,
        default_branch=head if branch is None or absent else None,
        blobless=_NO_FILTER not in finished.stderr,
    )


@contextmanager
def open_store(remote: Git, *, branch: str | None = None) -> Iterator[Store]:
    """A store for the remote that `remote` reaches, fetched with `branch` or the default one; removed at the end.

    RemoteUnreachable or RemoteDenied where it cannot be read, GitError where it is empty. A `branch` that is not there
    has no tip.
    """
    if remote.remote is None:
        raise RemoteUnreachable("no remote is known", cure="name one by --repo")
    if branch is not None:
        ref_of(branch)
    where = remote.environ.get("TMPDIR") or tempfile.gettempdir()
    try:
        folder = Path(tempfile.mkdtemp(prefix="promote-", dir=where))
    except OSError as exc:
        raise GitError(
            f"a temporary folder cannot be made: {exc.strerror}", where=where, cure="set TMPDIR to a folder to write in"
        ) from exc
    try:
        yield _opened(remote, folder, branch)
    finally:
        shutil.rmtree(folder, onerror=lambda _, path, error: _LOG.warning("%s is left: %s", path, error[1]))
