"""Environments as a graph by `from`, and families' names as globs: what must not run in circles or overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def cycles(edges: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Each circle once, beginning with its member that stands first; `(a, b, a)` where a takes from b and b from a."""
    places = {name: place for place, name in enumerate(edges)}
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for first in edges:
        way: dict[str, Iterator[str]] = {} if first in done else {first: iter(edges[first])}
        while way:
            here = next(reversed(way))
            following = next(way[here], None)
            if following is None:
                del way[here]
                done.add(here)
            elif following in way:
                walked = list(way)
                circle = walked[walked.index(following) :]
                start = circle.index(min(circle, key=lambda name: places[name]))
                found[(*circle[start:], *circle[: start + 1])] = None
            elif following not in done and following in edges:
                way[following] = iter(edges[following])
    return tuple(found)


def overlap(a: str, b: str) -> bool:
    """Whether some name fits both globs, of which only * is a wildcard."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if i == len(a) and j == len(b):
            return True
        steps = []
        left, right = a[i : i + 1], b[j : j + 1]
        if left == "*":
            steps += [(i + 1, j), (i, j + 1)] if right else [(i + 1, j)]
        if right == "*":
            steps += [(i, j + 1), (i + 1, j)] if left else [(i, j + 1)]
        if left and left == right:
            steps.append((i + 1, j + 1))
        for step in steps:
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False
