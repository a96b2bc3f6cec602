"""Which paths a list of patterns takes (SEMANTICS 1.1).

`*` and `?` stay inside one segment, `**` crosses segments, a leading `!` excludes. A pattern without wildcards is a
file, or a folder with its whole subtree, by whole segments. The last pattern that speaks of a path decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

_WILD = re.compile(r"[*?]")
# What means something in a pattern, or in a path of promote.yaml.
_SIGNS = frozenset(b"*?!{}")
# One character of a path: paths are bytes, and a character may have several.
_ONE = r"[^/\x80-\xbf][\x80-\xbf]*"


def has_wildcard(pattern: str) -> bool:
    return _WILD.search(pattern) is not None


def is_literal(path: bytes) -> bool:
    """Whether a path, written as a pattern, takes itself and nothing else."""
    return not set(path) & _SIGNS


def segments_of(pattern: str) -> tuple[str, ...]:
    """The segments of a pattern or path; `.` and empty ones say nothing and are dropped."""
    return tuple(part for part in pattern.split("/") if part not in ("", "."))


def _segment(part: str) -> str:
    return "".join("[^/]*" if char == "*" else _ONE if char == "?" else re.escape(char) for char in part)


def _expression(parts: tuple[str, ...], *, wild: bool) -> str:
    if not parts:
        return ".*"
    out = []
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            out.append(".+" if last else "(?:[^/]+/)*")
        else:
            out.append(_segment(part) + ("" if last else "/"))
    return "".join(out) + ("" if wild else "(?:/.*)?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled pattern; `literal` are the segments before the first wildcard, `word` is in all that it matches."""

    excludes: bool
    literal: tuple[bytes, ...]
    expression: re.Pattern[bytes]
    word: bytes

    @classmethod
    @lru_cache(maxsize=10_000)
    def compile(cls, text: str) -> Pattern:
        """The pattern that `text` is; each once, since every environment has the same exclusions for every app."""
        excludes = text.startswith("!")
        parts = segments_of(text.removeprefix("!"))
        wild = any(has_wildcard(part) for part in parts)
        literal: list[bytes] = []
        for part in parts:
            if has_wildcard(part):
                break
            literal.append(part.encode())
        body = _expression(parts, wild=wild)
        word = max((run for part in parts for run in _WILD.split(part)), key=len, default="")
        return cls(excludes, tuple(literal), re.compile(rb"(?s:" + body.encode() + rb")\Z"), word.encode())


def _upwards(path: bytes) -> Iterator[bytes]:
    """The path, the folders that it lies in, and the root."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]
    yield b""


@dataclass(frozen=True)
class Globs:
    """A list of patterns as one question; no pattern at all takes nothing."""

    patterns: tuple[str, ...]
    either: tuple[Globs, ...] = ()
    _compiled: tuple[Pattern, ...] = field(init=False, repr=False, compare=False)
    # The listing, the scan and each estate ask about the same paths: one may have a hundred thousand.
    _known: dict[bytes, bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compiled", tuple(Pattern.compile(text) for text in self.patterns))
        object.__setattr__(self, "_known", {})

    @classmethod
    def union(cls, globs: Iterable[Globs]) -> Globs:
        """What any of `globs` takes; the exclusions of one do not touch another."""
        each = dict.fromkeys(one for item in globs for one in (item.either if not item.patterns else (item,)))
        return next(iter(each)) if len(each) == 1 else cls((), tuple(each))

    def matches(self, path: bytes) -> bool:
        """Whether the file at `path` is taken."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._matches(path)
        return known

    def _matches(self, path: bytes) -> bool:
        for word, match, takes in self._rules:
            # To look for a word first is ten times faster than an expression that does not match.
            if word in path and match(path) is not None:
                return takes
        if not self.either:
            return False
        for globs in self._near(path.rpartition(b"/")[0]):
            # No generator: with one for each path a listing takes half as long again.
            if globs.matches(path):
                return True
        return path in self._by_root and any(globs.matches(path) for globs in self._by_root[path])

    def may_hold(self, folder: bytes) -> bool:
        """Whether something below `folder` could be taken; `b""` is the root."""
        if not folder:
            return bool(self.roots)
        below = bisect_left(self.roots, folder + b"/")
        return not self._roots.isdisjoint(_upwards(folder)) or (
            below < len(self.roots) and self.roots[below].startswith(folder + b"/")
        )

    @cached_property
    def _rules(self) -> tuple[tuple[bytes, Callable[[bytes], re.Match[bytes] | None], bool], ...]:
        """The patterns, the last one first: it decides."""
        return tuple((one.word, one.expression.match, not one.excludes) for one in reversed(self._compiled))

    def _near(self, folder: bytes) -> tuple[Globs, ...]:
        """Those of `either` with a root at `folder` or above it."""
        near = self._by_folder.get(folder)
        if near is None:
            found = (globs for place in _upwards(folder) for globs in self._by_root.get(place, ()))
            near = self._by_folder[folder] = tuple(dict.fromkeys(found))
        return near

    @cached_property
    def _by_folder(self) -> dict[bytes, tuple[Globs, ...]]:
        return {}

    @cached_property
    def _by_root(self) -> dict[bytes, list[Globs]]:
        """Those of `either` by their roots: with an environment a folder, few of many could take a path."""
        out: dict[bytes, list[Globs]] = {}
        for globs in self.either:
            for root in globs.roots:
                out.setdefault(root, []).append(globs)
        return out

    @cached_property
    def _roots(self) -> frozenset[bytes]:
        return frozenset(self.roots)

    @cached_property
    def roots(self) -> tuple[bytes, ...]:
        """The literal beginnings of the patterns, sorted, none below another; `b""` is the whole tree."""
        own = {b"/".join(pattern.literal) for pattern in self._compiled if not pattern.excludes}
        found = own.union(*(globs.roots for globs in self.either))
        if b"" in found:
            return (b"",)
        return tuple(root for root in sorted(found) if found.isdisjoint(_upwards(root.rpartition(b"/")[0])))
