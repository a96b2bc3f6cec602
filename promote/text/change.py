"""Wishes for the parts of a file → changes: edits that belong together, and what they mean for the proof."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promote.text.block import block_of
from promote.text.document import Scalar, Stream
from promote.text.edit import Edit, Span, splice
from promote.text.numbers import Numbers
from promote.text.part import Part
from promote.text.proof import Disagreement, Intended, Text
from promote.text.scalar import is_misread, spell, stands

Wish = tuple[Part, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """Edits, and the difference that they are to make in the events of document `number`, near byte `at`."""

    number: int
    at: int
    edits: tuple[Edit, ...]
    intended: Intended


class Counted:
    """A stream whose events have numbers; they are counted where they are asked for."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.numbers = tuple(Numbers(document) for document in stream.documents)

    def scalar(self, at: int) -> tuple[int, Scalar, int]:
        """The number of the document, the scalar that begins at byte `at` of the file, and the number of its event.

        Raises LookupError where no scalar begins.
        """
        place = bisect_right(self.stream.documents, at, key=lambda document: document.start) - 1
        if place < 0:
            raise LookupError(f"no document holds byte {at}")
        return place, *self.numbers[place].scalar(at)


def replaced(counted: Counted, part: Part, value: str | None) -> Change | Disagreement | None:
    """A whole scalar given a value, inserted with its key, or removed with it; None where it is so already."""
    data = counted.stream.data
    if (value is None and part.key is not None) or (value is not None and stands(part, value)):
        return None
    number, _, event = counted.scalar(part.scalar)
    if value is None:
        if part.cut is None:
            return Disagreement("not-removable", "a value cannot be removed from where it stands")
        return Change(number, part.scalar, (_edit(data, part.cut, b""),), Intended(event - 1, 2, ()))
    before, after = part.insert or (b"", b"")
    edits = (_edit(data, part.span, before + spell(value, part.style) + after),)
    if part.key is not None:
        return Change(number, part.scalar, edits, Intended(event + 1, 0, (Text(part.key), Text(value))))
    return Change(number, part.scalar, edits, Intended(event, 1, (Text(value),)))


def pieced(
    counted: Counted, at: int, wishes: Sequence[Wish], within: Sequence[Edit] = ()
) -> Change | Disagreement | None:
    """Pieces of the scalar at byte `at` given values or removed; in a literal block also edits `within` its text."""
    data = counted.stream.data
    outer: list[Edit] = []
    for part, value in wishes:
        if value is None and part.insert is not None:
            continue
        span = part.span if value is not None else part.cut
        if span is None:
            return Disagreement("not-removable", "a value cannot be removed from where it stands")
        before, after = part.insert or (b"", b"")
        edit = _edit(data, span, b"" if value is None else before + spell(value, part.style) + after)
        if edit.old != edit.new:
            outer.append(edit)
    if not outer and not within:
        return None
    number, scalar, event = counted.scalar(at)
    head = scalar.start if scalar.style == "plain" else scalar.start + 1
    if scalar.style in ("literal", "folded"):
        block = block_of(counted.stream, scalar)
        if block is None:
            return Disagreement("block-scalar", "a block scalar does not read as its lines stand")
        inner = [*within, *(_moved(edit, block.inward(edit.span.start), block.inward(edit.span.end)) for edit in outer)]
        outer += [block.edit(edit) for edit in within]
    else:
        inner = [_moved(edit, edit.span.start - head, edit.span.end - head) for edit in outer]
    text = splice(scalar.value.encode(), inner).decode()
    if scalar.style == "plain" and is_misread(text):
        # Without its other piece it would be a number.
        first, last = (Edit(counted.stream.span(at, at), b"", b'"') for at in (scalar.start, scalar.end))
        outer = [first, *outer, last]
    return Change(number, at, tuple(outer), Intended(event, 1, (Text(text),)))


def _edit(data: bytes, span: Span, new: bytes) -> Edit:
    return Edit(span, data[span.start : span.end], new)


def _moved(edit: Edit, start: int | None, end: int | None) -> Edit:
    if start is None or end is None:
        raise LookupError(f"byte {edit.span.start} is no text of its scalar")
    return replace(edit, span=replace(edit.span, start=start, end=end))
