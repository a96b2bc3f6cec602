"""One pass over a tree for all environments and apps of a run: what its files say of wanted images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.estate.aims import Aims
from promote.estate.charted import Found, Sources, add_sources, lock, resolved
from promote.estate.generated import attribute_files, generated, is_attributes
from promote.sites.finders import is_scanned, read_file
from promote.sites.marker import Hit
from promote.sites.pattern import Text
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.tree import Entry, Globs, Tree, Unread, WhyUnread

_NO_FILES: dict[int, WhyUnread] = {0o120000: "symlink", 0o160000: "submodule"}


@dataclass(frozen=True)
class Scan:
    """What was listed, what was read, what could not be, and what was found, by path."""

    tree: Tree
    wanted: Wanted
    entries: Mapping[bytes, Entry]
    streams: dict[bytes, Text]
    found: dict[bytes, Found]
    unread: tuple[Unread, ...]
    sources: Sources = field(default_factory=dict)

    def parse_more(self, paths: Iterable[bytes]) -> None:
        """Read files that the screen had passed over: overlays name no image (SEMANTICS 2.3)."""
        missing = [self.entries[path] for path in sorted(paths) if path not in self.streams and path in self.entries]
        for entry, data in self.tree.read(missing):
            found = _take(self, entry, data, ()) if isinstance(data, bytes) else ()
            if found:
                self.found[entry.path] = resolved(found, self.sources, self.wanted)


def _take(scan: Scan, entry: Entry, data: bytes, aims: Sequence[Aim]) -> tuple[Hit, ...]:
    stream, found = read_file(entry.path, data, scan.wanted, aims)
    if stream is not None:
        scan.streams[entry.path] = stream
    if isinstance(stream, Stream):
        add_sources(scan.sources, stream)
    return found


def _hides(entry: Entry) -> bool:
    """Whether files may be missed behind this: a link or a submodule that stands where a folder could."""
    return entry.mode in _NO_FILES and b"." not in entry.path.rpartition(b"/")[2].lstrip(b".")


def scan(tree: Tree, globs: Globs, wanted: Wanted, aims: Aims, overrides: Globs) -> Scan:
    """All that `globs` and the targets' files say; most files are screened by their bytes and never parsed.

    `overrides` are read wherever they lie and whatever marks them: what is there must be known before it is written.
    """
    listed = tree.list(Globs.union((globs, aims.listing, overrides, attribute_files(globs))))
    attributes = [entry for entry in listed if is_attributes(entry.path)]
    marked, unread_attributes = generated(tree, attributes)
    aimed = {entry.path: own for entry in listed if (own := aims.at(entry.path))} if aims.all else {}
    sure = {*aimed, *(entry.path for entry in listed if overrides.roots and overrides.matches(entry.path))}
    entries = {
        entry.path: entry
        for entry in listed
        if entry.path in sure
        or (is_scanned(entry.path) and globs.matches(entry.path) and entry.path not in marked)
    }
    out = Scan(tree, wanted, entries, {}, {}, ())
    unread = [
        Unread(entry, _NO_FILES[entry.mode])
        for entry in listed
        if entry.path not in entries and _hides(entry) and not is_attributes(entry.path)
    ]
    unread += unread_attributes
    found: dict[bytes, tuple[Hit, ...]] = {}
    for entry, data in tree.read(entries.values()):
        if isinstance(data, Unread):
            unread.append(data)
        elif wanted.may_name(data) or entry.path in sure:
            hits = _take(out, entry, data, aimed.get(entry.path, ()))
            if hits:
                found[entry.path] = hits
    out.found.update((path, resolved(hits, out.sources, wanted)) for path, hits in found.items())
    lock(tree, out.found)
    return replace(out, unread=tuple(unread))
