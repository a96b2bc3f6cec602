"""The part of a document that the second parser reads: it is twenty times slower than the first.

A block collection's item, taken with its whole lines, is a document of its own that reads as it reads in its place.
The first parser still reads everything, before and after; outside the window the bytes are the same.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from promote.text.document import Broken, Document, Stream, parse
from promote.text.node import Mapping, Node, Sequence, outline
from promote.text.numbers import Numbers, size

# In a longer document the second parser reads up to so many bytes around an edit: a fifth of a second.
MAX_WINDOW = 64 << 10
# A document up to this length has nothing to gain by a window.
MIN_WINDOWED = 256
# Parsers differ on what ends a line, or a scalar, where one of these stands: what follows it is not what it seems.
_DIVISIVE = re.compile(b"\xc2\x85|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf")
_LEAD = re.compile(rb" *(?:- +)?")


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes [start, end) of a file; what is intended in them falls before events [first, last] of the document.

    Event N of the document is event N - `shift` of the window.
    """

    start: int
    end: int
    first: int
    last: int
    shift: int


def whole(document: Document) -> Window:
    """All of a document."""
    return Window(document.start, document.end, 1, sys.maxsize, 0)


_Held = tuple[tuple[Node, ...], tuple[int, ...]]


def _children(node: Node) -> _Held:
    """What stands in a block collection, and where each begins; nothing for other nodes."""
    if isinstance(node, Mapping) and not node.flow:
        return tuple(pair.value for pair in node.pairs), tuple(pair.key.start for pair in node.pairs)
    if isinstance(node, Sequence) and not node.flow:
        return node.items, tuple(item.start for item in node.items)
    return (), ()


def _line_start(stream: Stream, at: int) -> int | None:
    """The start of the line where an item begins, or None where something else stands before the item."""
    start = stream.line_bounds(at)[0]
    return start if _LEAD.fullmatch(stream.data[start:at]) is not None else None


def _reads_alone(stream: Stream, parent: Node, place: int, window: Window) -> bool:
    alone = parse(stream.path, stream.data[window.start : window.end])
    if isinstance(alone, Broken) or len(alone.documents) != 1:
        return False
    root = alone.documents[0].root
    if isinstance(parent, Sequence):
        items = root.items if isinstance(root, Sequence) else ()
        return len(items) == 1 and list(outline(items[0])) == list(outline(parent.items[place]))
    if not isinstance(parent, Mapping) or not isinstance(root, Mapping) or len(root.pairs) != 1:
        return False
    own, pair = root.pairs[0], parent.pairs[place]
    return all(list(outline(a)) == list(outline(b)) for a, b in ((own.key, pair.key), (own.value, pair.value)))


class Windows:
    """The windows of one document; what each collection holds, and whether each window reads alone, is found once."""

    def __init__(self, stream: Stream, document: Document, numbers: Numbers) -> None:
        self._stream = stream
        self._document = document
        self._numbers = numbers
        self._held: dict[int, _Held] = {}
        self._alone: dict[Window, bool] = {}

    @property
    def long(self) -> bool:
        """Whether even the first parser takes its time for all of the document."""
        return self._document.end - self._document.start > MAX_WINDOW

    def at(self, at: int) -> Iterator[Window]:
        """The items around byte `at` that read alone, of at most MAX_WINDOW bytes; then the whole document.

        The smallest comes first, but in a long document the largest alone: there nothing else tells of its surroundings
        than the number of events.
        """
        document = self._document
        chain = self._chain(at)
        if self.long:
            chain = chain[:1]
        elif document.end - document.start <= MIN_WINDOWED or self._divided():
            chain = []
        for parent, place, start, end in reversed(chain):
            window = self._window(parent, place, start, end)
            if self._reads_alone(parent, place, window):
                yield window
        yield whole(document)

    def _divided(self) -> bool:
        return _DIVISIVE.search(self._stream.data, self._document.start, self._document.end) is not None

    def _chain(self, at: int) -> list[tuple[Node, int, int, int]]:
        """The items around byte `at`, the largest first: what holds them, which one it is, and its whole lines."""
        out: list[tuple[Node, int, int, int]] = []
        node, end = self._document.root, self._document.root.end
        while True:
            children, starts = self._children(node)
            place = bisect_right(starts, at) - 1
            if place < 0:
                return out
            start = _line_start(self._stream, starts[place])
            if place + 1 < len(starts):
                following = _line_start(self._stream, starts[place + 1])
                if following is None:
                    return out
                end = following
            if start is not None and end - start <= MAX_WINDOW:
                out.append((node, place, start, end))
            node = children[place]

    def _window(self, parent: Node, place: int, start: int, end: int) -> Window:
        own: tuple[Node, ...] = ()
        if isinstance(parent, Mapping):
            own = (parent.pairs[place].key, parent.pairs[place].value)
        elif isinstance(parent, Sequence):
            own = (parent.items[place],)
        first = self._numbers.of(own[0])
        # Alone, it begins behind the stream, the document and the collection.
        return Window(start, end, first, first + sum(size(node) for node in own), first - 3)

    def _children(self, node: Node) -> _Held:
        if id(node) not in self._held:
            self._held[id(node)] = _children(node)
        return self._held[id(node)]

    def _reads_alone(self, parent: Node, place: int, window: Window) -> bool:
        if window not in self._alone:
            self._alone[window] = _reads_alone(self._stream, parent, place, window)
        return self._alone[window]
