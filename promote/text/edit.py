"""Spans, edits and the splice: the only way in which a file's bytes ever change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, end) of a file. Line and column count from 1, the column in characters."""

    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of `span`, which must read `old`, with `new`."""

    span: Span
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file as it was and as it is to be; `before` is None for a file that is created, `after` for one that goes."""

    path: bytes
    mode: int
    before: bytes | None
    after: bytes | None
    edits: tuple[Edit, ...]


class OverlapError(ValueError):
    """Two edits want the same bytes."""


def splice(data: bytes, edits: Sequence[Edit]) -> bytes:
    """`data` with all `edits` applied; all other bytes are the same.

    Insertions at one place keep their order. Raises ValueError where an edit's `old` does not stand there, a fault of
    the caller's, and OverlapError where two edits overlap.
    """
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    for before, after in pairwise(ordered):
        if after.span.start < before.span.end or (before.span == after.span and before.old):
            raise OverlapError(f"edits overlap at byte {after.span.start}")
    pieces: list[bytes] = []
    done = 0
    for edit in ordered:
        if data[edit.span.start : edit.span.end] != edit.old:
            raise ValueError(f"byte {edit.span.start} does not read {edit.old!r}")
        pieces += (data[done : edit.span.start], edit.new)
        done = edit.span.end
    return b"".join((*pieces, data[done:]))
