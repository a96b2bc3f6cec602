"""Which files a kustomization's resources reach: what its `images:` entries set over (SEMANTICS 3.1)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

from promote.estate.scan import Scan
from promote.sites import kustomize
from promote.sites.site import Fragment
from promote.text.document import Broken, Stream, parse
from promote.tree import Entry, Globs

# A graph of resources deeper than this is a loop or a mistake; what lies beyond is not shadowed.
_MAX_HOPS = 40


def _resolve(folder: str, written: str) -> str | None:
    """The path from the root that a resource names, or None for a URL or one that leaves the repository."""
    if "//" in written or "?" in written or written.startswith(("git@", "/")):
        return None
    path = posixpath.normpath(posixpath.join(folder, written))
    return None if path.startswith("..") else path.removeprefix("./")


def _kustomizations(folder: str) -> tuple[str, ...]:
    prefix = "" if folder in ("", ".") else f"{folder}/"
    return tuple(f"{prefix}{name.decode()}" for name in sorted(kustomize.FILES))


def _text(path: bytes) -> str:
    return path.decode("utf-8", "replace")


def _beside(path: str) -> str:
    """A pattern for the files of this name in the folder and in those beside it: bases tend to stand together."""
    folder, _, name = path.rpartition("/")
    parent, slash, _ = folder.rpartition("/")
    return f"{parent}{slash}*/{name}" if folder else name


def _entries(scan: Scan, paths: set[str]) -> Iterator[Entry]:
    """Those of `paths` that exist; what lies outside of the scanned paths is listed."""
    outside: set[str] = set()
    for path in paths:
        entry = scan.entries.get(path.encode())
        if entry is None:
            outside.add(path)
        else:
            yield entry
    patterns = sorted({_beside(path) for path in outside if not set(path) & set("*?!")})
    if patterns:
        yield from (entry for entry in scan.tree.list(Globs(tuple(patterns))) if _text(entry.path) in outside)


def _streams(scan: Scan, paths: set[str]) -> Iterator[Stream]:
    unread = []
    for entry in _entries(scan, paths):
        known = scan.streams.get(entry.path)
        if isinstance(known, Stream):
            yield known
        elif known is None:
            unread.append(entry)
    for entry, data in scan.tree.read(sorted(unread, key=lambda entry: entry.path)):
        stream = parse(entry.path, data) if isinstance(data, bytes) else None
        if stream is not None and not isinstance(stream, Broken):
            yield stream


def _named_by(scan: Scan, paths: set[str]) -> dict[str, set[str]]:
    """What each of these kustomizations, as far as they exist, names: paths from the root.

    A Component is put over the resources of whoever names it: so it leads to them.
    """
    out: dict[str, set[str]] = {}
    for stream in _streams(scan, paths):
        path = _text(stream.path)
        folder = posixpath.dirname(path)
        for document in stream.documents:
            named = {text for text in (_resolve(folder, each) for each in kustomize.reached(document)) if text}
            over = {text for text in (_resolve(folder, each) for each in kustomize.components(document)) if text}
            out.setdefault(path, set()).update(named)
            for component in over:
                for file in (component,) if _is_file(component) else _kustomizations(component):
                    out.setdefault(file, set()).update(named - over)
    return out


def reach(scan: Scan, starts: Iterable[bytes]) -> dict[bytes, frozenset[bytes]]:
    """For each kustomization in `starts`, every file that its resources lead to, read a level at a time."""
    first = {_text(path): path for path in starts}
    named: dict[str, set[str]] = {}
    level = set(first)
    done: set[str] = set()
    for _ in range(_MAX_HOPS):
        level -= done
        done |= level
        if not level:
            break
        found = _named_by(scan, level)
        for path in level | found.keys():
            named.setdefault(path, set()).update(found.get(path, set()))
        level = {
            candidate
            for paths in found.values()
            for path in paths
            if not _is_file(path)
            for candidate in _kustomizations(path)
        }
    return {path: frozenset(each.encode() for each in _closure(text, named)) for text, path in first.items()}


def reaching(scan: Scan, entries: Sequence[Fragment]) -> Callable[[Fragment, bytes], bool]:
    """Whether an entry sets over a file: one that its own file's resources lead to, or those of the folder it names.

    In a folder without a kustomization Flux makes one of all manifests below it.
    """
    folders = {folder for entry in entries for folder in entry.reaches}
    inside = {path.encode() for folder in folders for path in _kustomizations(folder)}
    starts = {entry.path for entry in entries if not entry.reaches} | inside
    if any(_is_component(scan, path) for path in starts):
        # Whoever names a Component tells what it is put over.
        starts |= {path for path in scan.entries if path.rpartition(b"/")[2] in kustomize.FILES}
    found = reach(scan, starts) if starts else {}
    there = {entry.path for entry in _entries(scan, {_text(path) for path in inside})}

    def reaches(entry: Fragment, path: bytes) -> bool:
        if not entry.reaches:
            return path in found.get(entry.path, frozenset())
        for folder in entry.reaches:
            here = [each.encode() for each in _kustomizations(folder) if each.encode() in there]
            if any(path == each or path in found[each] for each in here):
                return True
            if not here and (not folder or path.startswith(folder.encode() + b"/")):
                return True
        return False

    return reaches


def _is_component(scan: Scan, path: bytes) -> bool:
    stream = scan.streams.get(path)
    return isinstance(stream, Stream) and any(map(kustomize.is_component, stream.documents))


def _is_file(path: str) -> bool:
    return path.endswith((".yaml", ".yml"))


def _closure(start: str, named: dict[str, set[str]]) -> set[str]:
    out: set[str] = set()
    waiting = [start]
    while waiting:
        for path in named.get(waiting.pop(), ()):
            for step in (path,) if _is_file(path) else _kustomizations(path):
                if step not in out:
                    out.add(step)
                    waiting.append(step)
    return out
