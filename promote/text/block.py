"""The text of a literal block scalar (`|`) and the lines of the file that it is written in, byte for byte.

A file inside a file: what is found and edited in the text is carried out to the lines, which keep their indentation
and their line endings.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from promote.text.document import Scalar, Stream
from promote.text.edit import Edit, Span


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text: where it begins in the text, and its bytes [start, end) with their indentation in the file.

    `inset` is how much of it is indentation; the line ending stands between `end` and the next line's start.
    """

    at: int
    start: int
    end: int
    inset: int


@dataclass(frozen=True, slots=True)
class Block:
    """A literal block scalar whose text stands in the file as it reads."""

    stream: Stream
    text: bytes
    lines: tuple[Line, ...]
    behind: int  # where the line behind the text begins
    indent: bytes

    def outward(self, at: int) -> int:
        """The byte of the file that byte `at` of the text is; at a line's start the one behind its indentation."""
        line = self._line(at)
        return self.behind if line is None else line.start + line.inset + at - line.at

    def inward(self, at: int) -> int | None:
        """The byte of the text that byte `at` of the file is; None in an indentation, an ending, or outside."""
        place = bisect_right(self.lines, at, key=lambda line: line.start) - 1
        if place < 0:
            return None
        line = self.lines[place]
        return line.at + at - line.start - line.inset if line.start + line.inset <= at <= line.end else None

    def span(self, start: int, end: int) -> Span:
        """Where bytes [start, end) of the text stand in the file."""
        return self.stream.span(self.outward(start), self.outward(end))

    def cut(self, start: int, end: int) -> Span:
        """The bytes of the file that go with bytes [start, end) of the text: whole lines with their indentation."""
        whole = self._begins(start) and self._begins(end)
        return self.stream.span(self._bound(start, whole=whole), self._bound(end, whole=whole))

    def edit(self, inner: Edit) -> Edit:
        """An edit of the text as an edit of the file: new lines get the block's indentation and the line's ending."""
        start, end, new = inner.span.start, inner.span.end, inner.new
        # What ends where a line begins takes whole lines, or leaves whole lines: indentations go and come with them.
        whole = self._begins(end) and (new.endswith(b"\n") or (new == b"" and self._begins(start)))
        span = self.stream.span(self._bound(start, whole=whole), self._bound(end, whole=whole))
        ending = self._ending(start)
        first, *more = new.split(b"\n")
        lines = [self.indent + first if first and whole and self._begins(start) else first]
        lines += [self.indent + line if line else line for line in more]
        if more and not more[-1] and not whole:
            lines[-1] = self.indent
        return Edit(span, self.stream.data[span.start : span.end], ending.join(lines))

    def _line(self, at: int) -> Line | None:
        """The line that holds byte `at` of the text; None behind the last one."""
        if at == len(self.text) and self.text.endswith(b"\n"):
            return None
        return self.lines[bisect_right(self.lines, at, key=lambda line: line.at) - 1]

    def _begins(self, at: int) -> bool:
        return at == 0 or self.text[at - 1 : at] == b"\n"

    def _bound(self, at: int, *, whole: bool) -> int:
        line = self._line(at)
        return line.start if whole and line is not None and line.at == at else self.outward(at)

    def _ending(self, at: int) -> bytes:
        line = self._line(at) or self.lines[-1]
        return self.stream.line_bounds(line.start)[2] or self.stream.line_bounds(self.lines[0].start)[2] or b"\n"


def _outer_lines(stream: Stream, scalar: Scalar) -> list[tuple[int, int]]:
    """The lines below the `|`, without their endings."""
    found: list[tuple[int, int]] = []
    _, at, ending = stream.line_bounds(scalar.start)
    while ending and at + len(ending) < scalar.end:
        start = at + len(ending)
        _, at, ending = stream.line_bounds(start)
        found.append((start, at))
    return found


def block_of(stream: Stream, scalar: Scalar) -> Block | None:
    """The text of a literal block scalar; None for any other scalar, an empty one, and one that reads otherwise."""
    if scalar.style != "literal" or scalar.value.strip("\n") == "":
        return None
    text = scalar.value.encode()
    pieces = text.removesuffix(b"\n").split(b"\n")
    outer = _outer_lines(stream, scalar)
    if len(outer) < len(pieces):
        return None
    insets = {end - start - len(piece) for piece, (start, end) in zip(pieces, outer, strict=False) if piece}
    if len(insets) != 1:
        return None
    (inset,) = insets
    begins = accumulate((len(piece) + 1 for piece in pieces), initial=0)
    lines: list[Line] = []
    for at, piece, (start, end) in zip(begins, pieces, outer, strict=False):
        lead = inset if piece else end - start
        if lead > inset or stream.data[start:end] != b" " * lead + piece:
            return None
        lines.append(Line(at, start, end, lead))
    bounds = stream.line_bounds(lines[-1].start)
    return Block(stream, text, tuple(lines), bounds[1] + len(bounds[2]), b" " * inset)
