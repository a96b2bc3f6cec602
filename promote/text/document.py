"""YAML documents as nodes with exact byte spans, built in one pass over libyaml's events.

Why not a loader: composing from events keeps aliases as events (a bomb stays small), lets duplicates and depth be seen,
and tells where every scalar stands. libyaml counts code points and leaves the byte-order mark out; here everything is
bytes from the file's beginning. Anchors and tags before a scalar are outside its span.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import yaml

from promote.text.builder import MAX_DEPTH, Builder, TooDeepError
from promote.text.edit import Span
from promote.text.lines import BOM, Lines
from promote.text.node import Alias, Document, Mapping, Node, Pair, Scalar, Sequence

__all__ = [
    "BOM",
    "MAX_DEPTH",
    "Alias",
    "Broken",
    "Document",
    "Mapping",
    "Node",
    "Pair",
    "Scalar",
    "Sequence",
    "Stream",
    "parse",
]

_USUAL = re.compile(rb"\r\n|\n")


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
    builder = Builder(data[shift:], text, shift)
    try:
        with _collector_paused():
            return Stream(path, data, tuple(builder.documents()))
    except TooDeepError as exc:
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
