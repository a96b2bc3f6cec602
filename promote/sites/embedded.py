"""YAML in a block scalar, `values: |` or an inline patch: read as documents of its own, edited within the block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from promote.sites import marker
from promote.sites.reading import BLOCK, ESCAPED, Bar, Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Broken, Scalar, Stream, parse
from promote.text.nested import Inner, inner_of
from promote.text.part import Part

Finds = Callable[[Reading], Iterator[Fragment | Barred]]


def embedded(reading: Reading, spot: Spot, wanted: Wanted, finds: Finds) -> Iterator[Fragment | Barred]:
    """What `finds` sees in the text of a scalar; text that cannot be read in place bars the apps that it names."""
    node = spot.node
    if not isinstance(node, Scalar):
        return
    inner = inner_of(reading.stream, node)
    if isinstance(inner, Broken):
        for found in _barred(reading, spot, wanted, Bar(inner.code, f"the text in it {inner.why}")):
            yield replace(found, span=inner.span)
    elif inner is None:
        bar = BLOCK if node.style in ("literal", "folded") else ESCAPED
        text = parse(reading.stream.path, node.value.encode())
        if isinstance(text, Broken):
            yield from _barred(reading, spot, wanted, bar)
        else:
            yield from _unplaced(reading, spot, text, finds, bar)
    else:
        for document in inner.stream.documents:
            here = Reading(inner.stream, document, reading.format, spot.bar)
            for hit in marker.apply(here, finds(here), wanted):
                yield _lifted(hit, inner, spot.keys)


def _unplaced(reading: Reading, spot: Spot, text: Stream, finds: Finds, bar: Bar) -> Iterator[Barred]:
    """What the text says, each place barred: nothing tells where in the file it stands."""
    for document in text.documents:
        for hit in finds(Reading(text, document, reading.format)):
            here = replace(reading.barred(spot.node, bar, hit.repository), app=hit.app)
            # Values without a name bar whoever they lie over.
            known = hit.repository is not None
            yield here if known else replace(here, identity=hit.identity, object=hit.object, charts=hit.charts)


def _barred(reading: Reading, spot: Spot, wanted: Wanted, bar: Bar) -> Iterator[Barred]:
    text = spot.node.value.encode() if isinstance(spot.node, Scalar) else b""
    for app in wanted.named_in(text, reading.stream.path):
        yield replace(reading.barred(spot.node, bar, None), app=app)


def _lifted(hit: Fragment | Barred, inner: Inner, keys: Keys) -> Fragment | Barred:
    """The same in terms of the file."""
    if isinstance(hit, Barred):
        return replace(hit, span=inner.span(hit.span.start, hit.span.end))

    def lift(part: Part | None) -> Part | None:
        return None if part is None else inner.part(part, keys)

    return replace(hit, name=lift(hit.name), tag=lift(hit.tag), digest=lift(hit.digest))
