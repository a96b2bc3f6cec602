"""The remotes of a run: opened when first asked for, kept to its end, written by compare-and-swap."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from promote.clock import Clock
from promote.errors import GitError, UsageError
from promote.gitrepo.archive import Archive, in_clone, is_whole, open_archive
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command import Git
from promote.gitrepo.commit import make_commit
from promote.gitrepo.credentials.headers import without_login
from promote.gitrepo.credentials.keyring import Keyring
from promote.gitrepo.credentials.settings import HostAccess
from promote.gitrepo.environment import unasking
from promote.gitrepo.history import History
from promote.gitrepo.identity import UNSAID, Attribution, Identity, identity
from promote.gitrepo.prefetch import prefetch
from promote.gitrepo.push import push
from promote.gitrepo.store import Store, open_store
from promote.gitrepo.tree import CommitTree
from promote.gitrepo.url import RemoteUrl, parse
from promote.gitrepo.workdir import Workdir
from promote.outcome import Beaten, Landed, Unclear
from promote.place import Place
from promote.text.edit import FileChange


def _brought(git: Git, tip: str, oid: str) -> tuple[bytes, bytes]:
    """What commits above `tip` come to: the files of the last of them, and how many they are."""
    return git.output("rev-parse", f"{oid}^{{tree}}"), git.output("rev-list", "--count", oid, f"^{tip}")


def _held(git: Git, ref: str, *, tip: str, branch: str, oid: str, made: Git) -> str:
    """What `ref` may be moved away from: its commit, or the null OID; GitError where only `ref` has that commit.

    `made` is the repository that has `oid`.
    """
    finished = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
    if finished.code != 0:
        return "0" * len(oid)
    held = finished.stdout.decode("ascii").strip()
    if held != oid:
        below = git.attempt("merge-base", "--is-ancestor", held, tip)
        # The same again, as after a run that was killed before it could tell, loses nothing.
        if below.code == 1 and _brought(git, tip, held) != _brought(made, tip, oid):
            raise GitError(
                f"{ref} holds {held[:12]}, which branch {branch!r} does not have, and which would be lost",
                where=git.where,
                cure=f"push it (git push REMOTE {ref}:{branch}), or drop it (git update-ref -d {ref})",
            )
        if below.code not in (0, 1):
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
        cache: Path | None = None,
        deadline_seconds: float = 300.0,
    ) -> None:
        """`home` is the URL of --repo: what the environment knows of passwords is for its host, or the clone's.

        With `cache` what is fetched is kept in that folder for the next run.
        """
        self._environ = environ
        self._clock = clock
        self._base = base
        self._workdir = workdir
        self._cache = cache
        self._deadline_seconds = deadline_seconds
        self._urls: dict[str, RemoteUrl] = {}
        self._stores: dict[str, Store] = {}
        self._archives: dict[Place, Archive] = {}
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._identities: dict[Attribution, Identity] = {}
        self._apps: set[bytes] = set()
        own = [] if home is None else [parse(home, base=base)]
        if workdir is not None and workdir.remote is not None:
            self._urls[workdir.remote.public] = workdir.remote
            own.append(workdir.remote)
        self._hosts = frozenset(remote.host for remote in own)
        homes = frozenset(remote.address for remote in own)
        self._keyring = Keyring(environ=environ, clock=clock, homes=homes, stack=self._open)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not close(): that would not tell a kept store of an error, after which it is not trusted any more.
        self._open.__exit__(kind, error, trace)

    def know(self, hosts: Mapping[str, HostAccess]) -> None:
        """From now on hosts are reached as `hosts` say, by address."""
        self._keyring.know(hosts)

    def source(self, repo: str) -> str:
        """Who gives the credential for `repo`; "" where git finds one by itself, or none is needed."""
        return self._keyring.source(self._url(repo))

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

    def expect(self, apps: Iterable[str]) -> None:
        """Says that these apps are looked for: a folder that is called like one is fetched as a whole."""
        self._apps.update(app.rpartition("/")[2].encode() for app in apps)

    def prefetch(
        self, place: Place, files: Sequence[str], *, environments: Sequence[str] = (), apps: Sequence[str] = ()
    ) -> None:
        """Fetches these files of a branch's root, and by the same request what a command is likely to read next."""
        store = self._store(place.repo, place.branch)
        names = [file.encode() for file in files]
        prefetch(store.objects, store.git, store.need(place.branch).oid, names, environments=environments, apps=apps)

    def refresh(self, place: Place, *, seconds: float | None = None) -> CommitTree | None:
        """The branch as the remote has it now, None where there is none; RemoteUnreachable after `seconds`."""
        return self._store(place.repo, place.branch).refresh(place.branch, seconds=seconds)

    def history(self, place: Place, tip: str) -> History:
        """The history of a branch below `tip`: as the clone has it where that has all of it, else as the remote has."""
        clone = self._workdir
        own = clone is not None and clone.remote is not None and clone.remote.public == place.repo
        if clone is not None and own and is_whole(clone, tip):
            return in_clone(clone)
        with self._lock:
            opening = self._opening.setdefault(f"{place.repo} {place.branch}", threading.Lock())
        with opening:
            if place not in self._archives:
                archive = self._open.enter_context(open_archive(self._reach(place.repo), place.branch))
                self._archives[place] = archive
            return self._archives[place].bring(tip)

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
            access = self._keyring.access(workdir.remote)
            grant = access.grant()
            # In the clone git reads its settings by itself: of their headers none may sign in as somebody else either.
            own = (*grant.own, *workdir.transport_to(workdir.remote))
            there = git.to(workdir.remote, secrets=workdir.secrets, access=access)
            there.output(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--end-of-options",
                workdir.remote.public, ref_of(place.branch),
                config=without_login((), own, workdir.remote) if grant.source else (),
                remote=True,
            )  # fmt: skip
        held = _held(git, ref, tip=tip, branch=place.branch, oid=oid, made=store.git)
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

    def _url(self, repo: str) -> RemoteUrl:
        with self._lock:
            remote = self._urls.get(repo)
        return parse(repo, base=self._base) if remote is None else remote

    def _reach(self, repo: str) -> Git:
        remote = self._url(repo)
        environ = self._environ if remote.host in self._hosts else unasking(self._environ)
        git = Git(environ, deadline_seconds=self._deadline_seconds)
        return self._to(git, remote)

    def _to(self, git: Git, remote: RemoteUrl) -> Git:
        """The same git, which reaches `remote` by the clone's settings and the credential that is for it."""
        access = self._keyring.access(remote)
        if self._workdir is None:
            return git.to(remote, secrets=frozenset(), access=access)
        return git.to(remote, self._workdir.transport_to(remote), secrets=self._workdir.secrets, access=access)

    def _store(self, repo: str, branch: str | None) -> Store:
        if not repo:
            raise GitError("there is no remote", cure="add one, name one by --repo, or use --write-only")
        with self._lock:
            opening = self._opening.setdefault(repo, threading.Lock())
        with opening:
            if repo not in self._stores:
                store = self._open.enter_context(
                    open_store(
                        self._reach(repo),
                        branch=branch,
                        apps=self._apps,
                        cache=self._cache,
                        now=self._clock.now().timestamp(),
                    )
                )
                self._stores[repo] = store
            return self._stores[repo]
