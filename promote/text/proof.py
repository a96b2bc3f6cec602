"""The second opinion: an edit stands only if two parsers read exactly the intended difference, and no other.

libyaml (through PyYAML, YAML 1.1 scalars) found the spans; ruamel.yaml's pure parser (YAML 1.2 scalars) knows nothing
of them. Both read the document before and after; where they disagree about it, nothing in it is edited (SEMANTICS
11.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

_STR = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Intended:
    """One scalar that is to read `value`: the one that begins at byte `scalar`, or a new pair behind it."""

    scalar: int
    value: str
    key: str | None = None


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


def _parse_first(data: bytes) -> Iterable[Any]:
    return yaml.parse(data, Loader=yaml.CLoader)


def _resolve_first(event: Any) -> str:
    resolver: Any = yaml.resolver.Resolver()
    return str(resolver.resolve(yaml.ScalarNode, event.value, event.implicit))


def _parse_second(data: bytes) -> Iterable[Any]:
    from ruamel.yaml import YAML

    return cast("Iterable[Any]", YAML(typ="safe", pure=True).parse(data.decode("utf-8")))


def _resolve_second(event: Any) -> str:
    from ruamel.yaml import YAML, ScalarNode

    return str(YAML(typ="safe", pure=True).resolver.resolve(ScalarNode, event.value, event.implicit))


_FIRST = _Reader("libyaml", _parse_first, _resolve_first)
_SECOND = _Reader("ruamel.yaml", _parse_second, _resolve_second)


def _events(reader: _Reader, data: bytes) -> list[Any] | Disagreement:
    from ruamel.yaml.error import YAMLError as SecondError

    try:
        return list(reader.parse(data))
    except (yaml.YAMLError, SecondError) as exc:
        problem = getattr(exc, "problem", None) or type(exc).__name__
        return Disagreement("parsers-disagree", f"{reader.name} cannot read it ({problem})")


def _shape(event: Any) -> Shape:
    tag = str(event.tag) if getattr(event, "tag", None) is not None else ""
    style = getattr(event, "style", None) or ""
    anchor = getattr(event, "anchor", None) or ""
    return type(event).__name__, str(getattr(event, "value", "") or ""), str(anchor), tag, style


def _byte_offsets(data: bytes) -> Callable[[int], int]:
    text = data.decode("utf-8")
    if text.isascii():
        return lambda index: index
    table = [0]
    for char in text:
        table.append(table[-1] + len(char.encode()))
    return lambda index: table[min(index, len(text))]


def _covers(event: Any, at: int, offsets: Callable[[int], int]) -> bool:
    start, end = offsets(event.start_mark.index), offsets(event.end_mark.index)
    return start <= at < end or start == at == end


def _ordinal(events: Sequence[Any], at: int, offsets: Callable[[int], int]) -> int | None:
    for number, event in enumerate(events):
        if type(event).__name__ == "ScalarEvent" and _covers(event, at, offsets):
            return number
    return None


def prove(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """None where both parsers read in `after` what they read in `before`, but for what is intended; else why not.

    `before` and `after` are one document each, without a byte-order mark; positions count from its first byte.
    """
    offsets = _byte_offsets(before)
    read: list[list[Any]] = []
    for reader in (_FIRST, _SECOND):
        events = _events(reader, before)
        if isinstance(events, Disagreement):
            return events
        read.append(events)
    if [_shape(event) for event in read[0]] != [_shape(event) for event in read[1]]:
        return Disagreement("parsers-disagree", "two YAML parsers read it differently")
    wishes: dict[int, list[Intended]] = {}
    for wish in intended:
        number = _ordinal(read[0], wish.scalar, offsets)
        if number is None or (read[0][number].value and not _covers(read[1][number], wish.scalar, offsets)):
            return Disagreement("parsers-disagree", "two YAML parsers place its values differently")
        wishes.setdefault(number, []).append(wish)
    for reader in (_FIRST, _SECOND):
        fault = _compare(reader, [_shape(event) for event in read[0]], after, wishes)
        if fault is not None:
            return fault
    return None


def _compare(
    reader: _Reader, before: Sequence[Shape], after: bytes, wishes: Mapping[int, Sequence[Intended]]
) -> Disagreement | None:
    """None where `reader` finds exactly `wishes` in `after`, and strings where they stand."""
    events = _events(reader, after)
    if isinstance(events, Disagreement):
        return events
    wrong = Disagreement("unproven", f"{reader.name} would not read back exactly the intended change")
    left = iter(events)
    for number, shape in enumerate(before):
        event = next(left, None)
        here = wishes.get(number, ())
        value = next((wish.value for wish in here if wish.key is None), None)
        if event is None or not _same(reader, event, shape, value):
            return wrong
        for wish in here:
            if wish.key is None:
                continue
            for text in (wish.key, wish.value):
                added = next(left, None)
                if added is None or not _same(reader, added, ("ScalarEvent", "", "", "", ""), text):
                    return wrong
    return wrong if next(left, None) is not None else None


def _same(reader: _Reader, event: Any, shape: Shape, value: str | None) -> bool:
    found = _shape(event)
    if value is None:
        return found == shape
    kind, text, anchor, tag, _ = found
    string = tag == _STR or (not tag and reader.resolve(event) == _STR)
    return (kind, text, anchor, tag) == (shape[0], value, shape[2], shape[3]) and string
