"""What is added to a file where the structure for it is missing, and how that is written in block and in flow style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from promote.text.layout import Layout
from promote.text.proof import Come, Text
from promote.text.scalar import spell

Pairs = tuple[tuple[str, str], ...]
Tree: TypeAlias = "str | dict[str, Tree] | list[Pairs]"


@dataclass(frozen=True, slots=True)
class Addition:
    """A value for the last of `keys`, or a mapping that is appended to the list at `keys`.

    The keys lead from the root of the file's first document that is a mapping; what is missing on the way is created.
    """

    path: bytes
    keys: tuple[str, ...]
    entry: str | Pairs


def grown(tree: Tree | None, keys: Sequence[str], entry: str | Pairs) -> Tree:
    """`tree` with `entry` below `keys`; raises ValueError where something else stands there."""
    if keys:
        if tree is not None and not isinstance(tree, dict):
            raise ValueError(f"{keys[0]} is wanted where there is no mapping")
        below = {} if tree is None else tree
        below[keys[0]] = grown(below.get(keys[0]), keys[1:], entry)
        return below
    if isinstance(entry, str):
        if tree not in (None, entry):
            raise ValueError("two values are wanted under one key")
        return entry
    if tree is not None and not isinstance(tree, list):
        raise ValueError("an item is wanted where there is no list")
    return [*(tree or []), entry]


def block_lines(tree: dict[str, Tree], margin: int, layout: Layout) -> Iterator[str]:
    """The lines of new pairs of a block mapping at that column."""
    for key, value in tree.items():
        head = f"{' ' * margin}{_spelled(key)}:"
        if isinstance(value, str):
            yield f"{head} {_spelled(value)}"
            continue
        yield head
        yield from lines_below(value, margin, layout)


def lines_below(value: dict[str, Tree] | list[Pairs], margin: int, layout: Layout) -> Iterator[str]:
    """The lines of a mapping or a list below a key at that column."""
    if isinstance(value, dict):
        yield from block_lines(value, margin + layout.step, layout)
    else:
        yield from item_lines(value, margin + layout.inset, 1)


def item_lines(items: Sequence[Pairs], column: int, gap: int) -> Iterator[str]:
    """The lines of new items of a block list whose dashes stand at that column."""
    for pairs in items:
        lead = f"{' ' * column}-{' ' * gap}"
        for key, value in pairs:
            yield f"{lead}{_spelled(key)}: {_spelled(value)}"
            lead = " " * (column + 1 + gap)
        if not pairs:
            yield lead + "{}"


def flow_text(value: Tree, pad: str = "") -> str:
    """A value on one line, in flow style; `pad` is what stands inside of a mapping's braces."""
    if isinstance(value, str):
        return _spelled(value, flow=True)
    if isinstance(value, list):
        return f"[{', '.join(flow_text(dict(pairs), pad) for pairs in value)}]"
    return f"{{{pad}{', '.join(flow_pairs(value, pad))}{pad}}}" if value else "{}"


def flow_pairs(tree: dict[str, Tree], pad: str = "") -> list[str]:
    """The pairs of a flow mapping, each as it stands between its commas."""
    return [f"{_spelled(key, flow=True)}: {flow_text(value, pad)}" for key, value in tree.items()]


def events(value: Tree) -> Iterator[Come]:
    """The events that readers are to see for a value."""
    if isinstance(value, str):
        yield Text(value)
    elif isinstance(value, list):
        yield "SequenceStartEvent"
        for pairs in value:
            yield from events(dict(pairs))
        yield "SequenceEndEvent"
    else:
        yield "MappingStartEvent"
        yield from pair_events(value)
        yield "MappingEndEvent"


def pair_events(tree: dict[str, Tree]) -> Iterator[Come]:
    """The events of a mapping's pairs alone."""
    for key, value in tree.items():
        yield Text(key)
        yield from events(value)


def _spelled(text: str, *, flow: bool = False) -> str:
    # A colon inside of a plain scalar is read differently in flow style by old versions of libyaml.
    return spell(text, "double" if flow and ":" in text else "plain").decode()


def created(additions: Sequence[Addition]) -> bytes:
    """The bytes of a new file that holds just these; raises ValueError where they contradict each other."""
    tree: Tree = {}
    for addition in additions:
        tree = grown(tree, addition.keys, addition.entry)
    if not isinstance(tree, dict):
        raise ValueError("a file's root is a mapping")
    return "".join(f"{line}\n" for line in block_lines(tree, 0, Layout())).encode()
