"""A bare repository of the run's own, for one remote: shallow, without blobs, removed at the end.

The first fetch of a branch has a depth of one. Every later one has none: what came since is seen as history, and so it
is known whether a commit of ours, the answer to which was lost, is below what others have pushed meanwhile.
"""

from __future__ import annotations

import re
import shutil
import threading
from dataclasses import replace

from promote.errors import GitError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.begin import FIRST, NO_BRANCH, NOT_SHALLOW, Begun, local
from promote.gitrepo.store.headless import nothing
from promote.gitrepo.store.holdings import PACKED, REFUSED, SMALL, Holdings
from promote.gitrepo.store.listing import confirm_absent, listing
from promote.gitrepo.store.origin import PROMISOR, REMOTE
from promote.gitrepo.store.reader import Reader
from promote.gitrepo.store.tree import CommitTree

# What comes is told by what differs from objects that a server takes for known, since the commit that we have has them.
# Those that are not here git asks for itself, in one batch; nowhere else is anything fetched unasked.
_BASES = {"GIT_NO_LAZY_FETCH": "0"}
_NO_BASE = re.compile(r"unresolved delta|from promisor remote|lazy fetching disabled|index-pack failed")


class Store:
    """One remote's repository as this run knows it: the tips that it has seen, and their objects."""

    def __init__(self, begun: Begun, remote: Git, *, apps: set[bytes]) -> None:
        self.folder = begun.folder
        # Two gits: one that knows nothing of the remote and its credential, and one that does.
        self.git = local(remote, begun.folder)
        self.remote = remote.at(begun.folder)
        self.lock = threading.RLock()
        # All branches of the remote when this was opened, None where nothing told of them.
        self.listed = begun.listed
        self._source = replace(remote, directory=begun.source, lock=begun.lock)
        self._reader = Reader(self.git)
        self.objects = Holdings(
            self._reader, self._source, form=begun.form, refetch=self._refetch_all, lock=self.lock, apps=apps
        )
        self._begun = begun
        self._borrow()
        self._tips = begun.tips
        self._default_branch = begun.default_branch
        # Commits whose answer was lost, by branch.
        self._lost: dict[str, list[str]] = {}

    def close(self) -> None:
        """Ends the process that reads objects."""
        self._reader.close()

    @property
    def where(self) -> str:
        """The remote's URL, without a credential."""
        return self.remote.where

    @property
    def default_branch(self) -> str:
        """The branch that the remote's HEAD names."""
        with self.lock:
            if self._default_branch is None:
                told = listing(self.remote, "HEAD")
                if not told.refs:
                    raise nothing(self.remote)
                self._default_branch = told.default
                if self._default_branch is None:
                    raise GitError(
                        "there is no default branch",
                        where=self.where,
                        cure="name one by --branch, and promote.yaml by --config",
                    )
            return self._default_branch

    def tip(self, branch: str) -> CommitTree | None:
        """The branch as this run last saw it; None where there is none."""
        with self.lock:
            if branch not in self._tips:
                self._first_fetch(branch)
            return self._tree(branch)

    def refresh(self, branch: str) -> CommitTree | None:
        """The branch as it is now, and the history since it was first seen."""
        with self.lock:
            if self._tips.get(branch) is None:
                self._first_fetch(branch)
            else:
                # What the commits since have changed: folders and files, and no more than that.
                self._fetch(branch, SMALL)
            return self._tree(branch)

    def need(self, branch: str) -> CommitTree:
        """As `tip`; GitError where there is no such branch."""
        tree = self.tip(branch)
        if tree is None:
            cure = f"make it (git push REMOTE COMMIT:{ref_of(branch)}: promote makes none), or correct its name"
            raise GitError(f"there is no branch {branch!r}", where=self.where, cure=cure)
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
        """Notes that `oid` was sent, and that it is not known whether the branch holds it.

        "" stands for one that others make and whose name is not known.
        """
        with self.lock:
            self._lost.setdefault(branch, []).extend([oid] if oid else [])

    def arrived(self, branch: str) -> str | None:
        """Of the commits that were sent and whose answer was lost, the one that the branch's last known tip holds."""
        with self.lock:
            return next((oid for oid in reversed(self._lost.get(branch, ())) if self.contains(branch, oid)), None)

    def made_on(self, branch: str, parent: str, message: str) -> str | None:
        """The commit on `parent`, a tip that this run has seen, with this message, that the last known tip holds.

        Forges trim messages, so space around one does not count.
        """
        with self.lock:
            tip = self._tips.get(branch)
            if tip is None:
                return None
            listed = self.git.output("rev-list", "--parents", f"{parent}..{tip}").decode("ascii").splitlines()
            children = [oid for oid, *parents in map(str.split, listed) if parents == [parent]]
            found = self._reader.read(children)
        said = {oid: (data or b"").partition(b"\n\n")[2].decode("utf-8", "replace") for oid, data in found.items()}
        return next((oid for oid in children if said.get(oid, "").strip() == message.strip()), None)

    def _first_fetch(self, branch: str) -> None:
        # While a commit of ours is looked for, no history may end above it, not another branch's either.
        depth = () if self._lost else ("--depth=1",)
        # Of a branch that an earlier run has seen only what it changed since is missing.
        known = branch in self._begun.known
        self._fetch(branch, SMALL if known else FIRST[self.objects.form], *depth)

    def _tree(self, branch: str) -> CommitTree | None:
        oid = self._tips[branch]
        return None if oid is None else CommitTree(oid, self.objects)

    def _fetch(self, branch: str, filtered: str | None, *depth: str) -> None:
        is_filtered = filtered is not None and self.objects.form != "whole"
        ref = ref_of(branch)
        finished = self._source.attempt(
            "fetch", "--quiet", "--no-tags", *depth, f"--filter={filtered}" if is_filtered else "--no-filter",
            "--end-of-options", REMOTE, f"+{ref}:{ref}",
            config=(*PROMISOR, *PACKED) if is_filtered else PACKED,
            environ=_BASES if is_filtered else None,
        )  # fmt: skip
        if depth and finished.code != 0 and NOT_SHALLOW.search(reason(finished)):
            self._fetch(branch, filtered)
            return
        if is_filtered and REFUSED.search(reason(finished)):
            less = FIRST["blobless"]
            self._fetch(branch, less if filtered != less else None, *depth)
            return
        if is_filtered and finished.code != 0 and _NO_BASE.search(reason(finished)):
            # Bases are asked for by name, and this server gives out nothing by name.
            self.objects.give_up()
            self._fetch(branch, None, *depth)
            return
        if finished.code == 0:
            self._borrow()
            head = self._begun.source / "FETCH_HEAD"
            self._tips[branch] = head.read_bytes().split(b"\t", 1)[0].decode("ascii")
        elif NO_BRANCH.search(reason(finished)):
            if self._tips.get(branch) is not None or branch in self._begun.known:
                confirm_absent(self.remote, ref)
            self._tips[branch] = None
        else:
            raise self.remote.failed(finished, remote=True)

    def _refetch_all(self) -> None:
        # Without --depth: from where each branch was first seen, so that the commits in hand get their files too.
        refs = [ref_of(branch) for branch, oid in self._tips.items() if oid is not None]
        specs = [f"+{ref}:{ref}" for ref in refs]
        self._source.output("fetch", "--quiet", "--no-tags", "--refetch", "--no-filter", REMOTE, *specs, remote=True)
        self._borrow()

    def _borrow(self) -> None:
        """Where history ends is told to the store that has another's objects."""
        shallow = self._begun.source / "shallow"
        if self._begun.source != self.folder and shallow.exists():
            shutil.copyfile(shallow, self.folder / "shallow")
