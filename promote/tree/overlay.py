"""A Tree as it would be with some files changed or created: nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.tree import Entry, Globs, Tree, Unread

_PLAIN = 0o100644


@dataclass(frozen=True, slots=True)
class Overlay:
    """`tree` with `changes` over it: a file that it has says these bytes instead, one that it lacks is there too."""

    tree: Tree
    changes: Mapping[bytes, bytes]

    @property
    def oid(self) -> str | None:
        return self.tree.oid

    def list(self, globs: Globs) -> Sequence[Entry]:
        listed = self.tree.list(globs)
        here = {entry.path for entry in listed}
        created = [Entry(path, _PLAIN, None) for path in self.changes if path not in here and globs.matches(path)]
        return sorted((*listed, *created), key=lambda entry: entry.path)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        asked = list(entries)
        # One batch, in the order given: what is answered here is left out of what the tree is asked.
        found = self.tree.read([entry for entry in asked if entry.path not in self.changes])
        for entry in asked:
            if entry.path in self.changes:
                yield entry, self.changes[entry.path]
            else:
                yield next(found)
