"""Comments that mark a value: which value each stands behind, what it says, and which app that means.

Sources: SEMANTICS 2.6; the Flux documentation, "Configure image update for custom resources".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from promote.sites.reading import Reading, Spot
from promote.sites.wanted import Wanted
from promote.text.document import Alias, Scalar

# Compiled where a file has a marker at all: most runs see none, and start without the three milliseconds.
_COMMENT = rb"""
    [ \t]\# [ \t]* (?:
        promote: [ \t]* (?P<said>[^\r\n]*)
      | \{ [ \t]* "\$imagepolicy" [ \t]* : [ \t]*
        "(?P<policy>[^\s":]+:[^\s":]+)(?: : (?P<field>tag|digest|name) )?" [ \t]* \}
    )
    """
_SAID = re.compile(rb"(?P<app>[^\s:#]+)(?:[ \t]+(?P<what>tag|digest|name))?[ \t]*")
_WORD = re.compile(rb"[^\s:#,;]*[^\s:#,;.!?]")
_BETWEEN = re.compile(rb"[ \t\]},]*")


@dataclass(frozen=True, slots=True)
class Mark:
    """One marker: the place behind which it stands, whose that is (None where no app is meant), and which part.

    `around` is the mapping or list that holds the place. An `odd` one names an app, and says what no marker can.
    """

    spot: Spot
    around: Spot | None
    name: str
    app: str | None
    what: str | None
    odd: bool = False


def is_marked(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """Whether a marker could stand in a file, or between two bytes of it."""
    return data.find(b"$imagepolicy", start, end) >= 0 or data.find(b"promote:", start, end) >= 0


def marks(reading: Reading, wanted: Wanted) -> list[Mark]:
    """Every marker of a document, in the order of the file; a comment behind no value is none."""
    data = reading.stream.data
    start, end = reading.document.start, reading.document.end
    # Each document is asked by itself: a file of many would else be searched as often.
    if wanted.everything or not is_marked(data, start, end):
        return []  # without a configuration there are no apps for it to mean
    found = list(re.compile(_COMMENT, re.VERBOSE).finditer(data, start, end))
    if not found:
        return []
    walked = list(reading.walk())
    spots = sorted((spot for spot in walked if isinstance(spot.node, Scalar | Alias)), key=lambda spot: spot.node.start)
    collections = {spot.keys: spot for spot in walked if not isinstance(spot.node, Scalar | Alias)}
    starts = [spot.node.start for spot in spots]
    out = []
    for each in found:
        place = bisect_right(starts, each.start()) - 1
        spot = spots[place] if place >= 0 else None
        if spot is None or spot.node.end > each.start() or not _BETWEEN.fullmatch(data, spot.node.end, each.start()):
            continue  # within a text, on a line of its own, or behind a key
        if isinstance(spot.node, Scalar) and spot.node.style in ("literal", "folded"):
            continue  # on a line of its own too: a block ends with its last line
        mark = _read(each, spot, collections.get(spot.keys[:-1]) if spot.keys else None, wanted)
        out += [] if mark is None else [mark]
    return out


def _read(comment: re.Match[bytes], spot: Spot, around: Spot | None, wanted: Wanted) -> Mark | None:
    """What a comment says, or None where it is no marker."""
    if comment["policy"] is not None:
        name, field = comment["policy"].decode("utf-8", "replace"), comment["field"]
        # Flux means the whole reference where it does not name a part.
        return Mark(spot, around, name, wanted.bound(name), field.decode() if field else "reference")
    said = _SAID.fullmatch(comment["said"])
    if said is not None:
        name, what = said["app"].decode("utf-8", "replace"), said["what"]
        app = wanted.marked(name)
        if app is not None or what or not _named(said["app"], wanted):
            return Mark(spot, around, name, app, what.decode() if what else None)
    app = _named(comment["said"], wanted)
    return None if app is None else Mark(spot, around, comment["said"].decode("utf-8", "replace"), None, None, odd=True)


def _named(text: bytes, wanted: Wanted) -> str | None:
    """The app whose name is the first word of a text."""
    word = _WORD.match(text)
    return None if word is None else wanted.marked(word[0].decode("utf-8", "replace"))
