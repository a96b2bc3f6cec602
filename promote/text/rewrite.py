"""Parts and their new values, and what is added → edits → proven bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from promote.text.addition import Addition
from promote.text.change import Change, Counted, Wish, pieced, replaced
from promote.text.document import BOM, Document, Stream
from promote.text.edit import Edit, OverlapError, splice
from promote.text.numbers import AROUND, size
from promote.text.part import Nested
from promote.text.place import added
from promote.text.proof import Disagreement, Intended, prove, prove_countable, prove_quickly
from promote.text.remove_item import Removal, removed
from promote.text.scalar import UnwritableError
from promote.text.window import Window, Windows, whole

Proof = Callable[[bytes, bytes, Sequence[Intended]], Disagreement | None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new bytes of a file and the edits that lead there; none where nothing differs."""

    after: bytes
    edits: tuple[Edit, ...]


def rewrite(
    stream: Stream, wishes: Sequence[Wish], additions: Sequence[Addition] = (), removals: Sequence[Removal] = ()
) -> Rewritten | Disagreement:
    """The file with every part reading its new value, or gone where that is None, with what is added and removed.

    Proven by two parsers; or why the file must not be touched.
    """
    counted = Counted(stream)
    try:
        changes = _changes(counted, wishes)
        if isinstance(changes, Disagreement):
            return changes
        more = added(counted, additions)
        if isinstance(more, Disagreement):
            return more
        gone = removed(counted, removals)
        if isinstance(gone, Disagreement):
            return gone
        # In the order of the events: what a list inside gets comes before what the mapping around it gets.
        changes = sorted([*changes, *more, *gone], key=_order)
        edits = tuple(edit for change in changes for edit in change.edits)
        after = splice(stream.data, edits)
    except OverlapError:
        return Disagreement("conflict", "two of the changes want the same bytes")
    except UnwritableError as exc:
        return Disagreement("not-writable", f"a value {exc}")
    return _fault(counted, after, changes) or Rewritten(after, edits)


def _order(change: Change) -> tuple[int, int, bool]:
    return change.number, change.intended.number, change.intended.gone > 0


def _changes(counted: Counted, wishes: Sequence[Wish]) -> list[Change] | Disagreement:
    out: list[Change | None] = []
    pieces: dict[int, list[Wish]] = {}
    for part, value in wishes:
        if part.style == "inner" or part.nested is not None:
            pieces.setdefault(part.scalar, []).append((part, value))
            continue
        change = replaced(counted, part, value)
        if isinstance(change, Disagreement):
            return change
        out.append(change)
    for at, mine in pieces.items():
        within = _within([(part.nested, value) for part, value in mine if part.nested is not None])
        if isinstance(within, Disagreement):
            return within
        change = pieced(counted, at, [wish for wish in mine if wish[0].nested is None], within)
        if isinstance(change, Disagreement):
            return change
        out.append(change)
    return [change for change in out if change is not None]


def _within(wishes: Sequence[tuple[Nested, str | None]]) -> Sequence[Edit] | Disagreement:
    """The edits of the text of one block scalar, which is a file of its own and is proven as such."""
    if not wishes:
        return ()
    made = rewrite(wishes[0][0].stream, [(nested.part, value) for nested, value in wishes])
    return made if isinstance(made, Disagreement) else made.edits


def _fault(counted: Counted, after: bytes, changes: Sequence[Change]) -> Disagreement | None:
    """Why the changes are not to be trusted, a document at a time."""
    groups: dict[int, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.number, []).append(change)
    grown = 0
    for number, group in groups.items():
        stream = counted.stream
        if number < len(stream.documents):
            fault = _in_document(counted, after, stream.documents[number], number, group, grown)
        else:
            start = len(BOM) if stream.data.startswith(BOM) else 0
            nothing = Window(start, len(stream.data), 0, 0, 0)
            fault = _judge(prove, stream, after, nothing, group, grown)
        if fault is not None:
            return fault
        grown += _growth(group)
    return None


def _in_document(
    counted: Counted, after: bytes, document: Document, number: int, group: list[Change], grown: int
) -> Disagreement | None:
    stream, everything = counted.stream, whole(document)
    parts = Windows(stream, document, counted.numbers[number])
    windows = _grouped((_window(parts, change) or everything, change) for change in group)
    if everything not in windows:
        proof = partial(_countable, size(document.root) + AROUND) if parts.long else prove_quickly
        fault = _judge(proof, stream, after, everything, group, grown)
        if fault is not None:
            return fault
    for window, mine in sorted(windows.items(), key=lambda item: item[0].start):
        fault = _judge(prove, stream, after, window, mine, grown)
        if fault is not None:
            return fault
        grown += _growth(mine)
    return None


def _window(parts: Windows, change: Change) -> Window | None:
    return next((window for window in parts.at(change.at) if _holds(window, change)), None)


def _grouped(found: Iterable[tuple[Window, Change]]) -> dict[Window, list[Change]]:
    """The changes by window; one that lies within another gives its changes to that one. They never overlap else."""
    out: dict[Window, list[Change]] = {}
    outer: Window | None = None
    for window, change in sorted(found, key=lambda each: (each[0].start, -each[0].end)):
        if outer is None or window.end > outer.end:
            outer = window
        out.setdefault(outer, []).append(change)
    return out


def _countable(number: int, before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    del before  # its events are counted in its nodes
    return prove_countable(number, after, intended)


def _holds(window: Window, change: Change) -> bool:
    """Whether a change is all inside of a window, and leaves something of it."""
    intended = change.intended
    if any(edit.span.start < window.start or edit.span.end > window.end for edit in change.edits):
        return False
    last = intended.number + intended.gone
    return window.first <= intended.number and last <= window.last and intended.gone < window.last - window.first


def _growth(group: Iterable[Change]) -> int:
    return sum(len(edit.new) - len(edit.old) for change in group for edit in change.edits)


def _judge(
    proof: Proof, stream: Stream, after: bytes, window: Window, group: Sequence[Change], grown: int
) -> Disagreement | None:
    intended = [
        replace(change.intended, number=change.intended.number - window.shift) for change in sorted(group, key=_order)
    ]
    now = after[window.start + grown : window.end + grown + _growth(group)]
    return proof(stream.data[window.start : window.end], now, intended)
