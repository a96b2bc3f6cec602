"""The remotes of a run: opened when first asked for, kept to its end, written by compare-and-swap."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from promote.clock import Clock
from promote.errors import GitError, UsageError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command import Git
from promote.gitrepo.commit import make_commit
from promote.gitrepo.environment import unasking
from promote.gitrepo.identity import UNSAID, Attribution, Identity, identity
from promote.gitrepo.push import push
from promote.gitrepo.store import Store, open_store
from promote.gitrepo.tree import CommitTree
from promote.gitrepo.url import RemoteUrl, parse
from promote.gitrepo.workdir import Workdir
from promote.outcome import Beaten, Landed, Unclear
from promote.place import Place
from promote.text.edit import FileChange


def _held(git: Git, ref: str, *, tip: str, branch: str, oid: str) -> str:
    """What `ref` may be moved away from: its commit, or the null OID; GitError where only `ref` has that commit."""
    finished = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
    if finished.code != 0:
        return "0" * len(oid)
    held = finished.stdout.decode("ascii").strip()
    if held != oid:
        below = git.attempt("merge-base", "--is-ancestor", held, tip)
        if below.code == 1:
            raise GitError(
                f"{ref} holds {held[:12]}, which branch {branch!r} does not have, and which would be lost",
                where=git.where,
                cure=f"push it (git push REMOTE {ref}:{branch}), or drop it (git update-ref -d {ref})",
            )
        if below.code != 0:
            raise git.failed(below)
    return held


class Remotes:
    """Every repository that a run reads or writes, by its public URL; a context manager that leaves nothing behind.

    Safe for threads: one repository is worked on by one at a time, several side by side.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        clock: Clock,
        base: Path,
        workdir: Workdir | None = None,
        home: str | None = None,
        deadline_seconds: float = 300.0,
    ) -> None:
        """`home` is the URL of --repo: what the environment knows of passwords is for its host, or the clone's."""
        self._environ = environ
        self._clock = clock
        self._base = base
        self._workdir = workdir
        self._deadline_seconds = deadline_seconds
        self._urls: dict[str, RemoteUrl] = {}
        self._stores: dict[str, Store] = {}
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._identities: dict[Attribution, Identity] = {}
        own = [] if home is None else [parse(home, base=base)]
        if workdir is not None and workdir.remote is not None:
            self._urls[workdir.remote.public] = workdir.remote
            own.append(workdir.remote)
        self._hosts = frozenset(remote.host for remote in own)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, url: str) -> str:
        """The public form of `url`, which is a Place's `repo`; a credential in it is kept for this remote alone."""
        remote = parse(url, base=self._base)
        with self._lock:
            known = self._urls.get(remote.public)
            if known is None or remote.password is not None:
                self._urls[remote.public] = remote
        return remote.public

    def default_branch(self, repo: str) -> str:
        """The branch that the remote's HEAD names."""
        return self._store(repo, None).default_branch

    def need(self, place: Place) -> CommitTree:
        """The branch as this run last saw it, fetched if it never did; GitError where there is no such branch."""
        return self._store(place.repo, place.branch).need(place.branch)

    def refresh(self, place: Place, *, seconds: float | None = None) -> CommitTree | None:
        """The branch as the remote has it now, None where there is none; RemoteUnreachable after `seconds`."""
        return self._store(place.repo, place.branch).refresh(place.branch, seconds=seconds)

    def arrived(self, place: Place) -> str | None:
        """The commit that this run sent, whose answer was lost, and that the branch's last known tip holds after all.

        To be asked after each refresh: a push that was given up on may still land while the next one is under way.
        """
        return self._store(place.repo, place.branch).arrived(place.branch)

    def commit(
        self, place: Place, *, parent: str, files: Sequence[FileChange], message: str, said: Attribution = UNSAID
    ) -> str:
        """The OID of a new commit, a child of `parent`, which is on no branch yet."""
        store = self._store(place.repo, place.branch)
        return make_commit(
            store,
            parent,
            files,
            message.encode("utf-8", "replace"),
            identity=self._who(store, said),
            when=self._clock.now(),
        )

    def land(
        self,
        place: Place,
        *,
        parent: str,
        expected: str | None,
        files: Sequence[FileChange],
        message: str,
        said: Attribution = UNSAID,
        seconds: float | None = None,
    ) -> Landed | Beaten | Unclear:
        """Commits `files` on `parent` and sets the branch to it, if that is still at `expected` (None: not there).

        A push that takes longer than `seconds` is cut off.
        """
        oid = self.commit(place, parent=parent, files=files, message=message, said=said)
        return push(self._store(place.repo, place.branch), place.branch, oid, expected, seconds=seconds)

    def keep(self, place: Place, oid: str) -> str:
        """The ref of the user's clone where `oid` now is, pushed nowhere (SEMANTICS 11.4).

        GitError where that ref holds a commit that the branch does not have yet: it would be lost.
        """
        workdir = self._workdir
        if workdir is None or workdir.remote is None or workdir.remote.public != place.repo:
            raise UsageError("there is no clone to leave the commit in", where=place.repo, cure="clone it, or push")
        store = self._store(place.repo, place.branch)
        ref = f"refs/promote/{place.branch}"
        git = workdir.git
        # Not the parent of `oid`: that may be one more commit of this run, which the clone does not have either.
        tip = store.need(place.branch).oid
        if git.attempt("cat-file", "-e", f"{tip}^{{commit}}").code != 0:
            # With its whole history since, as `git fetch` does it: a depth or a filter would damage the user's clone.
            there = git.to(workdir.remote, secrets=workdir.secrets)
            there.output(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--end-of-options",
                workdir.remote.public, ref_of(place.branch),
                remote=True,
            )  # fmt: skip
        held = _held(git, ref, tip=tip, branch=place.branch, oid=oid)
        pack = store.git.output("pack-objects", "--revs", "--stdout", "--quiet", stdin=f"{oid}\n^{tip}\n".encode())
        git.output("unpack-objects", "-q", stdin=pack)
        git.output("update-ref", "-m", "promote --no-push", ref, oid, held)
        return ref

    def _who(self, store: Store, said: Attribution) -> Identity:
        with self._lock:
            if said not in self._identities:
                git = store.git if self._workdir is None else self._workdir.git
                self._identities[said] = identity(git, self._environ, said)
            return self._identities[said]

    def _reach(self, repo: str) -> Git:
        with self._lock:
            remote = self._urls.get(repo)
        if remote is None:
            remote = parse(repo, base=self._base)
        environ = self._environ if remote.host in self._hosts else unasking(self._environ)
        git = Git(environ, deadline_seconds=self._deadline_seconds)
        if self._workdir is None:
            return git.to(remote, secrets=frozenset())
        return git.to(remote, self._workdir.transport_to(remote), secrets=self._workdir.secrets)

    def _store(self, repo: str, branch: str | None) -> Store:
        if not repo:
            raise GitError("there is no remote", cure="add one, name one by --repo, or use --write-only")
        with self._lock:
            opening = self._opening.setdefault(repo, threading.Lock())
        with opening:
            if repo not in self._stores:
                store = self._open.enter_context(open_store(self._reach(repo), branch=branch))
                self._stores[repo] = store
            return self._stores[repo]
