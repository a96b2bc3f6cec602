"""The numbers of a document's events, counted in its nodes: how the proof is told where something is intended."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from promote.text.document import Document
from promote.text.node import Mapping, Node, Scalar, Sequence

ROOT = 2  # events 0 and 1 begin the stream and the document
AROUND = 4  # these, and the two that end them


def size(node: Node) -> int:
    """How many events a node is."""
    return node.size if isinstance(node, (Sequence, Mapping)) else 1


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Mapping):
        return tuple(child for pair in node.pairs for child in (pair.key, pair.value))
    return ()


class Numbers:
    """The nodes of one document by byte, and the numbers of their events; what a collection holds is counted once."""

    def __init__(self, document: Document) -> None:
        self._root = document.root
        self._held: dict[int, tuple[tuple[Node, ...], list[int], list[int]]] = {}

    def scalar(self, at: int) -> tuple[Scalar, int]:
        """The scalar that begins at byte `at` and its event; raises LookupError where there is none."""
        node, number = self._root, ROOT
        while not isinstance(node, Scalar):
            children, starts, numbers = self._children(node)
            place = bisect_right(starts, at) - 1
            if place < 0:
                break
            node, number = children[place], number + numbers[place]
        if not isinstance(node, Scalar) or node.start != at:
            raise LookupError(f"no scalar begins at byte {at}")
        return node, number

    def of(self, wanted: Node) -> int:
        """The event with which a node of this document begins; raises LookupError for any other node."""
        node, number = self._root, ROOT
        while node is not wanted:
            children, starts, numbers = self._children(node)
            place = bisect_right(starts, wanted.start) - 1
            if place < 0:
                raise LookupError("the node is of another document")
            node, number = children[place], number + numbers[place]
        return number

    def _children(self, node: Node) -> tuple[tuple[Node, ...], list[int], list[int]]:
        held = self._held.get(id(node))
        if held is None:
            children = _children(node)
            numbers = list(accumulate((size(child) for child in children), initial=1))
            held = children, [child.start for child in children], numbers
            self._held[id(node)] = held
        return held
