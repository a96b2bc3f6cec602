"""A folder in memory, for what nobody keeps: on a disk, git and SQLite wait for it at each write."""

from __future__ import annotations

import os
from pathlib import Path

_MEMORY = Path("/dev/shm")
# What a whole run has at one time is far less; a container may be given 64 MB in all.
_ROOM = 1 << 30


def in_memory() -> Path | None:
    """The folder; None where there is none, where it is too small, or where no program can be started from it."""
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    told = os.statvfs(_MEMORY)
    is_usable = told.f_bavail * told.f_frsize >= _ROOM and not told.f_flag & os.ST_NOEXEC
    return _MEMORY if is_usable else None
