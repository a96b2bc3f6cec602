"""Patches of kustomize: objects that look like what they change, and the operations of JSON patches.

Source: the kustomize reference, "patches".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promote.sites.embedded import embedded
from promote.sites.object import is_object
from promote.sites.reading import Reading, Spot
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.string import whole
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar, Sequence

Objects = Callable[[Reading, Wanted], Iterator[Fragment | Barred | Charted]]


def accepts(_: bytes, document: Document) -> bool:
    """Whether this is a JSON patch (RFC 6902): a list of operations."""
    items = document.root.items if isinstance(document.root, Sequence) else ()
    return bool(items) and all(isinstance(item, Mapping) and item.get("op") is not None for item in items)


def operations(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Every whole reference among the operations of a JSON patch: an outer `images:` entry sets over it."""
    for spot in reading.walk():
        if not isinstance(spot.node, Scalar):
            continue
        identity = (reading.stream.path.decode("latin-1"), *(str(key) for key in spot.keys))
        hit = whole(reading, spot, wanted, identity, bare=False, joins="object")
        if hit is not None:
            yield hit


def inline(reading: Reading, spot: Spot | None, wanted: Wanted, objects: Objects) -> Iterator[Fragment | Barred]:
    """What a patch that is written into a block scalar says of wanted images."""
    if spot is not None:
        yield from embedded(reading, spot, wanted, lambda inner: _patched(inner, wanted, objects))


def listed(reading: Reading, spot: Spot | None, wanted: Wanted, objects: Objects) -> Iterator[Fragment | Barred]:
    """The same of each item of a list, under `patch`."""
    for item in reading.items(spot):
        yield from inline(reading, reading.child(item, "patch"), wanted, objects)


def _patched(inner: Reading, wanted: Wanted, objects: Objects) -> Iterator[Fragment | Barred]:
    if not is_object(inner.document):
        yield from operations(inner, wanted)
        return
    for hit in objects(inner, wanted):
        # A chart's registry is not told in a patch.
        if not isinstance(hit, Charted):
            yield hit
