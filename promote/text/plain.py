r"""A file that is no YAML, and what regular expressions find in its bytes.

Line endings are one character to an expression: `$` stands before `\r\n`, and `.` takes none of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from promote.text.lines import BOM, Lines

Group = tuple[int, int]


@dataclass(frozen=True)
class PlainText(Lines):
    """A whole file, and the expressions that lead to values in it."""

    expressions: tuple[re.Pattern[bytes], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One match, and its groups `tag` and `digest` as bytes [start, end); None for a group that took no part."""

    whole: Group
    tag: Group | None
    digest: Group | None

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(group for group in (self.tag, self.digest) if group is not None)


def matches(data: bytes, expression: re.Pattern[bytes]) -> Iterator[Match]:
    """Every match in a file, in its order, without those that have neither group."""
    skipped = len(BOM) if data.startswith(BOM) else 0
    text = data[skipped:]
    newlines = [found.start() - number for number, found in enumerate(re.finditer(rb"\r\n", text))]
    text = text.replace(b"\r\n", b"\n")

    def group(found: re.Match[bytes], name: str | int) -> Group | None:
        if isinstance(name, str) and name not in expression.groupindex:
            return None
        start, end = found.span(name)
        # Each line ending before it has lost a byte.
        outward = (at + bisect_left(newlines, at) + skipped for at in (start, end))
        return None if start < 0 else (next(outward), next(outward))

    for found in expression.finditer(text):
        whole, tag, digest = group(found, 0), group(found, "tag"), group(found, "digest")
        if whole is not None and (tag is not None or digest is not None):
            yield Match(whole, tag, digest)
