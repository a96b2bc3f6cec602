"""How the lines of a file are laid out: columns, indentations, and where the last line of a node ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promote.text.document import BOM, Stream
from promote.text.node import Mapping, Node, Scalar, Sequence

_LEAD = re.compile(rb"[ ]*(?:-[ ]+)*")
_REST = re.compile(rb"[ \t]*|[ \t]+#.*")
_KEEP = re.compile(rb"[|>][0-9]?\+")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: by how much a mapping and a list are indented below their key."""

    step: int = 2
    inset: int = 0


def column(stream: Stream, at: int) -> int | None:
    """How far in byte `at` stands; None where more than spaces and dashes stand before it on its line."""
    lead = stream.data[stream.line_bounds(at)[0] : at].removeprefix(BOM)
    return len(lead) if _LEAD.fullmatch(lead) is not None else None


def layout_of(stream: Stream, root: Node) -> Layout:
    """By how much the first mapping below a key and the first list below a key are indented in a document."""
    step: int | None = None
    inset: int | None = None
    for above, below in _blocks(stream, root):
        if isinstance(below, Mapping) and step is None:
            start = column(stream, below.pairs[0].key.start)
            step = start - above if start is not None and start > above else None
        elif isinstance(below, Sequence) and inset is None:
            start = column(stream, below.start)
            inset = start - above if start is not None and start >= above else None
        if step is not None and inset is not None:
            break
    return Layout(step or 2, inset or 0)


def _blocks(stream: Stream, root: Node) -> Iterator[tuple[int, Node]]:
    """Every block collection below a key on a line before it, with the column of the key."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            for pair in node.pairs:
                above = column(stream, pair.key.start)
                if above is not None and isinstance(pair.value, Mapping | Sequence) and not pair.value.flow:
                    yield above, pair.value
            waiting += [pair.value for pair in reversed(node.pairs)]


def last_of(node: Node) -> Node:
    """What stands last in a block collection, at any depth."""
    while isinstance(node, Mapping | Sequence) and not node.flow:
        node = node.pairs[-1].value if isinstance(node, Mapping) else node.items[-1]
    return node


def content_end(stream: Stream, node: Node) -> int | None:
    """The end of the last line of a node, before its ending, where new lines can go; None where they cannot.

    Behind a block scalar that keeps the blank lines below it, it is the beginning of the line after those.
    """
    data = stream.data
    node = last_of(node)
    if not isinstance(node, Scalar) or node.style not in ("literal", "folded"):
        end = stream.line_bounds(node.end)[1]
        return end if _REST.fullmatch(data, node.end, end) is not None else None
    ended = data[node.start : node.end].endswith((b"\n", b"\r"))
    if _KEEP.match(data, node.start) is not None:
        return node.end if ended else None
    return stream.line_bounds(node.start + len(data[node.start : node.end].rstrip()))[1] if ended else None
