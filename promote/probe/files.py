"""The repository's files at hand for commands: those of the default branch, as they would be checked out.

What could lead a command's reads and writes out of the folder, or what git would take for settings, is left out.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from promote.errors import Refused
from promote.tree import Entry, Globs, Tree, Unread, show

_LOG = logging.getLogger("promote.probe")
_SYMLINK = 0o120000
_PLAIN = 0o100644
_RUNS = 0o100755
_BATCH = 2000  # files in memory at a time


class Files:
    """The files of `tree`, written to the folder of `scratch` when they are first wanted, once.

    Where they are working files anyway, `folder` is where, and they are used in place.
    """

    def __init__(
        self, tree: Callable[[], Tree], scratch: Callable[[], AbstractContextManager[Path]], folder: Path | None = None
    ) -> None:
        self._tree = tree
        self._new = scratch
        self._folder = folder
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._scratch: Path | None = None

    def room(self, name: str) -> Path:
        """A new, empty folder; `name` begins its name."""
        with self._lock:
            return self._room(name)

    def _room(self, name: str) -> Path:
        if self._scratch is None:
            self._scratch = self._open.enter_context(self._new())
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._scratch))

    def close(self) -> None:
        """Remove all that was written."""
        self._open.close()

    def at_hand(self) -> Path:
        """The folder that holds them all."""
        with self._lock:
            if self._folder is None:
                tree, folder = self._tree(), self._room("files")
                export(tree, folder)
                self._folder = folder
            return self._folder

    def read(self, path: str) -> bytes:
        """The bytes of one file; Refused where there is none."""
        tree = self._tree()
        for entry, data in tree.read(tree.list(Globs((path,)))):
            if entry.path == os.fsencode(path):
                if isinstance(data, Unread):
                    raise Refused(f"cannot be read: {data.why}", where=path, cure="make it a plain file")
                return data
        raise Refused("there is no such file in the repository", where=path, cure="commit it to the default branch")


def _is_fit(path: bytes) -> bool:
    return all(part not in (b"", b".", b"..") and part.lower() != b".git" for part in path.split(b"/"))


def _write(folder: Path, entry: Entry, data: bytes) -> None:
    path = folder / os.fsdecode(entry.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o700 if entry.mode == _RUNS else 0o600), "wb") as file:
        file.write(data)


def _link(folder: Path, entry: Entry, target: bytes) -> Path | None:
    path = folder / os.fsdecode(entry.path)
    # Never through another link.
    if any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(folder)):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.fsdecode(target))
    return path


def _contents(tree: Tree, entries: list[Entry]) -> Iterable[tuple[Entry, bytes | Unread]]:
    for start in range(0, len(entries), _BATCH):
        yield from tree.read(entries[start : start + _BATCH])


def _leaves(folder: Path, link: Path) -> bool:
    return not Path(os.path.realpath(link)).is_relative_to(folder)


def export(tree: Tree, folder: Path) -> None:
    """All files of `tree` in `folder`, which is empty; what is left out is logged. Refused where they have no room."""
    folder = folder.resolve()
    entries = list(tree.list(Globs(("**",))))
    unfit = [entry for entry in entries if not _is_fit(entry.path)]
    left_out = [(entry.path, "is no path of a file") for entry in unfit]
    fit = [entry for entry in entries if _is_fit(entry.path)]
    links: list[Path] = []
    try:
        for entry, data in _contents(tree, [entry for entry in fit if entry.mode != _SYMLINK]):
            if isinstance(data, Unread):
                left_out.append((entry.path, data.why))
            else:
                _write(folder, entry, data)
        # What a link holds is where it leads.
        held = [replace(entry, mode=_PLAIN) for entry in fit if entry.mode == _SYMLINK]
        for entry, data in _contents(tree, held):
            link = None if isinstance(data, Unread) else _link(folder, entry, data)
            if link is None:
                left_out.append((entry.path, "is a link that cannot be made"))
            else:
                links.append(link)
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "a name in it is none of a file"
        cure = "see that there is room, and that $TMPDIR may be written"
        raise Refused(f"the repository's files cannot be written here: {why}", where=str(folder), cure=cure) from exc
    # A link may lead out through another one, which is then gone: looked at until all that are left stay inside.
    while leaving := [link for link in links if _leaves(folder, link)]:
        for link in leaving:
            link.unlink()
            links.remove(link)
            left_out.append((os.fsencode(link.relative_to(folder)), "is a link that leads out of the repository"))
    for path, why in left_out:
        _LOG.info("%s is not at hand for commands: %s", show(path), why)
