"""YAML documents as nodes with exact byte spans, built in one pass over libyaml's events.

Why not a loader: composing from events keeps aliases as events (a bomb stays small), lets duplicates and depth be seen,
and tells where every scalar stands. libyaml counts code points and leaves the byte-order mark out; here everything is
bytes from the file's beginning. Anchors and tags before a scalar are outside its span.
"""

from __future__ import annotations

import gc
import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

import yaml
from yaml._yaml import CParser

from promote.text.edit import Span
from promote.text.lines import BOM, Lines
from promote.text.node import Alias, Mapping, Node, Pair, Scalar, ScalarStyle, Sequence

__all__ = ["BOM", "Alias", "Broken", "Document", "Mapping", "Node", "Pair", "Scalar", "Sequence", "Stream", "parse"]

_STYLES: dict[str | None, ScalarStyle] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}

# Deeper than any manifest; a deeper one is refused long before a parser's own limits.
MAX_DEPTH = 200
_USUAL = re.compile(rb"\r\n|\n")
_CHUNK = 64
_NEVER = 1 << 62


@dataclass(frozen=True)
class Document:
    """One document of a file; `aliased` are the anchors that something repeats.

    Its bytes [start, end) begin where the document before it ended: comments and indentation before its first value
    may be read differently by another parser, and are part of what is proven.
    """

    root: Node
    start: int
    end: int
    aliased: frozenset[str]
    anchors: dict[str, Node]


@dataclass(frozen=True)
class Stream(Lines):
    """A whole file: its path, its bytes and its documents."""

    documents: tuple[Document, ...]

    @cached_property
    def ending(self) -> bytes:
        """The line ending that the file begins with; a file of one line gets a newline."""
        found = _USUAL.search(self.data)
        return found.group() if found is not None else b"\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that cannot be read as YAML: a stable code (not-utf8, not-yaml, too-deep) and the place."""

    path: bytes
    code: Literal["not-utf8", "not-yaml", "too-deep"]
    why: str
    span: Span


class _Offsets:
    """Byte offsets of code points, by checkpoints every few characters; nearly all of a file is ASCII."""

    def __init__(self, text: str, shift: int) -> None:
        self._text = text
        self._shift = shift
        self._ascii = text.isascii()
        self._marks = array("Q", [shift])
        if not self._ascii:
            total = shift
            for at in range(0, len(text), _CHUNK):
                total += len(text[at : at + _CHUNK].encode())
                self._marks.append(total)
            if len(text) % _CHUNK:
                self._marks[-1] = _NEVER  # the last one is shorter: its length in bytes tells nothing
            self._marks.append(_NEVER)

    def __call__(self, index: int) -> int:
        if self._ascii:
            return index + self._shift
        chunk, rest = divmod(index, _CHUNK)
        mark = self._marks[chunk]
        if not rest or self._marks[chunk + 1] - mark == _CHUNK:
            return mark + rest
        here = chunk * _CHUNK
        return mark + len(self._text[here : here + rest].encode())


class _TooDeepError(Exception):
    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


class _Frame:
    """A collection that is being built."""

    __slots__ = ("anchor", "children", "flow", "mapping", "start")

    def __init__(self, *, mapping: bool, flow: bool, start: int, anchor: str | None) -> None:
        self.mapping = mapping
        self.flow = flow
        self.start = start
        self.anchor = anchor
        self.children: list[Node] = []

    def close(self, end: int) -> Node:
        if not self.mapping:
            return Sequence(tuple(self.children), self.flow, self.start, end, self.anchor)
        pairs = tuple(Pair(key, value) for key, value in zip(self.children[::2], self.children[1::2], strict=True))
        return Mapping(pairs, self.flow, self.start, end, self.anchor)


