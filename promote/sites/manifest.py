"""Kubernetes objects: container `image` fields, and any string `repository:tag[@digest]` of a wanted repository.

What an object says of images in other ways, as Flux's and Argo CD's do, its own finder reads; the strings are left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from promote.sites.object import Object, at, objects
from promote.sites.reading import Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import whole
from promote.sites.wanted import Wanted
from promote.text.document import Mapping, Scalar, Sequence

FORMAT = "manifest"
# These speak of images without running any (SEMANTICS 1.5).
PASSED_OVER = frozenset({"CustomResourceDefinition", "ImageRepository", "ImagePolicy", "ImageUpdateAutomation"})


def find(reading: Reading, found: Object, wanted: Wanted, skip: Collection[Keys] = ()) -> Iterator[Fragment | Barred]:
    """Every string of the object that is a wanted image, but for what stands below the keys in `skip`."""
    depth = len(found.spot.keys)
    for spot in reading.walk(found.spot, skip):
        if isinstance(spot.node, Mapping | Sequence) or not spot.keys:
            continue
        hit = whole(reading, spot, wanted, (), bare=spot.keys[-1] == "image", joins="object")
        if isinstance(hit, Fragment):
            # Only now: most strings are no image, and to say where one stands costs more than to see that.
            yield replace(hit, identity=(*found.identity, *_where(found.spot.node, spot, spot.keys[depth:])))
        elif hit is not None:
            yield hit


def objects_of(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The same of every object of a document."""
    for each in objects(reading):
        yield from find(reading, each, wanted)


def _where(root: object, spot: Spot, keys: Keys) -> tuple[str, ...]:
    """The container's name where the string is a named list item's, else the key path: what a patch would match."""
    for end in range(len(keys) - 1, 0, -1):
        if isinstance(keys[end - 1], int):
            item = at(root, keys[:end])
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar) and name is not spot.node:
                return (*(str(key) for key in keys[: end - 1]), name.value, *(str(key) for key in keys[end:]))
            break
    return tuple(str(key) for key in keys)
