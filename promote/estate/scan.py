"""One pass over a tree for all environments and apps of a run: what its files say of wanted images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promote.estate.aims import Aims
from promote.sites.finders import is_scanned, read_file
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.tree import Entry, Globs, Tree, Unread, WhyUnread

Found = tuple[Fragment | Barred, ...]
_NO_FILES: dict[int, WhyUnread] = {0o120000: "symlink", 0o160000: "submodule"}


@dataclass(frozen=True)
class Scan:
    """What was listed, what was read, what could not be, and what was found, by path."""

    tree: Tree
    wanted: Wanted
    entries: Mapping[bytes, Entry]
    streams: dict[bytes, Stream]
    found: dict[bytes, Found]
    unread: tuple[Unread, ...]

    def parse_more(self, paths: Iterable[bytes]) -> None:
        """Read files that the screen had passed over: overlays name no image (SEMANTICS 2.3)."""
        missing = [self.entries[path] for path in sorted(paths) if path not in self.streams and path in self.entries]
        for entry, data in self.tree.read(missing):
            if isinstance(data, bytes):
                _take(self, entry, data, ())


def _take(scan: Scan, entry: Entry, data: bytes, aims: Sequence[Aim]) -> None:
    stream, found = read_file(entry.path, data, scan.wanted, aims)
    if stream is not None:
        scan.streams[entry.path] = stream
    if found:
        scan.found[entry.path] = found


def _hides(entry: Entry) -> bool:
    """Whether files may be missed behind this: a link or a submodule that stands where a folder could."""
    return entry.mode in _NO_FILES and b"." not in entry.path.rpartition(b"/")[2].lstrip(b".")


def scan(tree: Tree, globs: Globs, wanted: Wanted, aims: Aims) -> Scan:
    """All that `globs` and the targets' files say; most files are screened by their bytes and never parsed."""
    listed = tree.list(Globs.union((globs, aims.listing)))
    mine = {entry.path: aims.at(entry.path) for entry in listed}
    entries = {
        entry.path: entry
        for entry in listed
        if mine[entry.path] or (is_scanned(entry.path) and globs.matches(entry.path))
    }
    out = Scan(tree, wanted, entries, {}, {}, ())
    unread = [
        Unread(entry, _NO_FILES[entry.mode]) for entry in listed if entry.path not in entries and _hides(entry)
    ]
    for entry, data in tree.read(entries.values()):
        if isinstance(data, Unread):
            unread.append(data)
        elif mine[entry.path] or wanted.may_name(data):
            _take(out, entry, data, mine[entry.path])
    return Scan(tree, wanted, entries, out.streams, out.found, tuple(unread))
