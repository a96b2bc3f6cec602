"""Where a missing key goes: behind a neighbour of the same mapping, in the file's own indentation and line ending."""

from __future__ import annotations

from promote.text.document import Mapping, Pair, Scalar, Stream
from promote.text.layout import column
from promote.text.part import Part


def part_for(stream: Stream, mapping: Mapping, key: str, *, behind: Pair, keys: tuple[str | int, ...]) -> Part | None:
    """A Part that inserts `key` behind the pair `behind`, or None where the neighbour leaves no safe place for it."""
    neighbour = behind.value
    if not isinstance(behind.key, Scalar) or not isinstance(neighbour, Scalar):
        return None
    if neighbour.style in ("literal", "folded") or b"\n" in stream.data[neighbour.start : neighbour.end]:
        return None
    if mapping.flow:
        span = stream.span(neighbour.end, neighbour.end)
        # Beside keys in quotes, as JSON has them all, the new one gets its own.
        spelled = f'"{key}"' if behind.key.style == "double" else key
        before = f", {spelled}: ".encode()
        return Part(stream.path, span, (*keys, key), "", "double", neighbour.start, (before, b""), key)
    indent = column(stream, behind.key.start)
    _, end, ending = stream.line_bounds(neighbour.end)
    if indent is None:
        return None
    margin = b" " * indent
    newline = ending or stream.ending
    span = stream.span(end, end)
    before = newline + margin + f"{key}: ".encode()
    return Part(stream.path, span, (*keys, key), "", "plain", neighbour.start, (before, b""), key)
