"""Kubernetes objects: container `image` fields, and any string `repository:tag[@digest]` of a wanted repository."""

from __future__ import annotations

from collections.abc import Iterator

from promote.sites.reading import Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import whole
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar, Sequence

FORMAT = "manifest"
# These speak of images without running any (SEMANTICS 1.5).
_PASSED_OVER = frozenset({"CustomResourceDefinition", "ImageRepository", "ImagePolicy", "ImageUpdateAutomation"})


def accepts(path: bytes, document: Document) -> bool:  # noqa: ARG001 - every finder is asked in the same way
    """Any object that has an apiVersion and a kind."""
    root = document.root
    return isinstance(root, Mapping) and root.get("apiVersion") is not None and root.get("kind") is not None


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Every string of the object that is a wanted image."""
    root = reading.document.root
    if not isinstance(root, Mapping):
        return
    kind = reading.text(root.get("kind")) or ""
    if kind in _PASSED_OVER:
        return
    metadata = root.get("metadata")
    name = reading.text(metadata.get("name")) if isinstance(metadata, Mapping) else None
    for spot in reading.walk():
        if isinstance(spot.node, Mapping | Sequence) or not spot.keys:
            continue
        found = whole(
            reading,
            spot.node,
            spot.keys,
            spot.bar,
            wanted,
            (kind, name or "", *_where(root, spot)),
            bare=spot.keys[-1] == "image",
        )
        if found is not None:
            yield found


def _where(root: Mapping, spot: Spot) -> tuple[str, ...]:
    """The container's name where the string is a named list item's, else the key path: what a patch would match."""
    for end in range(len(spot.keys) - 1, 0, -1):
        if isinstance(spot.keys[end - 1], int):
            item = _at(root, spot.keys[:end])
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar) and name is not spot.node:
                return (*(str(key) for key in spot.keys[: end - 1]), name.value, *(str(key) for key in spot.keys[end:]))
            break
    return tuple(str(key) for key in spot.keys)


def _at(root: Mapping, keys: Keys) -> object:
    node: object = root
    for key in keys:
        if isinstance(node, Sequence) and isinstance(key, int):
            node = node.items[key]
        elif isinstance(node, Mapping) and isinstance(key, str):
            node = node.get(key)
    return node
