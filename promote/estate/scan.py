"""One pass over a tree for all environments and apps of a run: what its files say of wanted images."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from promote.tree import NOT_FILES, Entry, Globs, Tree, Unread

Read = tuple[Text | None, tuple[Hit, ...]]


_NONE, _APART = Globs(()), Globs((".promote",))
# Of each file so many of its contents are remembered: in a history of thousands all would not fit into memory.
_VERSIONS = 4


class Readings:
    """What files said, by path and object, for who reads many revisions for the same apps: most files stay the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, Sequence[Aim]], dict[str, Read | None]] = {}

    def read(self, entry: Entry, data: bytes, wanted: Wanted, aims: Sequence[Aim], *, sure: bool) -> Read | None:
        """What a file says of wanted images; None for one that cannot name any, unless it is `sure` to matter."""
        if entry.oid is None:
            return self._read(entry, data, wanted, aims, sure=sure)
        known = self._known.setdefault((entry.path, aims), {})
        if entry.oid not in known:
            if len(known) == _VERSIONS:
                del known[next(iter(known))]
            known[entry.oid] = self._read(entry, data, wanted, aims, sure=sure)
        return known[entry.oid]

    @staticmethod
    def _read(entry: Entry, data: bytes, wanted: Wanted, aims: Sequence[Aim], *, sure: bool) -> Read | None:
        return read_file(entry.path, data, wanted, aims) if sure or wanted.may_name(data) else None


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
    apart: Mapping[bytes, tuple[Entry, bytes | Unread]] = field(default_factory=dict)

    def parse_more(self, paths: Iterable[bytes]) -> None:
        """Read files that the screen had passed over: overlays name no image (SEMANTICS 2.3)."""
        missing = [self.entries[path] for path in sorted(paths) if path not in self.streams and path in self.entries]
        for entry, data in self.tree.read(missing):
            found = _take(self, entry, read_file(entry.path, data, self.wanted, ())) if isinstance(data, bytes) else ()
            if found:
                self.found[entry.path] = resolved(found, self.sources, self.wanted)


def _take(scan: Scan, entry: Entry, read: Read) -> tuple[Hit, ...]:
    stream, found = read
    if stream is not None:
        scan.streams[entry.path] = stream
    if isinstance(stream, Stream):
        add_sources(scan.sources, stream)
    return found


def _meet(a: bytes, b: bytes) -> bool:
    """Whether one of two paths is the other, or lies below it."""
    return (a + b"/").startswith(b + b"/") or (b + b"/").startswith(a + b"/")


def _hides(entry: Entry) -> bool:
    """Whether files may be missed behind this: a link or a submodule that stands where a folder could."""
    return entry.mode in NOT_FILES and b"." not in entry.path.rpartition(b"/")[2].lstrip(b".")


def scan(
    tree: Tree,
    globs: Globs,
    wanted: Wanted,
    aims: Aims,
    overrides: Globs,
    readings: Readings,
    apart: Collection[bytes] = (),
) -> Scan:
    """All that `globs` and the targets' files say; most files are screened by their bytes and never parsed.

    `overrides` are read wherever they lie and whatever marks them: what is there must be known before it is written.
    What `readings` knows of earlier scans must be of the same `wanted`. `apart` are files of promote's own, which are
    read in the same batch, with whatever stands in their way, and say nothing of images.
    """
    every = tree.list(Globs.union((globs, aims.listing, overrides, attribute_files(globs), _APART if apart else _NONE)))
    ours = {entry.path: entry for entry in every if apart and _APART.matches(entry.path)}
    listed = [entry for entry in every if entry.path not in ours]
    near = [entry for path, entry in ours.items() if any(_meet(path, each) for each in apart)]
    attributes = [entry for entry in listed if is_attributes(entry.path)]
    marked, unread_attributes = generated(tree, attributes)
    aimed = {entry.path: own for entry in listed if (own := aims.at(entry.path))} if aims.all else {}
    sure = {*aimed, *(entry.path for entry in listed if overrides.roots and overrides.matches(entry.path))}
    entries = {
        entry.path: entry
        for entry in listed
        if entry.path in sure or (is_scanned(entry.path) and globs.matches(entry.path) and entry.path not in marked)
    }
    out = Scan(tree, wanted, entries, {}, {}, ())
    unread = [
        Unread(entry, NOT_FILES[entry.mode])
        for entry in listed
        if entry.path not in entries and _hides(entry) and not is_attributes(entry.path)
    ]
    unread += unread_attributes
    found: dict[bytes, tuple[Hit, ...]] = {}
    beside: dict[bytes, tuple[Entry, bytes | Unread]] = {}
    for entry, data in tree.read((*entries.values(), *near)):
        if entry.path in ours:
            beside[entry.path] = entry, data
        elif isinstance(data, Unread):
            unread.append(data)
        else:
            read = readings.read(entry, data, wanted, aimed.get(entry.path, ()), sure=entry.path in sure)
            hits = () if read is None else _take(out, entry, read)
            if hits:
                found[entry.path] = hits
    out.found.update((path, resolved(hits, out.sources, wanted)) for path, hits in found.items())
    lock(tree, out.found)
    return replace(out, unread=tuple(unread), apart=beside)
