"""A Part: one scalar, or a piece of one, that may be given another value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promote.text.edit import Span

Style = Literal["plain", "single", "double", "inner"]


@dataclass(frozen=True, slots=True)
class Part:
    """A value in a file and where its bytes stand.

    `scalar` is the first byte of the whole scalar; for an `inner` part the span covers a piece of it. Where the value
    is missing, `insert` holds the bytes that go before and after it, the span is empty and stands where the value
    belongs, and `scalar` is that of the neighbour behind which it goes; `key` is the key that is inserted with it, or
    None where the key is there and has no value.
    """

    path: bytes
    span: Span
    keys: tuple[str | int, ...]
    value: str
    style: Style
    scalar: int
    insert: tuple[bytes, bytes] | None = None
    key: str | None = None
