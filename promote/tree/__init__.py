"""The files of one revision, read only: a folder here, a commit in `gitrepo.tree`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from promote.tree.glob import Globs

__all__ = ["MAX_FILE", "NOT_FILES", "Entry", "Globs", "Tree", "Unread", "WhyUnread", "show"]

# Larger than any manifest: what is above is named as unread, never loaded.
MAX_FILE = 16 << 20

WhyUnread = Literal["too large", "symlink", "submodule", "not a file", "gone", "not readable", "not checked out"]
# Modes of Git whose objects are no file's bytes.
NOT_FILES: Mapping[int, WhyUnread] = {0o120000: "symlink", 0o160000: "submodule"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path from the root as Git has it (bytes, `/`), its Git mode, and its object where it has one."""

    path: bytes
    mode: int
    oid: str | None


@dataclass(frozen=True, slots=True)
class Unread:
    entry: Entry
    why: WhyUnread


class Tree(Protocol):
    @property
    def oid(self) -> str | None:
        """The commit, or None for a folder."""
        ...

    def list(self, globs: Globs) -> Sequence[Entry]:
        """Every entry that `globs` takes, sorted by path; only the folders on the way are looked into."""
        ...

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        """Each entry with its bytes, or why it has none, in the order given: one batch however many there are."""
        ...


def show(path: bytes) -> str:
    """`path` for a message: control characters and what is not UTF-8 are escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
