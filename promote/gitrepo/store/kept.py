"""A store that is kept between runs (`--cache-repos`): one a remote, used by one run at a time, never trusted unseen.

Only fetches write into it. A run makes its commits in a store of its own, which borrows these objects; so a run that is
killed leaves nothing here but what a fetch was about to write, and that is cleared away by the next one.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from promote.errors import GitError, ObjectsBroken
from promote.gitrepo.command.failure import NO_ROOM
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.begin import Begun, begin, local
from promote.gitrepo.store.headless import nothing
from promote.gitrepo.store.inspect import Flaw, clear, look_over, mark, marked
from promote.gitrepo.store.listing import listing
from promote.gitrepo.store.scratch import drop

_LOG = logging.getLogger("promote.git")
FOLDER = "repositories-1"
_UNUSED_SECONDS = 60 * 86_400


def _name(where: str) -> str:
    return sha256(where.encode()).hexdigest()[:32]


@contextmanager
def _locked(folder: Path) -> Iterator[int | None]:
    """The open lock of this folder; None where somebody else has it now.

    A run's children that write into the folder hold it too: after a run that was killed they may go on for a while.
    """
    number = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        try:
            # Else another run has removed it, as not used for long, before it was locked.
            is_there = os.path.samestat(os.fstat(number), (folder / "lock").lstat())
            os.utime(number)  # says when it was used last
            yield number if is_there else None
        finally:
            # Closed it would be locked on: a daemon that a credential helper of a fetch has started has it open too.
            fcntl.flock(number, fcntl.LOCK_UN)
    finally:
        os.close(number)


def _sweep(folder: Path, own: Path, now: float) -> None:
    """Removes what no run has used for long."""
    for each in folder.iterdir():
        lock = each / "lock"
        try:
            if each == own or not lock.exists() or now - lock.stat().st_mtime < _UNUSED_SECONDS:
                continue
            with _locked(each) as number:
                if number is not None:
                    _LOG.info("%s was not used for long: removed", each)
                    shutil.rmtree(each)
        except OSError as exc:
            _LOG.info("%s is left: %s", each, exc.strerror)


def _borrowing(folder: Path, source: Path) -> Path:
    """A bare repository of the run's own, which has the objects of another and makes its own beside them."""
    for name in ("objects/info", "objects/pack", "refs/heads"):
        (folder / name).mkdir(parents=True)
    for name in ("config", "HEAD"):
        shutil.copyfile(source / name, folder / name)
    (folder / "objects/info/alternates").write_bytes(os.fsencode(source / "objects") + b"\n")
    return folder


def _reopened(remote: Git, kept: Path, branch: str | None, now: float) -> Begun | None:
    """The store that earlier runs have left, at what the remote has now; None where it cannot be used."""
    store = kept / "store"
    try:
        form, known = look_over(store, remote.where, local(remote, store), now)
        seen = listing(remote.at(store), "HEAD", "refs/heads/*")
    except (Flaw, ObjectsBroken) as exc:
        _LOG.info("%s is made anew: %s", store, exc)
        return None
    if branch is None and "HEAD" not in seen.refs:
        raise nothing(remote.at(store))
    wanted, listed = seen.default if branch is None else branch, seen.heads
    tips: dict[str, str | None] = {}
    # What has moved is fetched when it is asked for; what has not is here.
    if wanted is not None and ((oid := listed.get(wanted)) is None or known.get(wanted) == oid):
        tips[wanted] = oid
    return Begun(store, store, tips, seen.default, form, frozenset(known), listed=listed)


def _begun(remote: Git, kept: Path, branch: str | None, now: float) -> Begun:
    for path in kept.iterdir():
        if path.name != "lock":
            drop(path)
    new = begin(remote, kept / "new", branch)
    mark(kept / "new", form=new.form, now=now)
    (kept / "new").rename(kept / "store")
    return replace(new, source=kept / "store")


def _opened(remote: Git, kept: Path, branch: str | None, now: float) -> Begun:
    """The store, as earlier runs have left it or made anew; OSError and GitError where neither can be had."""
    found: Begun | None = None
    if marked(kept / "store"):
        clear(kept / "store")
        found = _reopened(remote, kept, branch, now)
    return found or _begun(remote, kept, branch, now)


@contextmanager
def keep(cache: Path, remote: Git, folder: Path, branch: str | None, *, now: float) -> Iterator[Begun | None]:
    """The store of `remote` in `cache`, and for what is made in it a new one in `folder`, which must not exist yet.

    None where another run uses it, or where it cannot be kept. RemoteUnreachable, RemoteDenied, GitError as `begin`.
    """
    kept = cache / FOLDER / _name(remote.where)
    begun: Begun | None = None
    with ExitStack() as held:
        try:
            for each in (cache, kept.parent, kept):
                each.mkdir(mode=0o700, exist_ok=True)
            _sweep(kept.parent, kept, now)
            lock = held.enter_context(_locked(kept))
            if lock is not None:
                begun = replace(_opened(replace(remote, lock=lock), kept, branch, now), lock=lock)
            else:
                _LOG.info("%s is in use by another run", kept)
        except OSError as exc:
            _LOG.info("nothing is kept: %s: %s", kept, exc.strerror)
        except GitError as exc:
            if not NO_ROOM.search(exc.what):
                raise
            _LOG.info("nothing is kept: %s: %s", kept, exc.what)
        if begun is None:
            yield None
            return
        try:
            yield replace(begun, folder=_borrowing(folder, begun.source))
        except ObjectsBroken:
            # It may be this store that is at fault, in a way that is not seen from outside.
            if (kept / "store").exists():
                (kept / "store").rename(kept / "distrusted")
            raise
