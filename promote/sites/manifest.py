"""Kubernetes objects: container `image` fields, and any string `repository:tag[@digest]` of a wanted repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Object:
    """One Kubernetes object: what tells it from others, and its mapping."""

    group: str
    kind: str
    namespace: str
    name: str
    root: Mapping


def _is_list(mapping: Mapping) -> bool:
    kind = mapping.get("kind")
    return isinstance(kind, Scalar) and kind.value.endswith("List") and isinstance(mapping.get("items"), Sequence)


def _depth(root: Mapping, keys: Keys) -> int:
    """How many of the keys lead to the object that holds the place: the items of a List are objects of their own."""
    depth, here = 0, root
    while _is_list(here) and len(keys) > depth + 2 and keys[depth] == "items":
        item = _at(here, keys[depth : depth + 2])
        if not isinstance(item, Mapping):
            break
        depth, here = depth + 2, item
    return depth


def _object(reading: Reading, root: Mapping, keys: Keys) -> _Object:
    """The object at these keys; an item of a typed List (DeploymentList) may leave its kind to the List."""
    node = _at(root, keys)
    here = node if isinstance(node, Mapping) else root
    version, kind = reading.text(here.get("apiVersion")), reading.text(here.get("kind"))
    if keys and (version is None or kind is None):
        listed = _object(reading, root, keys[:-2])
        group, kind = listed.group if version is None else _group(version), kind or listed.kind.removesuffix("List")
    else:
        group = _group(version or "")
    found = here.get("metadata")
    metadata = found if isinstance(found, Mapping) else None
    namespace, name = (reading.text(metadata.get(key)) if metadata else None for key in ("namespace", "name"))
    return _Object(group, kind or "", namespace or "", name or "", here)


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Every string of the object that is a wanted image."""
    root = reading.document.root
    if not isinstance(root, Mapping):
        return
    objects: dict[Keys, _Object] = {}
    for spot in reading.walk():
        if isinstance(spot.node, Mapping | Sequence) or not spot.keys:
            continue
        depth = _depth(root, spot.keys)
        if spot.keys[:depth] not in objects:
            objects[spot.keys[:depth]] = _object(reading, root, spot.keys[:depth])
        here = objects[spot.keys[:depth]]
        if here.kind in _PASSED_OVER:
            continue
        found = whole(
            reading,
            spot.node,
            spot.keys,
            spot.bar,
            wanted,
            (here.group, here.kind, here.namespace, here.name, *_where(here.root, spot, spot.keys[depth:])),
            bare=spot.keys[-1] == "image",
        )
        if found is not None:
            yield found


def _where(root: Mapping, spot: Spot, keys: Keys) -> tuple[str, ...]:
    """The container's name where the string is a named list item's, else the key path: what a patch would match."""
    for end in range(len(keys) - 1, 0, -1):
        if isinstance(keys[end - 1], int):
            item = _at(root, keys[:end])
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar) and name is not spot.node:
                return (*(str(key) for key in keys[: end - 1]), name.value, *(str(key) for key in keys[end:]))
            break
    return tuple(str(key) for key in keys)


def _at(root: Mapping, keys: Keys) -> object:
    node: object = root
    for key in keys:
        if isinstance(node, Sequence) and isinstance(key, int):
            node = node.items[key]
        elif isinstance(node, Mapping) and isinstance(key, str):
            node = node.get(key)
    return node
