"""The second opinion: an edit stands only if two parsers read exactly the intended difference, and no other.

libyaml (through PyYAML, YAML 1.1 scalars) found the spans; ruamel.yaml's pure parser (YAML 1.2 scalars) knows nothing
of them. Both read the document before and after, as a row of events; where they disagree about it, nothing in it is
edited (SEMANTICS 11.6). What is intended is told by the numbers of the events, which no byte position enters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from promote.text.readers import FIRST, SECOND, STR, Reader, Shape, UnreadableError, count, events, shape_of


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar that every reader is to take for this string."""

    value: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value where one could stand, which every reader is to take for null."""


Bound = Literal[
    "DocumentStartEvent",
    "DocumentEndEvent",
    "MappingStartEvent",
    "MappingEndEvent",
    "SequenceStartEvent",
    "SequenceEndEvent",
]
Come = Text | Nothing | Bound


@dataclass(frozen=True, slots=True)
class Intended:
    """From event `number` of the document on, `gone` events give way to those that `come`.

    Event 0 begins the stream, 1 the document, 2 its root. One text in place of one scalar keeps its anchor and its tag.
    """

    number: int
    gone: int
    come: tuple[Come, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Why an edit is not to be trusted."""

    code: str
    why: str


def prove(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """None where both parsers read in `after` what they read in `before`, but for what is intended; else why not.

    `before` and `after` are one document each, without a byte-order mark; what is intended is in order.
    """
    try:
        shapes = [shape_of(event) for event in events(FIRST, before)]
        if shapes != [shape_of(event) for event in events(SECOND, before)]:
            return Disagreement("parsers-disagree", "two YAML parsers read it differently")
        return _compare(FIRST, shapes, after, intended) or _compare(SECOND, shapes, after, intended)
    except UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


def prove_quickly(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """The same by the first parser alone: for what surrounds the parts of a document that `prove` sees."""
    try:
        return _compare(FIRST, (shape_of(event) for event in events(FIRST, before)), after, intended)
    except UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


def prove_countable(number: int, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """None where the first parser reads in all of `after` the `number` of events before, but for what is intended.

    For what surrounds the parts of a long document: it makes no objects, and takes a tenth of the time.
    """
    wanted = number + sum(len(each.come) - each.gone for each in intended)
    try:
        if count(after) == wanted:
            return None
    except UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))
    return Disagreement("unproven", f"{FIRST.name} would not read back as many values as are intended")


_Expected = tuple[Shape | None, Come | None]


def _expected(before: Iterable[Shape], intended: Sequence[Intended]) -> Iterator[_Expected]:
    """What is to be read afterwards: a shape that stays, or what comes, with the shape of a scalar that it replaces.

    Raises ValueError where something is intended that the document has no place for.
    """
    waiting = iter((*intended, Intended(-1, 0, ())))
    wish = next(waiting)
    going = 0
    for number, shape in enumerate(before):
        while wish.number == number:
            if going and wish.gone:
                raise ValueError("what is to go overlaps")
            going = going or wish.gone
            scalar = shape[0] == "ScalarEvent" and (wish.gone, len(wish.come)) == (1, 1)
            for come in wish.come:
                yield (shape if scalar else None), come
            wish = next(waiting)
        if going:
            going -= 1
        else:
            yield shape, None
    if going or wish.number != -1:
        raise ValueError("what is to go is not there")


def _compare(
    reader: Reader, before: Iterable[Shape], after: bytes, intended: Sequence[Intended]
) -> Disagreement | None:
    """None where `reader` finds exactly what is intended in `after`, and strings where texts are to stand."""
    left = events(reader, after)
    try:
        same = all(
            (event := next(left, None)) is not None and _same(reader, event, shape, come)
            for shape, come in _expected(before, intended)
        )
    except ValueError:
        same = False
    if same and next(left, None) is None:
        return None
    return Disagreement("unproven", f"{reader.name} would not read back exactly the intended change")


def _same(reader: Reader, event: Any, shape: Shape | None, come: Come | None) -> bool:
    found = shape_of(event)
    if come is None:
        return found == shape
    if isinstance(come, Nothing):
        return found == ("ScalarEvent", "", "", "", "")
    if not isinstance(come, Text):
        return found == (come, "", "", "", "")
    kind, text, anchor, tag, style = found
    old = shape or ("ScalarEvent", "", "", "", "")
    # Quotes and block scalars stay what they are; a plain scalar may get quotes.
    if (kind, text, anchor, tag) != ("ScalarEvent", come.value, old[2], old[3]) or (old[4] and style != old[4]):
        return False
    return tag in (STR, "!") or (not tag and reader.resolve(event) == STR)
