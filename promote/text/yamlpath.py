"""YAML paths: `a.b`, `a[0].b`, `a[name=web].b`, `"key.with.dots".b` — compiled once, resolved over nodes.

A path leads to every node that it fits; a selector fits every list item whose key reads that value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promote.text.document import Mapping, Node, Scalar, Sequence

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


@dataclass(frozen=True, slots=True)
class Found:
    """One node that a path leads to, with the keys on the way."""

    node: Node
    keys: Keys


def resolve(root: Node, steps: tuple[Step, ...]) -> Iterator[Found]:
    """Every node below `root` that the steps lead to, in the order of the file; aliases are not followed."""
    here = [Found(root, ())]
    for step in steps:
        here = [deeper for found in here for deeper in _step(found, step)]
    yield from here


def _step(found: Found, step: Step) -> Iterator[Found]:
    node = found.node
    if isinstance(step, Select):
        if isinstance(node, Sequence):
            for place, item in enumerate(node.items):
                if _reads(item, step):
                    yield Found(item, (*found.keys, place))
    elif isinstance(step, int):
        if isinstance(node, Sequence) and step < len(node.items):
            yield Found(node.items[step], (*found.keys, step))
    elif isinstance(node, Mapping):
        for pair in node.pairs:
            if isinstance(pair.key, Scalar) and pair.key.value == step:
                yield Found(pair.value, (*found.keys, step))


def _reads(item: Node, step: Select) -> bool:
    value = item.get(step.key) if isinstance(item, Mapping) else None
    return isinstance(value, Scalar) and value.value == step.value
