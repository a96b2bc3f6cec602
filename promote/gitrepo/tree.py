"""A commit as a Tree: read from the object store, never checked out, so no attribute or filter touches a byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from promote.gitrepo.objects import Objects
from promote.tree import Entry, Globs, Unread, WhyUnread

_NOT_FILES: dict[int, WhyUnread] = {0o120000: "symlink", 0o160000: "submodule"}


@dataclass(frozen=True, slots=True)
class CommitTree:
    """The files of one commit; two of the same commit are equal."""

    oid: str
    objects: Objects = field(repr=False, compare=False)

    def list(self, globs: Globs) -> Sequence[Entry]:
        if not globs.roots:
            return []
        return [entry for entry in self.objects.entries(self.oid, globs.roots) if globs.matches(entry.path)]

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        asked = list(entries)
        found = self.objects.read(entry.oid for entry in asked if entry.oid and entry.mode not in _NOT_FILES)
        for entry in asked:
            if entry.mode in _NOT_FILES:
                yield entry, Unread(entry, _NOT_FILES[entry.mode])
            elif entry.oid is None:
                yield entry, Unread(entry, "gone")
            else:
                data = found[entry.oid]
                yield entry, Unread(entry, "too large") if data is None else data

    def prefetch(self, words: Sequence[str], limit: int) -> bool:
        """Lets the next read that needs the remote bring the YAML files too whose paths name all of these words.

        A word is a whole folder, or what a file is called before its ending, or the last part of that behind a dash.
        Nothing is brought where they are more than `limit`; says whether something will be.
        """
        wanted = self.objects.named(self.oid, words)
        if not 0 < len(wanted) <= limit:
            return False
        self.objects.hint(wanted)
        return True
