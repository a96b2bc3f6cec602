"""Which paths a list of patterns takes (SEMANTICS 1.1).

`*` and `?` stay inside one segment, `**` crosses segments, a leading `!` excludes. A pattern without wildcards is a
file, or a folder with its whole subtree, by whole segments. The last pattern that speaks of a path decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

T = TypeVar("T")
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
    """Of several `*` all but the last take as little as they can, for good: what is left for the others is the most.

    Otherwise a name that almost fits would be tried in more ways than there is time for.
    """
    first, *rest = ("".join(_ONE if char == "?" else re.escape(char) for char in run) for run in re.split(r"\*+", part))
    if not rest:
        return first
    return "".join((first, *(f"(?>[^/]*?{run})" for run in rest[:-1]), "[^/]*", rest[-1]))


def _runs(parts: tuple[str, ...]) -> Iterator[str]:
    """What stands between one `**` and the next."""
    run = ""
    for part in parts:
        if part == "**":
            yield run
            run = ""
        else:
            run += f"{_segment(part)}/"
    yield run


def _expression(parts: tuple[str, ...]) -> str:
    if not parts:
        return ".*"
    first, *rest = _runs(parts)
    if not rest:
        return first.removesuffix("/")
    # The same as for `*`: all runs but the last are where they come first.
    inner = "".join(f"(?>(?:[^/]+/)*?{run})" for run in rest[:-1] if run)
    return first + inner + (f"(?:[^/]+/)*{rest[-1].removesuffix('/')}" if rest[-1] else ".+")


def _match(expression: str) -> Callable[[bytes], object]:
    return re.compile(rb"(?s:" + expression.encode() + rb")\Z").match


def _plain(text: bytes) -> Callable[[bytes], object]:
    # Every app has a pattern like this: to compile an expression for each takes a fifth of a run for two thousand.
    below = text + b"/"
    return lambda path: path == text or path.startswith(below)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern; `literal` are the segments before the first wildcard, `word` is in all that it `takes`.

    `steps` tell for each of its segments whether a name fits there, None for `**`; none where it has no wildcard.
    """

    excludes: bool
    literal: tuple[bytes, ...]
    takes: Callable[[bytes], object]
    word: bytes
    steps: tuple[Callable[[bytes], object] | None, ...] = ()

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
        if parts and not wild:
            path = b"/".join(literal)
            return cls(excludes, tuple(literal), _plain(path), path)
        body = _expression(parts)
        word = max((run for part in parts for run in _WILD.split(part)), key=len, default="")
        stepped = parts if wild and not excludes else ()
        steps = tuple(None if part == "**" else _match(_segment(part)) for part in stepped)
        return cls(excludes, tuple(literal), _match(body), word.encode(), steps)

    def leads(self, folder: bytes) -> bool:
        """Whether something below `folder`, which begins like `literal`, could be taken."""
        if not self.steps:
            return True
        names = folder.split(b"/")
        for name, fits in zip(names, self.steps, strict=False):
            if fits is None:
                return True
            if not fits(name):
                return False
        return len(names) < len(self.steps)


def _upwards(path: bytes) -> Iterator[bytes]:
    """The path, the folders that it lies in, and the root."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]
    yield b""


def _gathered(folder: bytes, own: Mapping[bytes, Iterable[T]], known: dict[bytes, tuple[T, ...]]) -> tuple[T, ...]:
    """What folders have of their `own`, from `folder` upwards, each once; `known` remembers it of each."""
    found = known.get(folder)
    if found is not None:
        return found
    found = ()
    missing: list[bytes] = []
    for place in _upwards(folder):
        if place in known:
            found = known[place]
            break
        missing.append(place)
    for place in reversed(missing):
        # Most folders have nothing of their own: they share what is above.
        here = own.get(place)
        found = known[place] = found if here is None else tuple(dict.fromkeys((*here, *found)))
    return found


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
            if word in path and match(path):
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
        inside = folder + b"/"
        below = bisect_left(self._beginnings, inside)
        if below < len(self._beginnings) and self._beginnings[below].startswith(inside):
            return True
        return any(pattern.leads(folder) for pattern in self._led(folder))

    @cached_property
    def _rules(self) -> tuple[tuple[bytes, Callable[[bytes], object], bool], ...]:
        """The patterns, the last one first: it decides."""
        return tuple((one.word, one.takes, not one.excludes) for one in reversed(self._compiled))

    def _near(self, folder: bytes) -> tuple[Globs, ...]:
        """Those of `either` with a root at `folder` or above it."""
        return _gathered(folder, self._by_root, self._by_folder)

    def _led(self, folder: bytes) -> tuple[Pattern, ...]:
        """The patterns that take something, with a literal beginning at `folder` or above it."""
        return _gathered(folder, self.leading, self._led_by_folder)

    @cached_property
    def _by_folder(self) -> dict[bytes, tuple[Globs, ...]]:
        return {}

    @cached_property
    def _led_by_folder(self) -> dict[bytes, tuple[Pattern, ...]]:
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
    def leading(self) -> dict[bytes, dict[Pattern, None]]:
        """All patterns that take something, by their literal beginnings."""
        out: dict[bytes, dict[Pattern, None]] = {}
        for one in self._compiled:
            if not one.excludes:
                out.setdefault(b"/".join(one.literal), {})[one] = None
        for globs in self.either:
            for beginning, patterns in globs.leading.items():
                out.setdefault(beginning, {}).update(patterns)
        return out

    @cached_property
    def _beginnings(self) -> list[bytes]:
        """The literal beginnings of all patterns, sorted."""
        return sorted(self.leading)

    @cached_property
    def roots(self) -> tuple[bytes, ...]:
        """The literal beginnings of the patterns, sorted, none below another; `b""` is the whole tree."""
        found = frozenset(self._beginnings)
        if b"" in found:
            return (b"",)
        return tuple(root for root in sorted(found) if found.isdisjoint(_upwards(root.rpartition(b"/")[0])))
