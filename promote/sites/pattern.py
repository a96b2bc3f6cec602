"""Targets by regular expression: each match in a file of any kind is a site; in YAML it must be a value, or in one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from promote.image import is_digest, is_tag
from promote.sites.lone import digest_beside, says_digest
from promote.sites.reading import BLOCK, ESCAPED, TAGGED, TEMPLATE, Bar, Keys, Reading, Spot, is_template
from promote.sites.site import Barred, Fragment
from promote.sites.target import FORMAT, Aim
from promote.text.document import Scalar, Stream
from promote.text.nested import piece
from promote.text.part import Part
from promote.text.plain import Group, Match, PlainText, matches

Text = Stream | PlainText
_PartAt = Callable[[int, int], Part | Bar]

NOT_A_VALUE = Bar("not-a-value", "it is no value of the file, nor a piece of one on one line")
_ODD = Bar("not-a-value", "what the expression takes there is neither a tag nor a digest")
_LEFT = Bar("not-a-value", "a digest stands behind it that the expression does not take, and would stay there")
_STRINGS = (None, "!", "tag:yaml.org,2002:str")
_BEHIND = re.compile(rb"@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})(?![0-9a-zA-Z])")


class _Values:
    """The values of a YAML file, and which of them holds given bytes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        found: list[tuple[Scalar, Spot]] = []
        self._around: dict[int, tuple[Reading, Spot | None]] = {}
        for document in stream.documents:
            reading = Reading(stream, document, FORMAT)
            collections: dict[Keys, Spot] = {}
            for spot in reading.walk():
                if isinstance(spot.node, Scalar):
                    found.append((spot.node, spot))
                    self._around[spot.node.start] = reading, collections.get(spot.keys[:-1])
                else:
                    collections[spot.keys] = spot
        self._spots = sorted(found, key=lambda item: item[0].start)

    def beside(self, tag: Part) -> Part | Bar | None:
        """The digest in the mapping whose value holds this tag."""
        reading, around = self._around.get(tag.scalar, (None, None))
        return None if reading is None else digest_beside(reading, around)

    def part(self, start: int, end: int) -> Part | Bar:
        """Bytes [start, end) as a part of the value that holds them, or what bars them."""
        place = bisect_right(self._spots, start, key=lambda item: item[0].start) - 1
        if place < 0 or end > self._spots[place][0].end:
            return NOT_A_VALUE
        node, spot = self._spots[place]
        edge = 1 if node.style in ("single", "double") else 0
        if (start, end) == (node.start, node.end):
            start, end = start + edge, end - edge
        if spot.bar is not None:
            return spot.bar
        if node.tag not in _STRINGS:
            return TAGGED
        found = piece(self._stream, node, start, end, spot.keys)
        if found is not None:
            return found
        if start == end or start < node.start + edge or end > node.end - edge:
            return NOT_A_VALUE
        return BLOCK if node.style in ("literal", "folded") else ESCAPED


def _plain(text: Text) -> _PartAt:
    """Any bytes of a file that is no YAML as a part."""

    def part(start: int, end: int) -> Part | Bar:
        value = text.data[start:end].decode("utf-8", "replace")
        return Part(text.path, text.span(start, end), (), value, "text", start)

    return part


def _split(text: Text, match: Match) -> tuple[Group | None, Group | None]:
    """Where the tag and the digest stand; a tag that carries a digest behind an `@`, in it or not, is two values."""
    if match.tag is None or match.digest is not None:
        return match.tag, match.digest
    start, end = match.tag
    behind = _BEHIND.match(text.data, end) if end > start else None
    if behind is not None:
        return match.tag, behind.span("digest")
    tag, at, digest = text.data[start:end].partition(b"@")
    if not at or not is_digest(digest.decode("utf-8", "replace")):
        return match.tag, None
    return (start, start + len(tag)), (end - len(digest), end)


def _judged(part: Part | Bar, *, digest: bool) -> Part | Bar:
    """The part, unless what it says now is something else than a version: it would be lost."""
    if isinstance(part, Bar) or not part.value:
        return part
    if is_template(part.value):
        return TEMPLATE
    if digest:
        return part if says_digest(part.value) else _ODD
    return part if is_tag(part.value.replace("+", "_")) else _ODD


def _barred(text: Text, aim: Aim, group: Group, bar: Bar) -> Barred:
    return Barred(text.path, text.span(*group), FORMAT, bar.code, bar.why, aim.repository, aim.app)


def _hit(text: Text, values: _Values | None, aim: Aim, match: Match, number: int) -> Fragment | Barred:
    part_at = values.part if values is not None else _plain(text)
    places = _split(text, match)
    made: list[Part | None] = [None, None]
    for which, group in enumerate(places):
        found = None if group is None else _judged(part_at(*group), digest=which == 1)
        if isinstance(found, Bar) and group is not None:
            return _barred(text, aim, group, found)
        made[which] = found if isinstance(found, Part) else None
    tag, digest = made
    if values is None and match.tag is not None and places[0] == match.tag and places[1] != match.digest:
        # A file that is no YAML is read back by its expressions alone.
        return _barred(text, aim, match.tag, _LEFT)
    beside = values.beside(tag) if values is not None and tag is not None and digest is None else None
    if isinstance(beside, Bar):
        return _barred(text, aim, (beside.node.start, beside.node.end) if beside.node else match.whole, beside)
    if tag is not None and digest is not None:
        # Neither has room for the other: a digest is never written into this tag.
        tag = replace(tag, style="inner") if isinstance(text, PlainText) else tag
        if digest.span.start == tag.span.end + 1 and text.data[tag.span.end : digest.span.start] == b"@":
            digest = replace(digest, cut=text.span(tag.span.end, digest.span.end))
    identity, guessed = (aim.shown, str(number)), len(aim.repositories) > 1
    parts = None, tag, digest or beside
    return Fragment(text.path, FORMAT, identity, *parts, aim.repository, aim.app, guessed=guessed)


def find(text: Text, aims: Sequence[Aim]) -> Iterator[tuple[Aim, Fragment | Barred]]:
    """What the expressions of `aims` lead to in one file, an aim at a time; aims without one find nothing here."""
    values: _Values | None = None
    for aim in aims:
        if aim.expression is None:
            continue
        for number, match in enumerate(matches(text.data, aim.expression)):
            if values is None and isinstance(text, Stream):
                values = _Values(text)
            yield aim, _hit(text, values, aim, match, number)
