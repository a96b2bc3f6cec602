"""A folder of a run's own in the temporary folder; what runs that were killed have left there is removed.

Whether a folder is still in use is told by a lock that its owner holds, never by a process's number: the kernel lets go
of the lock however the owner ends, and numbers are given out again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from promote.errors import GitError

_LOG = logging.getLogger("promote.git")
_PREFIX = "promote-git-"
_OURS = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
_LOCK = "lock"
# A folder is made and then locked. Whoever finds it in between takes it for abandoned: then another one is made.
_TRIES = 100


def _locked(folder: Path) -> int | None:
    """The open lock of a new folder; None where that was taken for an abandoned one meanwhile."""
    try:
        number = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(number), (folder / _LOCK).lstat()):
            return number
    except (BlockingIOError, FileNotFoundError):
        os.close(number)
        return None
    except OSError:
        os.close(number)
        raise
    os.close(number)
    return None


def _made(where: str) -> tuple[Path, int]:
    what, cure = "a temporary folder cannot be made", "set TMPDIR to a folder to write in"
    try:
        for _ in range(_TRIES):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
            what, cure = "a file cannot be locked here", "set TMPDIR to a folder on a disk of this machine"
            lock = _locked(folder)
            if lock is not None:
                return folder, lock
    except OSError as exc:
        raise GitError(f"{what}: {exc.strerror}", where=where, cure=cure) from exc
    raise GitError("temporary folders are removed as they are made", where=where, cure="set TMPDIR to another folder")


def drop(path: Path) -> None:
    """Removes a file, a link, or a folder with all that is in it; OSError where it cannot be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """Removes a folder, its lock last: a removal that is broken off is gone on with by the next run."""
    try:
        for path in folder.iterdir():
            if path.name != _LOCK:
                drop(path)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()
    except FileNotFoundError:
        return  # another run removes it at the same time
    except OSError as exc:
        _LOG.warning("%s is left: %s; remove it by hand", folder, exc.strerror)


def _clear(folder: Path) -> None:
    """Removes a folder that nobody uses; meanwhile nobody else can find that."""
    try:
        number = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        folder.rmdir()  # its owner was killed before it had the lock, or just after it gave it up
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder)
    except BlockingIOError:
        return
    finally:
        os.close(number)


def _sweep(where: str) -> None:
    """Removes the folders of runs of this user that were killed."""
    with os.scandir(where) as found:
        names = [entry.name for entry in found if _OURS.fullmatch(entry.name)]
    for name in names:
        folder = Path(where, name)
        try:
            told = folder.lstat()
            if stat.S_ISDIR(told.st_mode) and told.st_uid == os.geteuid():
                _clear(folder)
        except FileNotFoundError:
            continue  # its owner has ended meanwhile
        except OSError as exc:
            _LOG.warning("%s is left: %s; remove it by hand", folder, exc.strerror)


@contextmanager
def scratch(environ: Mapping[str, str]) -> Iterator[Path]:
    """A new folder below TMPDIR that only this user can read, removed at the end.

    Those of earlier runs that were killed are removed first. GitError where none can be made.
    """
    where = environ.get("TMPDIR") or tempfile.gettempdir()
    folder, lock = _made(where)
    try:
        try:
            _sweep(where)
        except OSError as exc:
            _LOG.warning("%s is not cleared of what killed runs left: %s", where, exc)
        yield folder
    finally:
        try:
            _remove(folder)
        except KeyboardInterrupt:  # it was being removed already
            _remove(folder)
            raise
        finally:
            os.close(lock)
