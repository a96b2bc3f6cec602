"""A folder as a Tree: the working files, without following a symbolic link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.errors import UsageError
from promote.tree import MAX_FILE, Entry, Globs, Unread, show

# Without following links and without blocking: a FIFO or a link put there since the listing is named, not read.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SYMLINK = 0o120000
_SUBMODULE = 0o160000
_PLAIN = 0o100644
# What is read at once behind the size that a file should have: a buffer as large as the cap would cost more than all.
_CHUNK = 1 << 16


def _items(top: bytes, folder: bytes) -> list[os.DirEntry[bytes]]:
    """What stands in a folder; one that went, or became a file, since it was listed has nothing."""
    try:
        return list(os.scandir(os.path.join(top, folder)))
    except (NotADirectoryError, FileNotFoundError) as exc:
        if folder:
            return []
        raise UsageError("there is no such folder", where=show(top), cure="correct its name") from exc
    except OSError as exc:
        what = f"the folder cannot be listed ({exc.strerror})"
        raise UsageError(what, where=show(folder or top), cure="let it be read") from exc


def _content(handle: int, size: int) -> bytes:
    """All that a file holds, and no more than one byte above the cap; `size` is what it should be."""
    data = os.read(handle, size + 1)
    if len(data) == size and size:
        return data  # one byte more was asked for: this is the end
    while len(data) <= MAX_FILE and (more := os.read(handle, _CHUNK)):
        data += more
    return data


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below `root`; a symbolic link is an entry of its own, never followed; in a clone, so is a submodule.

    Every other file is a plain one to Git: nothing is committed from here, and to ask whether each may be executed
    would be a third of the listing.
    """

    root: Path

    @property
    def oid(self) -> str | None:
        return None

    def list(self, globs: Globs) -> Sequence[Entry]:
        top = os.fsencode(self.root)
        found: dict[bytes, int] = {}
        waiting = [b""]
        in_clone = False
        while waiting:
            folder = waiting.pop()
            items = _items(top, folder)
            if any(item.name == b".git" for item in items):
                if not folder:
                    in_clone = True
                elif in_clone:
                    # Another repository's files: a submodule, or a clone within the clone.
                    if globs.matches(folder):
                        found[folder] = _SUBMODULE
                    continue
            for item in items:
                path = folder + b"/" + item.name if folder else item.name
                if item.name == b".git":
                    continue
                if item.is_dir(follow_symlinks=False):
                    if globs.may_hold(path):
                        waiting.append(path)
                    continue
                if globs.matches(path):
                    found[path] = _SYMLINK if item.is_symlink() else _PLAIN
        return [Entry(path, found[path], None) for path in sorted(found)]

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        top = os.fsencode(self.root)
        for entry in entries:
            yield entry, self._read(top, entry)

    @staticmethod
    def _read(top: bytes, entry: Entry) -> bytes | Unread:
        try:
            handle = os.open(top + b"/" + entry.path, _FLAGS)
        except FileNotFoundError:
            return Unread(entry, "gone")
        except OSError:
            is_link = os.path.islink(os.path.join(top, entry.path))
            return Unread(entry, "symlink" if is_link else "not readable")
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return Unread(entry, "not a file")
            if status.st_size > MAX_FILE:
                return Unread(entry, "too large")
            return _content(handle, status.st_size)
        finally:
            os.close(handle)
