"""Ordinary files, read without waiting: a pipe that nobody writes to, named where a file belongs, would hang a run."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _NotOrdinaryError(OSError):
    pass


def _not_ordinary(mode: int) -> OSError:
    if stat.S_ISDIR(mode):
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    what = "a pipe" if stat.S_ISFIFO(mode) else "a device"
    return _NotOrdinaryError(errno.EINVAL, f"it is {what}, and no ordinary file")


def read_ordinary(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file, links followed; OSError where it cannot be read, or is no ordinary file."""
    handle = os.open(path, _FLAGS)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise _not_ordinary(mode)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(handle)