class _Builder:
    """Events in, documents out."""

    def __init__(self, data: bytes, text: str, shift: int) -> None:
        self._data = data
        self._shift = shift
        self._offset = _Offsets(text, shift)
        self._contents: list[tuple[int, int]] | None = None
        self._scalars = 0

    def documents(self) -> Iterator[Document]:
        frames: list[_Frame] = []
        anchors: dict[str, Node] = {}
        aliased: set[str] = set()
        root: Node | None = None
        start = self._shift
        parser = CParser(self._data)
        try:
            while True:
                event: Any = parser.get_event()
                kind = type(event)
                node: Node | None = None
                if kind is yaml.ScalarEvent:
                    node = self._scalar(event)
                elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                    if len(frames) >= MAX_DEPTH:
                        raise _TooDeepError(event.start_mark.index)
                    at = self._offset(event.start_mark.index)
                    anchors.pop(event.anchor, None)
                    mapping = kind is yaml.MappingStartEvent
                    frames.append(_Frame(mapping=mapping, flow=bool(event.flow_style), start=at, anchor=event.anchor))
                    continue
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    node = frames.pop().close(self._offset(event.end_mark.index))
                elif kind is yaml.AliasEvent:
                    aliased.add(event.anchor)
                    first, last = self._offset(event.start_mark.index), self._offset(event.end_mark.index)
                    node = Alias(event.anchor, first, last, anchors.get(event.anchor))
                elif kind is yaml.DocumentStartEvent:
                    root = None
                    anchors, aliased = {}, set()
                elif kind is yaml.DocumentEndEvent and root is not None:
                    end = self._offset(event.end_mark.index)
                    yield Document(root, start, end, frozenset(aliased), anchors)
                    start = end
                elif kind is yaml.StreamEndEvent:
                    return
                if node is None:
                    continue
                if not isinstance(node, Alias) and node.anchor is not None:
                    anchors[node.anchor] = node
                if frames:
                    frames[-1].children.append(node)
                else:
                    root = node
        finally:
            parser.dispose()

    def _scalar(self, event: Any) -> Scalar:
        first, last = event.start_mark.index, event.end_mark.index
        style = _STYLES[event.style]
        if event.value != "" or style != "plain":
            if event.anchor is not None or event.tag is not None:
                first, last = self._content(self._scalars)
            self._scalars += 1
        elif event.anchor is not None or event.tag is not None:
            first = last
        return Scalar(event.value, style, self._offset(first), self._offset(last), event.anchor, event.tag)

    def _content(self, number: int) -> tuple[int, int]:
        """Code points of the scalar with this number, without the properties before it: the token knows them."""
        if self._contents is None:
            tokens = yaml.scan(self._data, Loader=yaml.CLoader)
            self._contents = [
                (token.start_mark.index, token.end_mark.index)
                for token in cast("Iterator[Any]", tokens)
                if isinstance(token, yaml.ScalarToken)
            ]
        return self._contents[number]

    def place(self, index: int) -> int:
        return self._offset(index)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nodes make no cycles, and the collector would look at half a million of them again and again."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def parse(path: bytes, data: bytes) -> Stream | Broken:
    """The documents of a file, or why it cannot be read; time and memory grow with its length alone."""
    bare = Stream(path, data, ())
    shift = len(BOM) if data.startswith(BOM) else 0
    try:
        text = data[shift:].decode("utf-8")
    except UnicodeDecodeError as exc:
        at = exc.start + shift
        return Broken(path, "not-utf8", "is not UTF-8", bare.span(at, at))
    if text.startswith("\ufeff"):
        return Broken(path, "not-yaml", "begins with two byte-order marks", bare.span(shift, shift))
    builder = _Builder(data[shift:], text, shift)
    try:
        with _collector_paused():
            return Stream(path, data, tuple(builder.documents()))
    except _TooDeepError as exc:
        at = builder.place(exc.index)
        return Broken(path, "too-deep", f"is nested deeper than {MAX_DEPTH} levels", bare.span(at, at))
    except yaml.reader.ReaderError as exc:
        at = min(int(exc.position) + shift, len(data))  # the one place where libyaml counts bytes
        return Broken(path, "not-yaml", "holds a character that YAML does not allow", bare.span(at, at))
    except yaml.MarkedYAMLError as exc:
        mark: Any = exc.problem_mark or exc.context_mark
        at = builder.place(min(int(mark.index), len(text))) if mark is not None else 0
        if "nesting depth" in (exc.problem or ""):
            # Since 0.2.6 libyaml has a limit of its own, and reads ahead of its events: it may be the first to see it.
            return Broken(path, "too-deep", f"is nested deeper than {MAX_DEPTH} levels", bare.span(at, at))
        return Broken(path, "not-yaml", f"is not YAML ({exc.problem or exc.context})", bare.span(at, at))
