"""Parts and their new values → edits → proven bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promote.text.document import Document, Node, Scalar, Stream
from promote.text.document import Mapping as MappingNode
from promote.text.document import Sequence as SequenceNode
from promote.text.edit import Edit, splice
from promote.text.part import Part
from promote.text.proof import Disagreement, Intended, prove
from promote.text.scalar import spell


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
        raw = scalar.value.encode()
        edits = [
            Edit(stream.span(part.span.start, part.span.end), stream.data[part.span.start : part.span.end],
                 (part.insert or (b"", b""))[0] + value.encode())
            for part, value in group
        ]
        padded = stream.data[:head] + raw
        out.append(Intended(at, splice(padded, edits)[head:].decode()))
    return out


def rewrite(stream: Stream, wishes: Sequence[tuple[Part, str]]) -> Rewritten | Disagreement:
    """The file with every part reading its new value, proven by two parsers; or why it must not be touched."""
    try:
        edits = [_edit(stream, part, value) for part, value in wishes]
    except ValueError as exc:
        return Disagreement("not-writable", f"a value {exc}")
    edits = [edit for edit in edits if edit.old != edit.new]
    if not edits:
        return Rewritten(stream.data, ())
    after = splice(stream.data, edits)
    grown = 0
    for document in stream.documents:
        inside = [(part, value) for part, value in wishes if _within(document, part)]
        delta = sum(len(edit.new) - len(edit.old) for edit in edits if _holds(document, edit.span.start))
        if inside:
            scalars = {scalar.start: scalar for scalar in _scalars(document.root)}
            intended = [
                Intended(wish.scalar - document.start, wish.value, wish.key)
                for wish in _intended(scalars, stream, inside)
            ]
            fault = prove(
                stream.data[document.start : document.end],
                after[document.start + grown : document.end + grown + delta],
                intended,
            )
            if fault is not None:
                return fault
        grown += delta
    return Rewritten(after, tuple(edits))


def _within(document: Document, part: Part) -> bool:
    return document.start <= part.scalar < document.end or part.scalar == document.end == document.start


def _holds(document: Document, at: int) -> bool:
    return document.start < at <= document.end
