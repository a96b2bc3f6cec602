"""One pass over a tree for all environments and apps of a run: what its files say of wanted images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promote.sites.finders import is_scanned, read_file
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.tree import Entry, Globs, Tree, Unread

Found = tuple[Fragment | Barred, ...]


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


def scan(tree: Tree, globs: Globs, wanted: Wanted, aims: Sequence[Aim]) -> Scan:
    """All that `globs` and the targets' files say; most files are screened by their bytes and never parsed."""
    aimed = Globs.union(aim.files for aim in aims)
    listed = tree.list(Globs.union((globs, aimed)))
    entries = {entry.path: entry for entry in listed if is_scanned(entry.path) or aimed.matches(entry.path)}
    unread: list[Unread] = []
    out = Scan(tree, wanted, entries, {}, {}, ())
    # A link to a folder has no YAML ending; it is told all the same, since files may be missed behind it.
    unread += [Unread(entry, "symlink") for entry in listed if entry.path not in entries and entry.mode == 0o120000]
    for entry, data in tree.read(entries.values()):
        if isinstance(data, Unread):
            unread.append(data)
            continue
        mine = [aim for aim in aims if aim.files.matches(entry.path)]
        if mine or wanted.may_name(data):
            _take(out, entry, data, mine)
    return Scan(tree, wanted, entries, out.streams, out.found, tuple(unread))
