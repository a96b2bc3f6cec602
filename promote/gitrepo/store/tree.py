"""A commit as a Tree: read from the object store, never checked out, so no attribute or filter touches a byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from promote.gitrepo.store.holdings import Holdings
from promote.gitrepo.store.walk import entries
from promote.tree import NOT_FILES, Entry, Globs, Unread


def files_of(asked: Iterable[Entry]) -> Iterator[str]:
    """The objects that hold the bytes of these entries."""
    return (entry.oid for entry in asked if entry.oid and entry.mode not in NOT_FILES)


def contents(asked: Iterable[Entry], found: Mapping[str, bytes | None]) -> Iterator[tuple[Entry, bytes | Unread]]:
    """Each entry with its bytes of those `found`, where None is too large, or why it has none."""
    for entry in asked:
        if entry.mode in NOT_FILES:
            yield entry, Unread(entry, NOT_FILES[entry.mode])
        elif entry.oid is None:
            yield entry, Unread(entry, "gone")
        else:
            data = found[entry.oid]
            yield entry, Unread(entry, "too large") if data is None else data


@dataclass(frozen=True, slots=True)
class CommitTree:
    """The files of one commit; two of the same commit are equal."""

    oid: str
    objects: Holdings = field(repr=False, compare=False)

    def list(self, globs: Globs) -> Sequence[Entry]:
        return entries(self.objects, self.oid, globs) if globs.roots else []

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        asked = list(entries)
        yield from contents(asked, self.objects.read(files_of(asked)))
