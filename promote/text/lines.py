"""The lines of a file: where a byte stands for whoever opens the file in an editor."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from promote.text.edit import Span

BOM = b"\xef\xbb\xbf"
_BREAK = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Lines:
    """A file by its path and its bytes."""

    path: bytes
    data: bytes

    def span(self, start: int, end: int) -> Span:
        """Bytes [start, end) with the line and column that an editor would show."""
        line = bisect_right(self._starts, start) - 1
        column = len(self.data[self._starts[line] : start].decode("utf-8", "replace"))
        if line == 0 and self.data.startswith(BOM) and start >= len(BOM):
            column -= 1
        return Span(start, end, line + 1, column + 1)

    def line_bounds(self, at: int) -> tuple[int, int, bytes]:
        """`(start, end, ending)` of the line that holds byte `at`; the ending is b"" on a last line without one."""
        line = bisect_right(self._starts, at) - 1
        start = self._starts[line]
        found = _BREAK.search(self.data, at)
        if found is None:
            return start, len(self.data), b""
        return start, found.start(), found.group()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.data))]
