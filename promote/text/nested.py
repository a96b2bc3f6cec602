"""YAML inside a literal block scalar (`helm.values: |`), and pieces of the lines that a scalar is written in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promote.text.block import Block, block_of
from promote.text.document import Broken, Scalar, Stream, parse
from promote.text.edit import Span
from promote.text.part import Nested, Part, Style

Keys = tuple[str | int, ...]
_QUOTED: dict[str, Style] = {"single": "single", "double": "double"}


@dataclass(frozen=True, slots=True)
class Inner:
    """The text of a block scalar as a stream of its own, whose parts can be told as parts of the file."""

    stream: Stream
    block: Block
    scalar: Scalar

    def span(self, start: int, end: int) -> Span:
        """Where bytes [start, end) of the text stand in the file."""
        return self.block.span(start, end)

    def part(self, part: Part, keys: Keys) -> Part:
        """A part of the text as a part of the file; `keys` lead to the block scalar."""
        return replace(
            part,
            span=self.span(part.span.start, part.span.end),
            keys=(*keys, *part.keys),
            scalar=self.scalar.start,
            cut=None if part.cut is None else self.block.cut(part.cut.start, part.cut.end),
            nested=Nested(self.stream, self.block, part),
        )


def inner_of(stream: Stream, scalar: Scalar) -> Inner | Broken | None:
    """The YAML in a literal block scalar, or why it is none; None where its lines do not read as they stand."""
    block = block_of(stream, scalar)
    if block is None:
        return None
    found = parse(stream.path, block.text)
    if isinstance(found, Broken):
        return replace(found, span=block.span(found.span.start, found.span.end))
    return Inner(found, block, scalar)


def piece(stream: Stream, scalar: Scalar, start: int, end: int, keys: Keys) -> Part | None:
    """Bytes [start, end) of the file as a part of this scalar, or None where they do not read as they stand there.

    They stand on one line of a literal block, or of a plain or quoted scalar without escapes. The whole of the latter
    is that scalar's own part, so that it gets quotes where it needs them.
    """
    if not scalar.start <= start < end <= scalar.end:
        return None
    span = stream.span(start, end)
    value = stream.data[start:end].decode("utf-8", "replace")
    inner = Part(stream.path, span, keys, value, "inner", scalar.start)
    if scalar.style in ("literal", "folded"):
        block = block_of(stream, scalar)
        ends = (None, None) if block is None else (block.inward(start), block.inward(end))
        return inner if ends[0] is not None and ends[1] == ends[0] + end - start else None
    edge = 0 if scalar.style == "plain" else 1
    head, tail = scalar.start + edge, scalar.end - edge
    if stream.data[head:tail] != scalar.value.encode() or not head <= start < end <= tail:
        return None
    if (start, end) != (head, tail):
        return inner
    whole = stream.span(scalar.start, scalar.end)
    return replace(inner, span=whole, style=_QUOTED.get(scalar.style, "plain"))
