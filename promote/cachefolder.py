"""Where the cache lies, if it may lie there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path


def cache_folder(log: Callable[[str], None]) -> Path | None:
    """The folder of the cache, made if need be, which nobody else can read; None where there can be none.

    It is made only below a folder of ours or of root: in a home that is another user's, as with sudo, it would be in
    that user's way.
    """
    from platformdirs import user_cache_path

    folder = user_cache_path("promote")
    if not folder.is_absolute():
        log(f"no cache: {folder} is no absolute path")
        return None
    try:
        above = next(each for each in folder.parents if each.exists())
        if above.stat().st_uid not in (os.geteuid(), 0):
            log(f"no cache: {above} is another user's")
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            log(f"no cache: {folder} is no folder of ours")
            return None
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        log(f"no cache: {folder}: {error.strerror}")
        return None
    return folder
