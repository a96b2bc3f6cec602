"""The second opinion: an edit stands only if two parsers read exactly the intended difference, and no other.

libyaml (through PyYAML, YAML 1.1 scalars) found the spans; ruamel.yaml's pure parser (YAML 1.2 scalars) knows nothing
of them. Both read the document before and after; where they disagree about it, nothing in it is edited (SEMANTICS
11.6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
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
    tag = str(event.tag) if getattr(event, "tag", None) is not None else ""
    style = getattr(event, "style", None) or ""
    anchor = getattr(event, "anchor", None) or ""
    return type(event).__name__, str(getattr(event, "value", "") or ""), str(anchor), tag, style


def _covers(event: Any, at: int) -> bool:
    start, end = event.start_mark.index, event.end_mark.index
    return bool(start <= at < end or (at == end and not event.value))


class _Wishes:
    """What is intended, found by the order of events: `of` the event with a number, once `look` has passed it."""

    def __init__(self, data: bytes, intended: Sequence[Intended]) -> None:
        self._waiting: deque[tuple[int, Intended]] = deque()
        byte, char = 0, 0
        for wish in sorted(intended, key=lambda wish: wish.scalar):
            char += len(data[byte : wish.scalar].decode("utf-8"))
            byte = wish.scalar
            self._waiting.append((char, wish))
        self._of: dict[int, list[tuple[int, Intended]]] = {}

    def look(self, events: Iterable[Any]) -> Iterator[Any]:
        """The same events; each wish goes to the scalar that stands at its place."""
        for number, event in enumerate(events):
            while self._waiting and type(event).__name__ == "ScalarEvent" and _covers(event, self._waiting[0][0]):
                self._of.setdefault(number, []).append(self._waiting.popleft())
            yield event

    def of(self, number: int) -> Sequence[Intended]:
        return [wish for _, wish in self._of.get(number, ())]

    @property
    def placed(self) -> bool:
        """Whether everything has found its scalar."""
        return not self._waiting

    def agree(self, events: Sequence[Any]) -> bool:
        """Whether another parser's events stand there too; each has its own view of where an empty value stands."""
        places = [(events[number], at) for number, here in self._of.items() for at, _ in here]
        return all(not event.value or _covers(event, at) for event, at in places)


def prove(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """None where both parsers read in `after` what they read in `before`, but for what is intended; else why not.

    `before` and `after` are one document each, without a byte-order mark; positions count from its first byte.
    """
    wishes = _Wishes(before, intended)
    try:
        first = list(wishes.look(_events(_FIRST, before)))
        second = list(_events(_SECOND, before))
        if [_shape(event) for event in first] != [_shape(event) for event in second]:
            return Disagreement("parsers-disagree", "two YAML parsers read it differently")
        if not wishes.placed or not wishes.agree(second):
            return Disagreement("parsers-disagree", "two YAML parsers place its values differently")
        return _compare(_FIRST, first, after, wishes) or _compare(_SECOND, second, after, wishes)
    except _UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


def prove_quickly(before: bytes, after: bytes, intended: Sequence[Intended]) -> Disagreement | None:
    """The same by the first parser alone: for what surrounds the parts of a long document that `prove` sees."""
    wishes = _Wishes(before, intended)
    try:
        return _compare(_FIRST, wishes.look(_events(_FIRST, before)), after, wishes)
    except _UnreadableError as exc:
        return Disagreement("parsers-disagree", str(exc))


def _compare(reader: _Reader, before: Iterable[Any], after: bytes, wishes: _Wishes) -> Disagreement | None:
    """None where `reader` finds exactly `wishes` in `after`, and strings where they stand."""
    wrong = Disagreement("unproven", f"{reader.name} would not read back exactly the intended change")
    left = _events(reader, after)
    for number, old in enumerate(before):
        here = wishes.of(number)
        value = next((wish.value for wish in here if wish.key is None), None)
        event = next(left, None)
        if event is None or not _same(reader, event, _shape(old), value):
            return wrong
        for wish in here:
            if wish.key is None:
                continue
            for text in (wish.key, wish.value):
                added = next(left, None)
                if added is None or not _same(reader, added, ("ScalarEvent", "", "", "", ""), text):
                    return wrong
    return wrong if next(left, None) is not None or not wishes.placed else None


def _same(reader: _Reader, event: Any, shape: Shape, value: str | None) -> bool:
    found = _shape(event)
    if value is None:
        return found == shape
    kind, text, anchor, tag, _ = found
    if (kind, text, anchor, tag) != (shape[0], value, shape[2], shape[3]):
        return False
    return tag in (_STR, "!") or (not tag and reader.resolve(event) == _STR)
