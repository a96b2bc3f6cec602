"""A commit as a Tree: read from the object store, never checked out, so no attribute or filter touches a byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from promote.gitrepo.past.objects import contents, files_of
from promote.gitrepo.store.holdings import Holdings
from promote.gitrepo.store.walk import entries
from promote.tree import Entry, Globs, Unread


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
