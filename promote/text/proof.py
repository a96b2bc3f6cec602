"""The second opinion: an edit stands only if two parsers read exactly the intended difference, and no other.

libyaml (through PyYAML, YAML 1.1 scalars) found the spans; ruamel.yaml's pure parser (YAML 1.2 scalars) knows nothing
of them. Both read the document before and after, as a row of events; where they disagree about it, nothing in it is
edited (SEMANTICS 11.6). What is intended is told by the numbers of the events, which no byte position enters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import yaml
from yaml._yaml import CParser

_STR = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar that every reader is to take for this string."""

    value: str


Bound = Literal[
    "DocumentStartEvent",
    "DocumentEndEvent",
    "MappingStartEvent",
    "MappingEndEvent",
    "SequenceStartEvent",
    "SequenceEndEvent",
]
Come = Text | Bound


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


Shape = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Reader:
    """One parser and its rules for what a plain scalar means."""

    name: str
    parse: Callable[[bytes], Iterable[Any]]
    resolve: Callable[[Any], str]


def _parse_first(data: bytes) -> Iterator[Any]:
    parser = CParser(data)
    try:
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            yield event
        yield event
    finally:
        parser.dispose()


def _resolve_first(event: Any) -> str:
    resolver: Any = yaml.resolver.Resolver()
    return str(resolver.resolve(yaml.ScalarNode, event.value, event.implicit))


def _parse_second(data: bytes) -> Iterable[Any]:
    from ruamel.yaml import YAML

    return cast("Iterable[Any]", YAML(typ="safe", pure=True).parse(data.decode("utf-8")))


@cache
def _second_rules() -> tuple[Any, Any]:
    """What resolves a scalar, and the kind of node to ask for; made once, since that looks for plug-ins on disk."""
    from ruamel.yaml import YAML, ScalarNode

    return YAML(typ="safe", pure=True).resolver, ScalarNode


def _resolve_second(event: Any) -> str:
    resolver, kind = _second_rules()
    return str(resolver.resolve(kind, event.value, event.implicit))


_FIRST = _Reader("libyaml", _parse_first, _resolve_first)
_SECOND = _Reader("ruamel.yaml", _parse_second, _resolve_second)


class _UnreadableError(Exception):
    """One of the parsers cannot read a document at all."""


def _events(reader: _Reader, data: bytes) -> Iterator[Any]:
    from ruamel.yaml.error import YAMLError as SecondError

    try:
        yield from reader.parse(data)
    except (yaml.YAMLError, SecondError) as exc:
        problem = getattr(exc, "problem", None) or type(exc).__name__
        raise _UnreadableError(f"{reader.name} cannot read it ({problem})") from exc


def _shape(event: Any) -> Shape:
    kind = type(event).__name__
    if kind == "ScalarEvent":
        tag = event.tag
        return kind, event.value, event.anchor or "", "" if tag is None else str(tag), event.style or ""
    tag = getattr(event, "tag", None)
    return kind, "", getattr(event, "anchor", None) or "", "" if tag is None else str(tag), ""


def prove(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """None where both parsers read in `after` what they read in `before`, but for what is intended; else why not.

    `before` and `after` are one document each, without a byte-order mark; what is intended is in order.
    """
    try:
        shapes = [_shape(event) for event in _events(_FIRST, before)]
        if shapes != [_shape(event) for event in _events(_SECOND, before)]:
            return Disagreement("parsers-disagree", "two YAML parsers read it differently")
        return _compare(_FIRST, shapes, after, intended) or _compare(_SECOND, shapes, after, intended)
    except _UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


def prove_quickly(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """The same by the first parser alone: for what surrounds the parts of a long document that `prove` sees."""
    try:
        return _compare(_FIRST, (_shape(event) for event in _events(_FIRST, before)), after, intended)
    except _UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


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
    reader: _Reader, before: Iterable[Shape], after: bytes, intended: Sequence[Intended]
) -> Disagreement | None:
    """None where `reader` finds exactly what is intended in `after`, and strings where texts are to stand."""
    left = _events(reader, after)
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


def _same(reader: _Reader, event: Any, shape: Shape | None, come: Come | None) -> bool:
    found = _shape(event)
    if come is None:
        return found == shape
    if not isinstance(come, Text):
        return found == (come, "", "", "", "")
    kind, text, anchor, tag, style = found
    old = shape or ("ScalarEvent", "", "", "", "")
    # Quotes and block scalars stay what they are; a plain scalar may get quotes.
    if (kind, text, anchor, tag) != ("ScalarEvent", come.value, old[2], old[3]) or (old[4] and style != old[4]):
        return False
    return tag in (_STR, "!") or (not tag and reader.resolve(event) == _STR)
