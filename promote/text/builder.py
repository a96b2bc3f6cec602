"""libyaml's events → documents of nodes, in one pass.

This is where the time of reading a long file goes: half a million events in a file of 5 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import yaml
from yaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml._yaml import CParser

from promote.text.node import Alias, Document, Mapping, Node, Pair, Scalar, ScalarStyle, Sequence
from promote.text.offsets import Offsets

# Deeper than any manifest; a deeper one is refused long before a parser's own limits.
MAX_DEPTH = 200
_STYLES: dict[str | None, ScalarStyle] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
# Calling the classes themselves takes three times as long.
_pair = cast("partial[Pair]", partial(tuple.__new__, Pair))
_scalar = cast("partial[Scalar]", partial(tuple.__new__, Scalar))


class TooDeepError(Exception):
    """A document is nested deeper than MAX_DEPTH; `index` is the code point where."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


class _Frame:
    """A collection that is being built; `number` is that of its first event."""

    __slots__ = ("anchor", "children", "flow", "mapping", "number", "start")

    def __init__(self, event: Any, start: int, number: int) -> None:
        self.mapping = type(event) is MappingStartEvent
        self.flow = bool(event.flow_style)
        self.anchor: str | None = event.anchor
        self.start = start
        self.number = number
        self.children: list[Node] = []

    def close(self, end: int, number: int) -> Node:
        children, size = self.children, number - self.number + 1
        if not self.mapping:
            return Sequence(tuple(children), self.flow, self.start, end, self.anchor, size)
        pairs = tuple(map(_pair, zip(children[::2], children[1::2], strict=True)))
        return Mapping(pairs, self.flow, self.start, end, self.anchor, size)


class Builder:
    """The documents of a file, read as they are asked for; `shift` is the length of its byte-order mark."""

    def __init__(self, data: bytes, text: str, shift: int) -> None:
        self._data = data
        self._shift = shift
        self.place = Offsets(text, shift)
        self._contents: list[tuple[int, int]] | None = None
        self._scalars = 0

    def documents(self) -> Iterator[Document]:
        """Raises TooDeepError, and what libyaml raises."""
        parser = CParser(self._data)
        try:
            yield from self._read(parser.get_event)
        finally:
            parser.dispose()

    def _read(self, next_event: Any) -> Iterator[Document]:
        place, known = self.place, dict[str, str]()
        shift = self._shift if place.ascii else None
        frames: list[_Frame] = []
        anchors: dict[str, Node] = {}
        aliased: set[str] = set()
        top: list[Node] = []
        children = top
        start, number = self._shift, -1
        while True:
            event = next_event()
            number += 1
            kind = type(event)
            node: Node
            if kind is ScalarEvent:
                first, last = event.start_mark.index, event.end_mark.index
                value, style, anchor, tag = event.value, event.style, event.anchor, event.tag
                if anchor is not None or tag is not None:
                    first, last = (last, last) if not value and not style else self._content()
                if value or style:
                    self._scalars += 1
                if shift is not None:
                    first, last = first + shift, last + shift
                else:
                    first, last = place(first), place(last)
                # Keys are repeated a thousand times over: one string for all of them.
                value = known.setdefault(value, value)
                node = _scalar((value, _STYLES[style], first, last, anchor, tag))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(frames) >= MAX_DEPTH:
                    raise TooDeepError(event.start_mark.index)
                anchors.pop(event.anchor, None)
                frames.append(_Frame(event, place(event.start_mark.index), number))
                children = frames[-1].children
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                frame = frames.pop()
                node, anchor = frame.close(place(event.end_mark.index), number), frame.anchor
                children = frames[-1].children if frames else top
            elif kind is AliasEvent:
                aliased.add(event.anchor)
                first, last = place(event.start_mark.index), place(event.end_mark.index)
                node = Alias(event.anchor, first, last, anchors.get(event.anchor))
                anchor = None
            else:
                if kind is DocumentStartEvent:
                    anchors, aliased = {}, set()
                elif kind is DocumentEndEvent and top:
                    end = place(event.end_mark.index)
                    yield Document(top.pop(), start, end, frozenset(aliased), anchors)
                    start = end
                elif kind is StreamEndEvent:
                    return
                continue
            if anchor is not None:
                anchors[anchor] = node
            children.append(node)

    def _content(self) -> tuple[int, int]:
        """Code points of the next scalar without the properties before it: its token knows them."""
        if self._contents is None:
            tokens = yaml.scan(self._data, Loader=yaml.CLoader)
            self._contents = [
                (token.start_mark.index, token.end_mark.index)
                for token in cast("Iterator[Any]", tokens)
                if isinstance(token, yaml.ScalarToken)
            ]
        return self._contents[self._scalars]
