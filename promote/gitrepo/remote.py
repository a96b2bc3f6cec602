"""The remotes of a run: opened when first asked for, kept to its end, written by compare-and-swap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from promote.clock import Clock
from promote.errors import GitError, UsageError
from promote.gitrepo.clone.leave import bring, has_commit, leave
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.environment import unasking
from promote.gitrepo.command.git import Git
from promote.gitrepo.command.patience import Patience
from promote.gitrepo.credentials.keyring import Keyring
from promote.gitrepo.credentials.settings import HostAccess
from promote.gitrepo.heads import Head, Heads, open_heads
from promote.gitrepo.past.archive import Archive, in_clone, is_whole, open_archive
from promote.gitrepo.past.branch_history import History
from promote.gitrepo.store.prefetch import prefetch
from promote.gitrepo.store.store import Store, open_store
from promote.gitrepo.store.tree import CommitTree
from promote.gitrepo.url import RemoteUrl, parse
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.identity import UNSAID, Attribution, Identity, identity
from promote.gitrepo.write.push import drop, push, rehearse
from promote.outcome import Beaten, Landed, Unclear
from promote.place import Place
from promote.text.edit import FileChange


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
        self._patience = Patience(clock)
        self._urls: dict[str, RemoteUrl] = {}
        self._stores: dict[str, Store] = {}
        self._archives: dict[Place, Archive] = {}
        self._heads: dict[str, Heads] = {}
        self._sent: dict[Place, str] = {}
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._identities: dict[Attribution, Identity] = {}
        self._apps: set[bytes] = set()
        own = [] if home is None else [parse(home, base=base)]
        if workdir is not None and workdir.remote is not None:
            self._urls[workdir.remote.public] = workdir.remote
            own.append(workdir.remote)
        # With their ports: what listens on another one is another server, and may be another's.
        self._homes = frozenset(remote.address for remote in own)
        self._keyring = Keyring(environ=environ, clock=clock, homes=self._homes, stack=self._open)

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

    def api_token(self, repo: str) -> tuple[Callable[[], str], str] | None:
        """What was given for Git at `repo` and would do at its forge's API, with its source; None where nothing was."""
        return self._keyring.api_token(self._url(repo))

    def add(self, url: str) -> str:
        """The public form of `url`, which is a Place's `repo`; a credential in it is kept for this remote alone."""
        remote = parse(url, base=self._base)
        with self._lock:
            known = self._urls.get(remote.public)
            if known is None or remote.password is not None:
                self._urls[remote.public] = remote
        return remote.public

    def default_branch(self, repo: str) -> str:
        """The branch that the remote's HEAD names; HeadAbsent where it is not there."""
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

    def until(self, moment: float) -> AbstractContextManager[None]:
        """Meanwhile no remote is waited for beyond `moment` of the clock: then it is RemoteUnreachable, a push Unclear.

        A few seconds are left for what begins later.
        """
        return self._patience.until(moment)

    @property
    def left(self) -> float:
        """For how many seconds a remote may be talked to now; without an end outside of `until`."""
        return self._patience.left

    def refresh(self, place: Place) -> CommitTree | None:
        """The branch as the remote has it now, None where there is none."""
        return self._store(place.repo, place.branch).refresh(place.branch)

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

    def proposed(self, place: Place) -> Head | None:
        """What stands on a promotion branch, None where there is none; asked of the remote once until `forget`."""
        with self._lock:
            opening = self._opening.setdefault(f"{place.repo} heads", threading.Lock())
        with opening:
            if place.repo not in self._heads:
                self._heads[place.repo] = self._open.enter_context(open_heads(self._reach(place.repo)))
            return self._heads[place.repo].get(place.branch)

    def drop(self, place: Place, expected: str) -> None:
        """Removes a promotion branch if it is still at `expected`."""
        drop(self._store(place.repo, place.branch), place.branch, expected)

    def sent(self, place: Place) -> str | None:
        """The commit that this run last sent to a branch, whether or not that is known to have arrived."""
        return self._sent.get(place)

    def note(self, place: Place, oid: str) -> None:
        """Notes that a commit was sent to a branch by another way."""
        self._sent[place] = oid

    def forget(self) -> None:
        """What stands on promotion branches is asked of their remotes anew."""
        for heads in self._heads.values():
            heads.forget()

    def arrived(self, place: Place) -> str | None:
        """The commit that this run sent, whose answer was lost, and that the branch's last known tip holds after all.

        To be asked after each refresh: a push that was given up on may still land while the next one is under way.
        """
        return self._store(place.repo, place.branch).arrived(place.branch)

    def lost(self, place: Place, oid: str) -> None:
        """Notes that it is not known whether the branch holds a commit that was sent by another way.

        "" where its name is not known either.
        """
        self._store(place.repo, place.branch).lost(place.branch, oid)

    def made_on(self, place: Place, parent: str, message: str) -> str | None:
        """The commit on `parent`, once the branch's tip, with this message that the last known tip holds."""
        return self._store(place.repo, place.branch).made_on(place.branch, parent, message)

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
    ) -> Landed | Beaten | Unclear:
        """Commits `files` on `parent` and sets the branch to it, if that is still at `expected` (None: not there)."""
        oid = self.commit(place, parent=parent, files=files, message=message, said=said)
        self._sent[place] = oid
        return push(self._store(place.repo, place.branch), place.branch, oid, expected)

    def rehearse(self, place: Place) -> None:
        """PushRejected or RemoteUnreachable where a push would not even be let in; nothing is sent."""
        rehearse(self._store(place.repo, place.branch), place.branch)

    def keep(self, place: Place, oid: str, *, base: Place | None = None) -> str:
        """The ref of the user's clone where `oid` now is, pushed nowhere (SEMANTICS 11.4).

        `base` is what it stands on, where that is not `place` itself. GitError where that ref holds a commit that the
        branch does not have yet: it would be lost.
        """
        workdir = self._workdir
        if workdir is None or workdir.remote is None or workdir.remote.public != place.repo:
            raise UsageError("there is no clone to leave the commit in", where=place.repo, cure="clone it, or push")
        store = self._store(place.repo, place.branch)
        # Not the parent of `oid`: that may be one more commit of this run, which the clone does not have either.
        tip = store.need((base or place).branch).oid
        if not has_commit(workdir.git, tip):
            access = self._keyring.access(workdir.remote)
            bring(workdir, workdir.remote, (base or place).branch, access, self._patience)
        return leave(store.git, workdir.git, oid, branch=place.branch, tip=tip)

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
        environ = self._environ if remote.address in self._homes else unasking(self._environ)
        git = Git(environ, deadline_seconds=self._deadline_seconds, patience=self._patience)
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
