"""Markers: comments behind a value that say whose it is, `# promote: web tag` and Flux's `# {"$imagepolicy": …}`.

A place that a finder has found keeps its format and gets the marker's app; another one becomes a place by its marker.
Sources: SEMANTICS 2.6; the Flux documentation, "Configure image update for custom resources".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from promote.image import Repository, split_reference
from promote.sites.claim import Claim
from promote.sites.reading import Bar, Keys, Reading, Spot
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.string import reference, tag_and_digest
from promote.sites.wanted import Wanted
from promote.text.document import Alias, Scalar
from promote.text.part import Part

FORMAT = "marker"
_COMMENT = re.compile(
    rb"""
    [ \t]\# [ \t]* (?:
        promote: [ \t]* (?P<app>[^\s:\#]+) (?: [ \t]+ (?P<what>tag|digest|name) )? [ \t]* \r?$
      | \{ [ \t]* "\$imagepolicy" [ \t]* : [ \t]*
        "(?P<policy>[^\s":]+:[^\s":]+)(?: : (?P<field>tag|digest|name) )?" [ \t]* \}
    )
    """,
    re.VERBOSE | re.MULTILINE,
)
_BETWEEN = re.compile(rb"[ \t\]},]*")
_PARTS = frozenset({"tag", "digest", "name"})

Hit = Fragment | Barred | Charted
H = TypeVar("H", bound=Hit)


@dataclass(frozen=True, slots=True)
class Mark:
    """One marker: the place behind which it stands, whose that is (None where no app is meant), and which part."""

    spot: Spot
    name: str
    app: str | None
    what: str | None


def marks(reading: Reading, wanted: Wanted) -> list[Mark]:
    """Every marker of a document, in the order of the file; a comment behind no value is none."""
    data = reading.stream.data
    if wanted.everything or (b"$imagepolicy" not in data and b"promote:" not in data):
        return []  # without a configuration there are no apps for it to mean
    start, end = reading.document.start, reading.document.end
    found = list(_COMMENT.finditer(data, start, end))
    if not found:
        return []
    spots = sorted(
        (spot for spot in reading.walk() if isinstance(spot.node, Scalar | Alias)), key=lambda spot: spot.node.start
    )
    starts = [spot.node.start for spot in spots]
    out = []
    for each in found:
        place = bisect_right(starts, each.start()) - 1
        spot = spots[place] if place >= 0 else None
        if spot is None or spot.node.end > each.start() or not _BETWEEN.fullmatch(data, spot.node.end, each.start()):
            continue  # within a text, on a line of its own, or behind a key
        policy = each["policy"]
        name = (policy or each["app"]).decode("utf-8", "replace")
        app = wanted.marked(name) if policy is None else wanted.bound(name)
        what = each["what"] or each["field"]
        # Flux means the whole reference where it does not name a part.
        out.append(Mark(spot, name, app, what.decode() if what else "reference" if policy else None))
    return out


def apply(reading: Reading, hits: Iterable[H], wanted: Wanted) -> Iterator[H | Fragment | Barred]:
    """The hits of a document with the apps that markers give them, and the places that only a marker names."""
    found = marks(reading, wanted)
    at = {mark.spot.node.start: mark for mark in found}
    taken: set[int] = set()
    for hit in hits:
        mine = [at[start] for start in _starts(hit) if start in at] if at else []
        taken.update(mark.spot.node.start for mark in mine)
        app = next((mark.app for mark in mine if mark.app is not None), None)
        if app is None or isinstance(hit, Charted) or hit.app is not None:
            yield hit
            continue
        yield replace(hit, app=app, repository=hit.repository or wanted.first_of(app))
    groups: dict[tuple[str, Keys], list[list[Mark]]] = {}
    for mark in found:
        if mark.spot.node.start in taken:
            continue
        if mark.app is None:
            why = Bar("unbound-marker", f"its marker means no app here: {mark.name}")
            yield reading.barred(mark.spot.node, why, None)
        else:
            beside = groups.setdefault((mark.app, mark.spot.keys[:-1]), [])
            if beside and _belongs(mark, beside[-1]):
                beside[-1].append(mark)
            else:
                beside.append([mark])
    for group in (group for beside in groups.values() for group in beside):
        yield _place(reading, group, wanted)


def _belongs(mark: Mark, group: Sequence[Mark]) -> bool:
    """Whether a marker names another part of what the markers of one mapping name together."""
    return mark.what in _PARTS and all(each.what in _PARTS and each.what != mark.what for each in group)


def is_unbound(hit: Fragment | Barred) -> bool:
    """Whether a hit only tells that a marker means no app (SEMANTICS 2.6)."""
    return isinstance(hit, Barred) and hit.code == "unbound-marker"


def _starts(hit: Hit) -> Sequence[int]:
    if isinstance(hit, Charted):
        hit = hit.hit
    if isinstance(hit, Barred):
        return (hit.span.start,)
    return [part.scalar for part in (hit.name, hit.tag, hit.digest) if part is not None and part.insert is None]


def _place(reading: Reading, group: Sequence[Mark], wanted: Wanted) -> Fragment | Barred:
    """The Fragment that the markers of one mapping make."""
    app = group[0].app or ""
    repository = wanted.first_of(app) or Repository("", "")
    name: Part | Bar | None = None
    tag: Part | Bar | None = None
    digest: Part | Bar | None = None
    for mark in group:
        spot = mark.spot
        text = reading.text(spot.node) or ""
        if mark.what == "reference" or (mark.what is None and _is_reference(text, app, wanted)):
            hit = reference(reading, spot, 0, repository, _identity(spot), joins="alone")
            return replace(hit, format=FORMAT, app=app, repository=repository)
        if mark.what == "name":
            name = reading.part(spot.node, spot.keys, spot.bar)
        elif mark.what == "digest":
            digest = reading.part(spot.node, spot.keys, spot.bar)
        else:
            tag, inside = tag_and_digest(reading, spot.node, spot.keys, spot.bar)
            digest = inside or digest
    first = group[0].spot
    bar = next((part for part in (tag, digest) if isinstance(part, Bar)), None)
    if bar is not None:
        return replace(reading.barred(first.node, bar, repository), app=app)
    return Fragment(
        reading.stream.path,
        FORMAT,
        _identity(first),
        name if isinstance(name, Part) else None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
        repository,
        app,
    )


def _identity(spot: Spot) -> tuple[str, ...]:
    return tuple(str(key) for key in spot.keys)


def _is_reference(text: str, app: str, wanted: Wanted) -> bool:
    """Whether a value without further words is a whole reference of the app's, not a tag."""
    first = wanted.first_of(app)
    name, tag, digest = split_reference(text)
    only = Wanted((Claim(app, (first,)),)) if first is not None else wanted
    return (tag is not None or digest is not None) and only.match(name) is not None
