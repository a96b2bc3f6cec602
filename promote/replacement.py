"""A file made whole beside the one that it is to replace; what a killed run left at its place is cleared away.

The name is always the same, so what is left does not pile up. A lock that its maker holds tells whether it is in use.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from promote.errors import Refused
from promote.tree import show

_SUFFIX = ".promote-new"


def _is_named(number: int, made: Path) -> bool:
    """Whether `made` is the name of the open file, and of no other by now."""
    try:
        return os.path.samestat(os.fstat(number), made.lstat())
    except FileNotFoundError:
        return False


def _taken(path: Path) -> Refused:
    return Refused("another run is just writing this file", where=show(os.fsencode(path)), cure="run again")


def _lock(number: int, path: Path) -> None:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise _taken(path) from exc


def _cleared(made: Path, path: Path) -> None:
    """Removes what a run that was killed has left; Refused where its maker is alive."""
    try:
        number = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _lock(number, path)
        if _is_named(number, made):
            made.unlink()
    finally:
        os.close(number)


def _dropped(number: int, made: Path) -> None:
    if _is_named(number, made):
        made.unlink()
    os.close(number)


def beside(path: Path, data: bytes, mode: int, staged: ExitStack) -> Path:
    """A file beside `path` with these bytes and this mode, removed by `staged` unless it is moved.

    Refused where another run is making one for the same place; OSError where it cannot be made.
    """
    made = path.with_name(f".{path.name}{_SUFFIX}")
    _cleared(made, path)
    try:
        number = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as exc:
        raise _taken(path) from exc
    staged.callback(_dropped, number, made)
    _lock(number, path)
    if not _is_named(number, made):  # taken for a leftover before it was locked
        raise _taken(path)
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]
    os.fsync(number)
    os.fchmod(number, mode)
    return made
