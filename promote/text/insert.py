"""Where a missing key goes: behind a neighbour of the same mapping, in the file's own indentation and line ending."""

from __future__ import annotations

import re

from promote.text.document import Mapping, Pair, Scalar, Stream
from promote.text.part import Part

_LEAD = re.compile(rb"[ ]*(?:-[ ]+)*")


def part_for(
    stream: Stream, mapping: Mapping, key: str, *, behind: Pair, keys: tuple[str | int, ...]
) -> Part | None:
    """A Part that inserts `key` behind the pair `behind`, or None where the neighbour leaves no safe place for it."""
    neighbour = behind.value
    if not isinstance(behind.key, Scalar) or not isinstance(neighbour, Scalar):
        return None
    if neighbour.style in ("literal", "folded") or b"\n" in stream.data[neighbour.start : neighbour.end]:
        return None
    if mapping.flow:
        span = stream.span(neighbour.end, neighbour.end)
        return Part(stream.path, span, (*keys, key), "", "double", neighbour.start, (f", {key}: ".encode(), b""), key)
    start, _, _ = stream.line_bounds(behind.key.start)
    _, end, ending = stream.line_bounds(neighbour.end)
    lead = stream.data[start : behind.key.start]
    if lead.startswith(b"\xef\xbb\xbf"):
        lead = lead[3:]
    if _LEAD.fullmatch(lead) is None:
        return None
    margin = b" " * len(lead)
    newline = ending or _usual_ending(stream.data)
    span = stream.span(end, end)
    before = newline + margin + f"{key}: ".encode()
    return Part(stream.path, span, (*keys, key), "", "plain", neighbour.start, (before, b""), key)


def _usual_ending(data: bytes) -> bytes:
    """The line ending that the file begins with; a file of one line gets a newline."""
    found = re.search(rb"\r\n|\n", data)
    return found.group() if found is not None else b"\n"
