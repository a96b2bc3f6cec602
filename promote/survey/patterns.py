"""Folders and files as few paths of promote.yaml: `apps/*/overlays/dev/**` for one folder an app."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from promote.tree import Globs

# From so many on that differ in one folder's name a wildcard stands for them.
_MANY = 3


def below(path: str, folder: str) -> bool:
    """Whether a path is `folder`, or lies in it; everything lies in `.`."""
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def inside(path: str, folders: Collection[str]) -> str | None:
    """The outermost of many `folders` and files that a path is, or lies in; None where there is none."""
    if "." in folders:
        return "."
    segments = path.split("/")
    ways = ("/".join(segments[:end]) for end in range(1, len(segments) + 1))
    return next((way for way in ways if way in folders), None)


def _wild(alike: Sequence[str], paths: Collection[str]) -> str | None:
    """One pattern for all of these, if it takes no other file."""
    columns = list(zip(*(path.split("/") for path in alike), strict=True))
    shape = ["*" if len(set(column)) > 1 else column[0] for column in columns]
    if shape.count("*") != 1:
        return None
    is_file = all(path in paths for path in alike)
    pattern = "/".join(shape) if is_file else "/".join((*shape, "**"))
    globs, own = Globs((pattern,)), frozenset(alike)
    for path in paths:
        if globs.matches(path.encode()):
            at = "/".join(path.split("/")[: len(shape)])
            if at not in own:
                return None
    return pattern


def condensed(own: Iterable[str], paths: Collection[str]) -> tuple[str, ...]:
    """`own` folders and files as few patterns, sorted; of `paths`, which are all there are, they take the same."""
    groups: dict[tuple[int, str, str], list[str]] = {}
    for path in sorted(set(own)):
        segments = path.split("/")
        groups.setdefault((len(segments), segments[0] if len(segments) > 3 else "", segments[-1]), []).append(path)
    out: list[str] = []
    for alike in groups.values():
        pattern = _wild(alike, paths) if len(alike) >= _MANY else None
        out += alike if pattern is None else [pattern]
    return tuple(sorted(out))


def _tops(paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths by their first segment, each without it; those of one segment under an empty list."""
    out: dict[str, list[str]] = {}
    for path in paths:
        first, _, rest = path.partition("/")
        out.setdefault(first, []).extend([rest] if rest else [])
    return out


def _covering(wanted: Collection[str], paths: Collection[str], prefix: str) -> Iterator[str]:
    every = _tops(paths)
    for first, inner in sorted(_tops(wanted).items()):
        if not inner or len(inner) == len(every[first]):
            yield prefix + first
        else:
            yield from _covering(inner, every[first], f"{prefix}{first}/")


def covering(wanted: Iterable[str], paths: Collection[str]) -> tuple[str, ...]:
    """The fewest folders and files that hold all `wanted` paths, and of `paths` no other."""
    return tuple(_covering(frozenset(wanted).intersection(paths), paths, ""))
