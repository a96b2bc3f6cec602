"""The folders and files that the generators of an ApplicationSet look at, by Argo CD's patterns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from promote.survey.look import Look
from promote.text.document import Stream, parse
from promote.tree import NOT_FILES, Entry, Globs

_FILES = Globs(("**/*.json", "**/*.yaml", "**/*.yml"))
_WILD = frozenset("*?[")
_LAST = chr(0x10FFFF)
Patterns = tuple[tuple[str, ...], ...]


def _open(steps: Collection[int], pattern: tuple[str, ...]) -> set[int]:
    """These places in a pattern, and those behind every `**` that may stand for nothing."""
    out: set[int] = set()
    for step in steps:
        out.add(step)
        while step < len(pattern) and pattern[step] == "**":
            step += 1
            out.add(step)
    return out


def fits(path: str, pattern: tuple[str, ...]) -> bool:
    """Whether a path is what a pattern of segments means; in time that grows with both alone."""
    steps = _open({0}, pattern)
    for segment in path.split("/"):
        stay = {step for step in steps if step < len(pattern) and pattern[step] == "**"}
        on = {step + 1 for step in steps - stay if step < len(pattern) and fnmatchcase(segment, pattern[step])}
        steps = _open(stay | on, pattern)
    return len(pattern) in steps


def _near(paths: Sequence[str], pattern: tuple[str, ...]) -> Sequence[str]:
    """Of sorted paths those that begin as a pattern does before its first wildcard."""
    wild = next((place for place, part in enumerate(pattern) if _WILD & set(part)), len(pattern))
    lead = "/".join(pattern[:wild])
    return paths[bisect_left(paths, lead) : bisect_left(paths, lead + _LAST)]


def _taken(paths: Sequence[str], wanted: Patterns, excluded: Patterns) -> tuple[str, ...]:
    found = {path for pattern in wanted for path in _near(paths, pattern) if fits(path, pattern)}
    return tuple(
        path
        for path in sorted(found)
        if not any(fits(path, each) for each in excluded)
        and not any(segment.startswith(".") for segment in path.split("/"))
    )


@dataclass(frozen=True)
class Ground:
    """What one revision holds, as generators see it; what was looked for once is known."""

    look: Look
    _known: dict[tuple[bool, Patterns, Patterns], tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def folders(self) -> Mapping[str, None]:
        """Every folder that holds a file that finders look into, at any depth, sorted."""
        paths = self.look.paths
        found = {"/".join(path.split("/")[:end]) for path in paths for end in range(1, path.count("/") + 1)}
        return dict.fromkeys(sorted(found))

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        entries = ((each.path.decode("utf-8", "replace"), each) for each in self.look.tree.list(_FILES))
        return dict(sorted((path, each) for path, each in entries if each.mode not in NOT_FILES))

    def _paths(self, wanted: Patterns, excluded: Patterns, *, of_files: bool) -> tuple[str, ...]:
        key = (of_files, wanted, excluded)
        if key not in self._known:
            self._known[key] = _taken(tuple(self._entries if of_files else self.folders), wanted, excluded)
        return self._known[key]

    def folders_at(self, wanted: Patterns, excluded: Patterns) -> tuple[str, ...]:
        """The folders that a generator of directories takes: what is excluded, and what begins with a dot, never is."""
        return self._paths(wanted, excluded, of_files=False)

    def files_at(self, wanted: Patterns, excluded: Patterns) -> Iterator[tuple[str, Stream]]:
        """The files that a generator of files takes, and what they say; one that nobody can read says nothing."""
        taken = self._paths(wanted, excluded, of_files=True)
        for entry, data in self.look.tree.read(self._entries[path] for path in taken):
            stream = parse(entry.path, data) if isinstance(data, bytes) else None
            if isinstance(stream, Stream):
                yield entry.path.decode("utf-8", "replace"), stream
