"""Which bytes go when an item of a list is removed, and what readers are to see then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promote.text.change import Change, Counted
from promote.text.document import Stream
from promote.text.edit import Edit, Span
from promote.text.layout import content_end
from promote.text.node import Mapping
from promote.text.node import Sequence as SequenceNode
from promote.text.numbers import size
from promote.text.proof import Come, Disagreement, Intended, Nothing
from promote.text.remove import between_commas, whole_lines

_DASH = re.compile(rb" *- +")


@dataclass(frozen=True, slots=True)
class Removal:
    """One item of the list at `keys`, by its place in it; the keys lead from the root of the file's first document."""

    keys: tuple[str, ...]
    place: int


def removed(counted: Counted, removals: Sequence[Removal]) -> list[Change] | Disagreement:
    """What takes these items out of a file, no two of them neighbours; or why that cannot be done safely."""
    out: list[Change] = []
    for removal in removals:
        node = _list_at(counted.stream, removal.keys)
        change = None if node is None else _change(counted, node, removal.place)
        if change is None:
            return Disagreement("not-removable", f"an item of {'.'.join(removal.keys)} cannot be taken out safely")
        out.append(change)
    return out


def _list_at(stream: Stream, keys: Sequence[str]) -> SequenceNode | None:
    if not stream.documents or stream.documents[0].aliased:
        return None  # what is repeated elsewhere would go there too
    node = stream.documents[0].root
    for key in keys:
        found = node.get(key) if isinstance(node, Mapping) else None
        if found is None:
            return None
        node = found
    return node if isinstance(node, SequenceNode) and node.anchor is None else None


def _change(counted: Counted, node: SequenceNode, place: int) -> Change | None:
    stream, item = counted.stream, node.items[place]
    span = _from_flow(stream, node, place) if node.flow else _lines(stream, node, place)
    if span is None:
        return None
    edit = Edit(span, stream.data[span.start : span.end], b"")
    come: tuple[Come, ...] = ()
    gone = item
    if len(node.items) == 1 and not node.flow:
        # Nothing is left of a list without brackets but the key that it stood under.
        gone, come = node, (Nothing(),)
    return Change(0, item.start, (edit,), Intended(counted.numbers[0].of(gone), size(gone), come))


def _lines(stream: Stream, node: SequenceNode, place: int) -> Span | None:
    """The whole lines of an item, with the comment behind it; comments above it and blank lines below it stay."""
    data, item = stream.data, node.items[place]
    start, _, _ = stream.line_bounds(item.start)
    end = content_end(stream, item)
    if end is None or _DASH.fullmatch(data, start, item.start) is None:
        return None
    if end > start and stream.line_bounds(end)[0] == end:
        return stream.span(start, end)
    return whole_lines(stream, start, end)


def _from_flow(stream: Stream, node: SequenceNode, place: int) -> Span | None:
    """The item with the comma on one side."""
    if len(node.items) == 1:
        own = node.items[0]
        return stream.span(own.start, own.end) if _is_alone(stream, node) else None
    return between_commas(stream, [(each.start, each.end) for each in node.items], place)


def _is_alone(stream: Stream, node: SequenceNode) -> bool:
    """Whether nothing but white space stands around the only item of a flow list."""
    (item,) = node.items
    around = stream.data[node.start + 1 : item.start] + stream.data[item.end : node.end - 1]
    return not around.strip()
