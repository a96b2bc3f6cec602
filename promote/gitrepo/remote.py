"""The remotes of a run: opened when first asked for, kept to its end, written by compare-and-swap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from promote.clock import Clock
from promote.errors import UsageError
from promote.gitrepo.clone.leave import bring, leave
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.credentials.settings import HostAccess
from promote.gitrepo.heads import Head
from promote.gitrepo.opened import Opened
from promote.gitrepo.past.archive import in_clone, is_whole
from promote.gitrepo.past.branch_history import History
from promote.gitrepo.reach import Reach
from promote.gitrepo.store.prefetch import prefetch
from promote.gitrepo.store.store import Store
from promote.gitrepo.store.tree import CommitTree
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
        self._workdir = workdir
        self._stack = ExitStack()
        self._reach = Reach(
            environ=environ,
            clock=clock,
            base=base,
            workdir=workdir,
            home=home,
            deadline_seconds=deadline_seconds,
            stack=self._stack,
        )
        self._opened = Opened(reach=self._reach.git, clock=clock, cache=cache, stack=self._stack)
        self._sent: dict[Place, str] = {}
        self._identities: dict[Attribution, Identity] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not close(): that would not tell a kept store of an error, after which it is not trusted any more.
        self._stack.__exit__(kind, error, trace)

    def know(self, hosts: Mapping[str, HostAccess]) -> None:
        """From now on hosts are reached as `hosts` say, by address."""
        self._reach.keyring.know(hosts)

    def source(self, repo: str) -> str:
        """Who gives the credential for `repo`; "" where git finds one by itself, or none is needed."""
        return self._reach.keyring.source(self._reach.url(repo))

    def api_token(self, repo: str) -> tuple[Callable[[], str], str] | None:
        """What was given for Git at `repo` and would do at its forge's API, with its source; None where nothing was."""
        return self._reach.keyring.api_token(self._reach.url(repo))

    def add(self, url: str) -> str:
        """The public form of `url`, which is a Place's `repo`; a credential in it is kept for this remote alone."""
        return self._reach.add(url)

    def default_branch(self, repo: str) -> str:
        """The branch that the remote's HEAD names; HeadAbsent where it is not there."""
        return self._opened.store(repo, None).default_branch

    def need(self, place: Place) -> CommitTree:
        """The branch as this run last saw it, fetched if it never did; GitError where there is no such branch."""
        return self._store(place).need(place.branch)

    def expect(self, apps: Iterable[str]) -> None:
        """Says that these apps are looked for: a folder that is called like one is fetched as a whole."""
        self._opened.expect(apps)

    def prefetch(
        self, place: Place, files: Sequence[str], *, environments: Sequence[str] = (), apps: Sequence[str] = ()
    ) -> None:
        """Fetches these files of a branch's root, and by the same request what a command is likely to read next."""
        store = self._store(place)
        names = [file.encode() for file in files]
        prefetch(store.objects, store.git, store.need(place.branch).oid, names, environments=environments, apps=apps)

    def until(self, moment: float) -> AbstractContextManager[None]:
        """Meanwhile no remote is waited for beyond `moment` of the clock: then it is RemoteUnreachable, a push Unclear.

        A few seconds are left for what begins later.
        """
        return self._reach.patience.until(moment)

    @property
    def left(self) -> float:
        """For how many seconds a remote may be talked to now; without an end outside of `until`."""
        return self._reach.patience.left

    def refresh(self, place: Place) -> CommitTree | None:
        """The branch as the remote has it now, None where there is none."""
        return self._store(place).refresh(place.branch)

    def history(self, place: Place, tip: str) -> History:
        """The history of a branch below `tip`: as the clone has it where that has all of it, else as the remote has."""
        clone = self._workdir
        own = clone is not None and clone.remote is not None and clone.remote.public == place.repo
        if clone is not None and own and is_whole(clone, tip):
            return in_clone(clone)
        return self._opened.history(place, tip)

    def proposed(self, place: Place) -> Head | None:
        """What stands on a promotion branch, None where there is none; asked of the remote once until `forget`."""
        return self._opened.head(place)

    def drop(self, place: Place, expected: str) -> None:
        """Removes a promotion branch if it is still at `expected`."""
        drop(self._store(place), place.branch, expected)

    def sent(self, place: Place) -> str | None:
        """The commit that this run last sent to a branch, whether or not that is known to have arrived."""
        return self._sent.get(place)

    def note(self, place: Place, oid: str) -> None:
        """Notes that a commit was sent to a branch by another way."""
        self._sent[place] = oid

    def forget(self) -> None:
        """What stands on promotion branches is asked of their remotes anew."""
        self._opened.forget()

    def arrived(self, place: Place) -> str | None:
        """The commit that this run sent, whose answer was lost, and that the branch's last known tip holds after all.

        To be asked after each refresh: a push that was given up on may still land while the next one is under way.
        """
        return self._store(place).arrived(place.branch)

    def lost(self, place: Place, oid: str) -> None:
        """Notes that it is not known whether the branch holds a commit that was sent by another way.

        "" where its name is not known either.
        """
        self._store(place).lost(place.branch, oid)

    def made_on(self, place: Place, parent: str, message: str) -> str | None:
        """The commit on `parent`, once the branch's tip, with this message that the last known tip holds."""
        return self._store(place).made_on(place.branch, parent, message)

    def commit(
        self, place: Place, *, parent: str, files: Sequence[FileChange], message: str, said: Attribution = UNSAID
    ) -> str:
        """The OID of a new commit, a child of `parent`, which is on no branch yet."""
        store = self._store(place)
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
        return push(self._store(place), place.branch, oid, expected)

    def rehearse(self, place: Place) -> None:
        """PushRejected or RemoteUnreachable where a push would not even be let in; nothing is sent."""
        rehearse(self._store(place), place.branch)

    def keep(self, place: Place, oid: str, *, base: Place | None = None) -> str:
        """The ref of the user's clone where `oid` now is, pushed nowhere (SEMANTICS 11.4).

        `base` is what it stands on, where that is not `place` itself. GitError where that ref holds a commit that the
        branch does not have yet: it would be lost.
        """
        workdir = self._workdir
        if workdir is None or workdir.remote is None or workdir.remote.public != place.repo:
            raise UsageError("there is no clone to leave the commit in", where=place.repo, cure="clone it, or push")
        store = self._store(place)
        # Not the parent of `oid`: that may be one more commit of this run, which the clone does not have either.
        tip = store.need((base or place).branch).oid
        if not workdir.git.has_commit(tip):
            access = self._reach.keyring.access(workdir.remote)
            bring(workdir, workdir.remote, (base or place).branch, access, self._reach.patience)
        return leave(store.git, workdir.git, oid, branch=place.branch, tip=tip)

    def _who(self, store: Store, said: Attribution) -> Identity:
        with self._lock:
            if said not in self._identities:
                git = store.git if self._workdir is None else self._workdir.git
                self._identities[said] = identity(git, self._environ, said)
            return self._identities[said]

    def _store(self, place: Place) -> Store:
        return self._opened.store(place.repo, place.branch)
