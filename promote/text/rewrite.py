"""Parts and their new values → edits → proven bytes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from promote.text.document import Document, Node, Scalar, Stream
from promote.text.document import Mapping as MappingNode
from promote.text.document import Sequence as SequenceNode
from promote.text.edit import Edit, splice
from promote.text.part import Part
from promote.text.proof import Disagreement, Intended, prove, prove_quickly
from promote.text.scalar import spell
from promote.text.window import Window, Windows

_Asked = tuple[Part, str, Edit]
Proof = Callable[[bytes, bytes, Sequence[Intended]], Disagreement | None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new bytes of a file and the edits that lead there; none where nothing differs."""

    after: bytes
    edits: tuple[Edit, ...]


def _scalars(root: Node) -> Iterator[Scalar]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, SequenceNode):
            waiting += node.items
        elif isinstance(node, MappingNode):
            for pair in node.pairs:
                waiting += (pair.key, pair.value)


def _edit(stream: Stream, part: Part, value: str) -> Edit:
    before, after = part.insert or (b"", b"")
    old = stream.data[part.span.start : part.span.end]
    return Edit(part.span, old, before + spell(value, part.style) + after)


def _within(head: int, stream: Stream, part: Part, value: str) -> Edit:
    """The edit of a piece of a scalar, counted from the first byte of the scalar's value."""
    span = replace(part.span, start=part.span.start - head, end=part.span.end - head)
    old = stream.data[part.span.start : part.span.end]
    return Edit(span, old, (part.insert or (b"", b""))[0] + value.encode())


def _intended(scalars: dict[int, Scalar], stream: Stream, wishes: Sequence[tuple[Part, str]]) -> list[Intended]:
    """What both parsers must read afterwards: pieces of one scalar count as one value."""
    out: list[Intended] = []
    pieces: dict[int, list[tuple[Part, str]]] = {}
    for part, value in wishes:
        if part.style == "inner":
            pieces.setdefault(part.scalar, []).append((part, value))
        else:
            out.append(Intended(part.scalar, value, part.key if part.insert is not None else None))
    for at, group in pieces.items():
        scalar = scalars[at]
        head = scalar.start if scalar.style == "plain" else scalar.start + 1
        edits = [_within(head, stream, part, value) for part, value in group]
        out.append(Intended(at, splice(scalar.value.encode(), edits).decode()))
    return out


def _growth(group: Sequence[_Asked]) -> int:
    return sum(len(edit.new) - len(edit.old) for _, _, edit in group)


def _fault(
    stream: Stream, after: bytes, document: Document, group: Sequence[_Asked], grown: int
) -> Disagreement | None:
    """Why the edits of one document are not to be trusted; the edits before it have added `grown` bytes."""
    scalars = {scalar.start: scalar for scalar in _scalars(document.root)}
    whole = Window(document.start, document.end)
    windows: dict[Window, list[_Asked]] = {}
    parts = Windows(stream, document)
    for each in group:
        windows.setdefault(parts.at(each[0].scalar), []).append(each)
    if whole in windows:
        windows = {whole: list(group)}
    else:
        fault = _judge(prove_quickly, stream, after, whole, scalars, group, grown)
        if fault is not None:
            return fault
    for window, mine in sorted(windows.items(), key=lambda item: item[0].start):
        fault = _judge(prove, stream, after, window, scalars, mine, grown)
        if fault is not None:
            return fault
        grown += _growth(mine)
    return None


def _judge(
    proof: Proof,
    stream: Stream,
    after: bytes,
    window: Window,
    scalars: dict[int, Scalar],
    group: Sequence[_Asked],
    grown: int,
) -> Disagreement | None:
    wishes = _intended(scalars, stream, [(part, value) for part, value, _ in group])
    intended = [replace(wish, scalar=wish.scalar - window.start) for wish in wishes]
    now = after[window.start + grown : window.end + grown + _growth(group)]
    return proof(stream.data[window.start : window.end], now, intended)


def rewrite(stream: Stream, wishes: Sequence[tuple[Part, str]]) -> Rewritten | Disagreement:
    """The file with every part reading its new value, proven by two parsers; or why it must not be touched."""
    try:
        asked = [(part, value, _edit(stream, part, value)) for part, value in wishes]
    except ValueError as exc:
        return Disagreement("not-writable", f"a value {exc}")
    asked = [each for each in asked if each[2].old != each[2].new]
    if not asked:
        return Rewritten(stream.data, ())
    edits = tuple(edit for _, _, edit in asked)
    after = splice(stream.data, edits)
    starts = [document.start for document in stream.documents]
    groups: dict[int, list[_Asked]] = {}
    for each in asked:
        groups.setdefault(bisect_right(starts, each[0].scalar) - 1, []).append(each)
    grown = 0
    for number, group in sorted(groups.items()):
        fault = _fault(stream, after, stream.documents[number], group, grown)
        if fault is not None:
            return fault
        grown += _growth(group)
    return Rewritten(after, edits)
