"""A Part: one scalar, or a piece of one, that may be given another value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promote.text.block import Block
from promote.text.document import Stream
from promote.text.edit import Span

Style = Literal["plain", "single", "double", "inner", "text"]


@dataclass(frozen=True, slots=True)
class Part:
    """A value in a file and where its bytes stand.

    `scalar` is the first byte of the whole scalar; for an `inner` part the span covers a piece of it. Where the value
    is missing, `insert` holds the bytes that go before and after it, the span is empty and stands where the value
    belongs, and `scalar` is that of the neighbour behind which it goes; `key` is the key that is inserted with it, or
    None where the key is there and has no value. `cut` is what goes where the value is removed: with its key, or for an
    `inner` part with what ties it to the rest. A `text` part is one of a file that is no YAML. `nested` is told where
    the part stands in YAML inside a block scalar.
    """

    path: bytes
    span: Span
    keys: tuple[str | int, ...]
    value: str
    style: Style
    scalar: int
    insert: tuple[bytes, bytes] | None = None
    key: str | None = None
    cut: Span | None = None
    nested: Nested | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Nested:
    """The same part seen from inside of a block scalar: the text as a stream of its own, and the part in it."""

    stream: Stream
    block: Block
    part: Part
