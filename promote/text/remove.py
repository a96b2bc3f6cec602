"""Which bytes go when a pair is removed, so that nothing else of its mapping is touched."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promote.text.document import Stream
from promote.text.edit import Span
from promote.text.layout import column, last_of
from promote.text.node import Mapping, Pair, Scalar

_COLON = re.compile(rb"[ \t]*:(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t]*")
_REST = re.compile(rb"[ \t]*|[ \t]+#.*")
_COMMA = re.compile(rb"\s*,\s*")
_LOOSE = re.compile(rb"[ \t]*[#\r\n]")
_DASHES = re.compile(rb"[ ]*(?:-[ ]+)+")


def cut_of(stream: Stream, mapping: Mapping, pair: Pair) -> Span | None:
    """The bytes that go with a pair; None where it is not clear which, and where the mapping would be empty.

    In block style these are its whole lines with the comment behind it, in flow style also the comma on one side.
    """
    key, value = pair.key, pair.value
    place = next((place for place, each in enumerate(mapping.pairs) if each is pair), None)
    if place is None or len(mapping.pairs) < 2 or not isinstance(key, Scalar) or not isinstance(value, Scalar):
        return None
    if _repeated(stream, key) or _repeated(stream, value) or value.style in ("literal", "folded"):
        return None
    if any(b in stream.data[node.start : node.end] for node in (key, value) for b in (b"\n", b"\r")):
        return None
    if mapping.flow:
        return between_commas(stream, [(each.key.start, each.value.end) for each in mapping.pairs], place)
    return _lines(stream, mapping, place, key, value)


def _repeated(stream: Stream, scalar: Scalar) -> bool:
    if scalar.anchor is None:
        return False
    return any(scalar.anchor in each.aliased for each in stream.documents if each.start <= scalar.start <= each.end)


def between_commas(stream: Stream, items: Sequence[tuple[int, int]], place: int) -> Span | None:
    """One of several `items` from byte to byte, with the comma behind it, or the one before it where it is the last.

    None where more than a comma and white space stands there.
    """
    start, end = items[place]
    if place + 1 < len(items):
        ahead = items[place + 1][0]
        return stream.span(start, ahead) if _COMMA.fullmatch(stream.data, end, ahead) is not None else None
    behind = items[place - 1][1]
    return stream.span(behind, end) if _COMMA.fullmatch(stream.data, behind, start) is not None else None


def whole_lines(stream: Stream, start: int, end: int) -> Span:
    """The lines from byte to byte with their ending; a file that ends without a newline does so after it as well."""
    ending = stream.line_bounds(end)[2]
    if ending or start == 0:
        return stream.span(start, end + len(ending))
    return stream.span(start - (2 if stream.data[start - 2 : start] == b"\r\n" else 1), end)


def _lines(stream: Stream, mapping: Mapping, place: int, key: Scalar, value: Scalar) -> Span | None:
    data = stream.data
    if not value.anchor and not value.tag and _COLON.fullmatch(data, key.end, value.start) is None:
        return None
    start, _, _ = stream.line_bounds(key.start)
    _, end, ending = stream.line_bounds(value.end)
    indent = column(stream, key.start)
    if _REST.fullmatch(data, value.end, end) is None or indent is None or key.anchor or key.tag:
        return None
    if data[start : key.start].strip(b" "):
        return _behind_dash(stream, mapping, place, end + len(ending))
    before = last_of(mapping.pairs[place - 1].value) if place else None
    in_block = isinstance(before, Scalar) and before.style in ("literal", "folded")
    if in_block and (not ending or _LOOSE.match(data, end + len(ending)) is not None):
        return None  # what stands below, or the end of the file, would become part of the block scalar
    return whole_lines(stream, start, end)


def _behind_dash(stream: Stream, mapping: Mapping, place: int, below: int) -> Span | None:
    """The first pair of a list item: the one on the next line takes its place behind the dash."""
    key = mapping.pairs[place].key
    lead = stream.data[stream.line_bounds(key.start)[0] : key.start]
    if place or _DASHES.fullmatch(lead) is None:
        return None
    ahead = mapping.pairs[1].key.start
    return stream.span(key.start, ahead) if stream.data[below:ahead] == b" " * len(lead) else None
