"""YAML paths: `a.b`, `a[0].b`, `a[name=web].b`, `"key.with.dots".b` — compiled once, resolved over nodes.

A path leads to every node that it fits; a selector fits every list item whose key reads that value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from promote.text.node import Alias, Mapping, Node, Scalar, Sequence

_STEP = re.compile(
    r"""
    (?P<dot>\.)?
    (?:
        "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>[^.\[\]"=]+)
      | \[ (?: (?P<index>[0-9]{1,9}) | (?P<key>[^\[\]=]+) = (?P<value>[^\[\]]*) ) \]
    )
    """,
    re.VERBOSE,
)
# What no reader of such paths takes for anything but a key.
_WORD = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True, slots=True)
class Select:
    """The list items whose `key` reads `value`."""

    key: str
    value: str


Step = str | int | Select
Keys = tuple[str | int, ...]


def compile_path(text: str) -> tuple[Step, ...]:
    """The steps of a path; raises ValueError with the column where it cannot be read."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        bracket = found is not None and (found["index"] is not None or found["key"] is not None)
        if found is None or (bool(found["dot"]) != (at > 0 and not bracket)):
            raise ValueError(f"column {at + 1} of the path {text!r} cannot be read")
        if found["index"] is not None:
            steps.append(int(found["index"]))
        elif found["key"] is not None:
            steps.append(Select(found["key"].strip(), found["value"].strip().strip("\"'")))
        elif found["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", found["quoted"]))
        else:
            steps.append(found["word"])
        at = found.end()
    if not steps:
        raise ValueError("the path is empty")
    return tuple(steps)


def spell_path(keys: Iterable[str | int]) -> str:
    """Keys as a path that leads through them, for `compile_path`."""
    out = ""
    for key in keys:
        if isinstance(key, int):
            out += f"[{key}]"
        else:
            word = key if _WORD.match(key) else '"' + re.sub(r'["\\]', r"\\\g<0>", key) + '"'
            out += f".{word}" if out else word
    return out


@dataclass(frozen=True, slots=True)
class Found:
    """One node that a path leads to, with the keys on the way.

    Where the path leads on only through an alias or a merge key, `behind` says so, and `node` is the alias or the value
    of the merge key: what is behind it stands in other places of the file too.
    """

    node: Node
    keys: Keys
    behind: Literal["alias", "merge-key"] | None = None


class Index:
    """One document's mappings and lists by what paths ask of them: many paths together look at each once."""

    def __init__(self) -> None:
        self._own: dict[int, dict[str, list[Node]]] = {}
        self._items: dict[tuple[int, str], dict[str, list[int]]] = {}

    def own(self, mapping: Mapping, key: str) -> list[Node]:
        """The values under a key, without those that merge keys bring in."""
        if id(mapping) not in self._own:
            found = self._own[id(mapping)] = {}
            for pair in mapping.pairs:
                if isinstance(pair.key, Scalar):
                    found.setdefault(pair.key.value, []).append(pair.value)
        return self._own[id(mapping)].get(key, [])

    def places(self, node: Sequence, step: int | Select) -> Iterable[int]:
        """The list items that a step fits."""
        if isinstance(step, int):
            return _places(node, step)
        asked = (id(node), step.key)
        if asked not in self._items:
            found = self._items[asked] = {}
            for place, item in enumerate(node.items):
                value = _read(item, step.key)
                if value is not None:
                    found.setdefault(value, []).append(place)
        return self._items[asked].get(step.value, ())


def resolve(root: Node, steps: tuple[Step, ...], index: Index | None = None) -> Iterator[Found]:
    """Every node below `root` that the steps lead to, in the order of the file; aliases are told, not followed.

    Paths that share the `index` of a document are resolved faster together.
    """
    index = index or Index()
    here = [Found(root, ())]
    for number in range(len(steps)):
        here = [deeper for found in here for deeper in _step(found, steps[number:], index)]
    yield from here


def _step(found: Found, steps: tuple[Step, ...], index: Index) -> Iterator[Found]:
    node, step = found.node, steps[0]
    if found.behind is not None:
        yield found
    elif isinstance(node, Alias):
        if _leads_on(node, steps):
            yield replace(found, behind="alias")
    elif isinstance(node, Sequence) and not isinstance(step, str):
        for place in index.places(node, step):
            yield Found(node.items[place], (*found.keys, place))
    elif isinstance(node, Mapping) and isinstance(step, str):
        own = index.own(node, step)
        for value in own:
            yield Found(value, (*found.keys, step))
        merge = next(iter(index.own(node, "<<")), None)
        if not own and merge is not None and _leads_on(node, steps):
            yield Found(merge, (*found.keys, "<<"), "merge-key")


def _leads_on(node: Node, steps: tuple[Step, ...]) -> bool:
    """Whether the steps lead anywhere from here through aliases and merge keys; a bomb of them is walked once."""
    waiting: list[tuple[Node | None, int]] = [(node, 0)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        found, done = waiting.pop()
        here = _meant(found)
        if here is None or (id(here), done) in seen:
            continue
        seen.add((id(here), done))
        if done == len(steps):
            return True
        step = steps[done]
        if isinstance(here, Sequence) and not isinstance(step, str):
            waiting += [(here.items[place], done + 1) for place in _places(here, step)]
        elif isinstance(here, Mapping) and isinstance(step, str):
            waiting += [(value, done + 1) for value in _values(here, step)]
    return False


def _meant(node: Node | None) -> Node | None:
    return node.target if isinstance(node, Alias) else node


def _own(mapping: Mapping, key: str) -> list[Node]:
    return [pair.value for pair in mapping.pairs if isinstance(pair.key, Scalar) and pair.key.value == key]


def _values(mapping: Mapping, key: str) -> list[Node]:
    """What stands under a key, in the mapping itself or, where it has none, in what its merge keys bring in."""
    waiting = [mapping]
    seen: set[int] = set()
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        own = _own(here, key)
        if own:
            return own
        waiting += reversed(here.merged)
    return []


def _places(node: Sequence, step: int | Select) -> Iterable[int]:
    """The list items that a step fits."""
    if isinstance(step, int):
        return (step,) if step < len(node.items) else ()
    return [place for place, item in enumerate(node.items) if _reads(item, step)]


def _reads(item: Node, step: Select) -> bool:
    return _read(item, step.key) == step.value


def _read(item: Node, key: str) -> str | None:
    """What a list item's key reads, through aliases and merge keys too."""
    mapping = _meant(item)
    values = _values(mapping, key) if isinstance(mapping, Mapping) else []
    value = _meant(values[0]) if values else None
    return value.value if isinstance(value, Scalar) else None
