"""A folder as a Tree: the working files, without following a symbolic link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from promote.errors import UsageError
from promote.tree import MAX_FILE, Entry, Globs, Unread, show

_SYMLINK = 0o120000


def _git_mode(item: os.DirEntry[bytes]) -> int | None:
    """The mode that Git would give it; None for what went since it was listed."""
    if item.is_symlink():
        return _SYMLINK
    with suppress(FileNotFoundError):
        return 0o100755 if item.stat(follow_symlinks=False).st_mode & 0o100 else 0o100644
    return None


def _items(top: bytes, folder: bytes) -> list[os.DirEntry[bytes]]:
    """What stands in a folder; one that went, or became a file, since it was listed has nothing."""
    try:
        return list(os.scandir(os.path.join(top, folder)))
    except (NotADirectoryError, FileNotFoundError) as exc:
        if folder:
            return []
        raise UsageError("there is no such folder", where=show(top)) from exc
    except OSError as exc:
        raise UsageError(f"the folder cannot be listed ({exc.strerror})", where=show(folder or top)) from exc


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below `root`; a symbolic link is an entry of its own, never followed."""

    root: Path

    @property
    def oid(self) -> str | None:
        return None

    def list(self, globs: Globs) -> Sequence[Entry]:
        top = os.fsencode(self.root)
        found: list[Entry] = []
        waiting = [b""]
        while waiting:
            folder = waiting.pop()
            for item in _items(top, folder):
                path = folder + b"/" + item.name if folder else item.name
                if item.name == b".git":
                    continue
                if item.is_dir(follow_symlinks=False):
                    if globs.may_hold(path):
                        waiting.append(path)
                    continue
                mode = _git_mode(item) if globs.matches(path) else None
                if mode is not None:
                    found.append(Entry(path, mode, None))
        return sorted(found, key=lambda entry: entry.path)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        top = os.fsencode(self.root)
        for entry in entries:
            yield entry, self._read(top, entry)

    @staticmethod
    def _read(top: bytes, entry: Entry) -> bytes | Unread:
        # Without following links and without blocking: a FIFO or a link put there since the listing is named, not read.
        try:
            handle = os.open(os.path.join(top, entry.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return Unread(entry, "gone")
        except OSError:
            is_link = os.path.islink(os.path.join(top, entry.path))
            return Unread(entry, "symlink" if is_link else "not readable")
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            return Unread(entry, "not a file")
        with open(handle, "rb") as file:
            if status.st_size > MAX_FILE:
                return Unread(entry, "too large")
            return file.read(MAX_FILE + 1)
