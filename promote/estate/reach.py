"""Which files a kustomization's resources reach: what its `images:` entries set over (SEMANTICS 3.1)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from promote.sites import kustomize
from promote.text.document import Broken, parse
from promote.tree import Globs, Tree

# A graph of resources deeper than this is a loop or a mistake; what lies beyond is not shadowed.
_MAX_HOPS = 40


def _resolve(folder: str, written: str) -> str | None:
    """The path from the root that a resource names, or None for a URL or one that leaves the repository."""
    if "://" in written or written.startswith(("git@", "/")):
        return None
    path = posixpath.normpath(posixpath.join(folder, written))
    return None if path.startswith("..") else path.removeprefix("./")


def _kustomizations(folder: str) -> tuple[str, ...]:
    prefix = "" if folder in ("", ".") else f"{folder}/"
    return tuple(f"{prefix}{name.decode()}" for name in sorted(kustomize.FILES))


def _named_by(tree: Tree, paths: Iterable[str]) -> dict[str, set[str]]:
    """What each of these kustomizations, as far as they exist, names: paths from the root."""
    wanted = sorted(set(paths))
    plain = tuple(path for path in wanted if not set(path) & set("*?!"))
    entries = [entry for entry in tree.list(Globs(plain)) if entry.path.decode("utf-8", "replace") in plain]
    out: dict[str, set[str]] = {}
    for entry, data in tree.read(entries):
        stream = parse(entry.path, data) if isinstance(data, bytes) else None
        if stream is None or isinstance(stream, Broken):
            continue
        path = entry.path.decode("utf-8", "replace")
        folder = posixpath.dirname(path)
        named = (_resolve(folder, text) for document in stream.documents for text in kustomize.reached(document))
        out[path] = {text for text in named if text is not None}
    return out


def reach(tree: Tree, starts: Iterable[bytes]) -> dict[bytes, frozenset[bytes]]:
    """For each kustomization in `starts`, every file that its resources lead to, read a level at a time."""
    first = {path.decode("utf-8", "replace") for path in starts}
    named: dict[str, set[str]] = {}
    level = set(first)
    for _ in range(_MAX_HOPS):
        level -= named.keys()
        if not level:
            break
        found = _named_by(tree, level)
        for path in level:
            named[path] = found.get(path, set())
        level = {
            candidate for paths in found.values() for path in paths if not _is_file(path)
            for candidate in _kustomizations(path)
        }
    return {start.encode(): frozenset(path.encode() for path in _closure(start, named)) for start in first}


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
