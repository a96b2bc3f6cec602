"""The files of a branch as they were: one tree that goes back commit by commit, and knows what it was asked for.

Nothing is listed twice. What was asked of the newer commit is corrected by what the commit changed; so whoever reads
hundreds of commits lists the files of one, and learns which commits changed nothing that matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from promote.gitrepo.past.objects import Lying, Objects
from promote.gitrepo.store.tree import contents
from promote.tree import NOT_FILES, Entry, Globs, Unread

# So many older contents are taken from the store at once, and held until their time comes.
_AHEAD = 64


def _ending(path: bytes) -> bytes:
    return path.rpartition(b"/")[2].rpartition(b".")[2]


@dataclass(frozen=True, slots=True)
class Turned:
    """One file that a commit changed against its first parent: as it was before and after, None where it was not."""

    path: bytes
    before: Entry | None
    after: Entry | None


class Rewound:
    """The files of `oid`, which `back` sets to an older commit."""

    def __init__(self, oid: str, objects: Objects) -> None:
        self._oid = oid
        self._objects = objects
        # What was asked since the last `begin`, as far as it holds at this commit; and all that was asked before.
        self._asked: dict[Globs, dict[bytes, Entry]] = {}
        self._older: dict[Globs, dict[bytes, Entry]] = {}
        self._blobs: dict[str, bytes | None] = {}
        self._endings: set[bytes] = set()
        self._brought: set[str] = set()
        self._coming: Sequence[tuple[str, Turned]] = ()
        self._passed = 0

    @property
    def oid(self) -> str:
        return self._oid

    def begin(self) -> None:
        """Forgets what was asked before: from here on only what is asked now decides which commits matter."""
        self._asked, self._older = {}, self._asked

    def expect(self, coming: Iterable[tuple[str, Turned]]) -> None:
        """Says what is changed next, and the first parent of each commit that does so.

        What of it matters comes with the next files that have to be fetched.
        """
        self._coming, self._passed = tuple(coming), 0

    def back(self, oid: str, turned: Sequence[Turned]) -> bool:
        """Goes back to `oid`, the first parent, given what the commit changed; whether any of it was asked for."""
        self._oid = oid
        self._passed += len(turned)
        matters = False
        for globs, listed in self._asked.items():
            for change in turned:
                if globs.matches(change.path):
                    matters = True
                    if change.after is not None and change.after.oid is not None:
                        # One that comes again is read again: to keep all would take as much as all of the history.
                        self._blobs.pop(change.after.oid, None)
                    if change.before is None:
                        listed.pop(change.path, None)
                    else:
                        listed[change.path] = change.before
        return matters

    def list(self, globs: Globs) -> Sequence[Entry]:
        if globs not in self._asked:
            known = self._older.get(globs)
            if known is None:
                roots = globs.roots
                found = self._objects.entries(self._oid, roots) if roots else []
                known = {entry.path: entry for entry in found if globs.matches(entry.path)}
            self._asked[globs] = known
        return sorted(self._asked[globs].values(), key=lambda entry: entry.path)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        asked = list(entries)
        self._endings.update(_ending(entry.path) for entry in asked)
        lying = [
            Lying(entry.oid, self._oid, entry.path)
            for entry in asked
            if entry.oid is not None and entry.mode not in NOT_FILES and entry.oid not in self._blobs
        ]
        if lying:
            coming = self._expected()
            new = [file for file in (*lying, *coming) if file.oid not in self._brought]
            self._objects.bring(new)
            self._brought.update(file.oid for file in new)
            self._blobs |= self._objects.read(file.oid for file in (*lying, *coming[:_AHEAD]))
        yield from contents(asked, self._blobs)

    def _expected(self) -> Sequence[Lying]:
        """The older contents of what was asked for, in the commits that come next, the nearest first.

        Of files that end like one that was read: others lie there too, some of them large.
        """
        globs = Globs.union(self._asked)
        found: dict[str, Lying] = {}
        for parent, change in self._coming[self._passed :]:
            before = change.before
            if (
                before is not None
                and before.oid is not None
                and before.oid not in self._blobs
                and before.mode not in NOT_FILES
                and _ending(change.path) in self._endings
                and globs.matches(change.path)
            ):
                found.setdefault(before.oid, Lying(before.oid, parent, change.path))
        return list(found.values())
