"""The two parsers of the proof: what each reads in a document, as a row of events without positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import yaml
from yaml._yaml import CParser

STR = "tag:yaml.org,2002:str"
# A tab here would be indentation, which YAML forbids.
_MARGIN = re.compile(r"(?:^|\r)[ \t:?-]*", re.MULTILINE)
_SHORT = 1 << 10

Shape = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """One parser and its rules for what a plain scalar means."""

    name: str
    parse: Callable[[bytes], Iterable[Any]]
    resolve: Callable[[Any], str]


class UnreadableError(Exception):
    """One of the parsers cannot read a document at all."""


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


def _without_tabs(data: bytes) -> str:
    """The document with a space for each tab that only separates: behind the margin and outside of every scalar."""
    text = data.decode("utf-8")
    kept = [found.span() for found in _MARGIN.finditer(text)]
    kept += [
        (event.start_mark.index, event.end_mark.index)
        for event in _parse_first(data)
        if shape_of(event)[0] == "ScalarEvent"
    ]
    pieces: list[str] = []
    done = 0
    for start, end in sorted(kept):
        pieces += (text[done:start].replace("\t", " "), text[max(start, done) : end])
        done = max(done, end)
    return "".join((*pieces, text[done:].replace("\t", " ")))


def _read_second(data: bytes) -> Sequence[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    def read(text: str) -> Sequence[Any]:
        return tuple(YAML(typ="safe", pure=True).parse(text))

    try:
        return read(data.decode("utf-8"))
    except YAMLError:
        if b"\t" not in data:
            raise
        # Tabs may separate in YAML 1.2; ruamel.yaml fails at many of them.
        return read(_without_tabs(data))


@lru_cache(maxsize=64)
def _short(data: bytes) -> Sequence[Any]:
    # One image has the same line in many a file.
    return _read_second(data)


def _parse_second(data: bytes) -> Sequence[Any]:
    return _short(data) if len(data) <= _SHORT else _read_second(data)


@cache
def _second_rules() -> tuple[Any, Any]:
    """What resolves a scalar, and the kind of node to ask for; made once, since that looks for plug-ins on disk."""
    from ruamel.yaml import YAML, ScalarNode

    return YAML(typ="safe", pure=True).resolver, ScalarNode


def _resolve_second(event: Any) -> str:
    resolver, kind = _second_rules()
    return str(resolver.resolve(kind, event.value, event.implicit))


FIRST = Reader("libyaml", _parse_first, _resolve_first)
SECOND = Reader("ruamel.yaml", _parse_second, _resolve_second)


def events(reader: Reader, data: bytes) -> Iterator[Any]:
    """The events that one parser finds; raises UnreadableError."""
    from ruamel.yaml.error import YAMLError as SecondError

    try:
        yield from reader.parse(data)
    except (yaml.YAMLError, SecondError) as exc:
        problem = getattr(exc, "problem", None) or type(exc).__name__
        raise UnreadableError(f"{reader.name} cannot read it ({problem})") from exc


def count(data: bytes) -> int:
    """How many events libyaml finds; raises UnreadableError."""
    parser = CParser(data)
    try:
        return int(parser.raw_parse())
    except yaml.YAMLError as exc:
        raise UnreadableError(f"{FIRST.name} cannot read it ({getattr(exc, 'problem', None) or exc})") from exc
    finally:
        parser.dispose()


def shape_of(event: Any) -> Shape:
    """All that an event says, but for its position."""
    kind = type(event).__name__
    if kind == "ScalarEvent":
        tag = event.tag
        return kind, event.value, event.anchor or "", "" if tag is None else str(tag), event.style or ""
    tag = getattr(event, "tag", None)
    return kind, "", getattr(event, "anchor", None) or "", "" if tag is None else str(tag), ""
