"""The Kubernetes objects of a document: one, or the items of a List, each with what tells it from others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promote.sites.reading import Keys, Reading, Spot
from promote.text.document import Document, Mapping, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Object:
    """One object: the parts of its name, and where it stands."""

    group: str
    kind: str
    namespace: str
    name: str
    spot: Spot

    @property
    def identity(self) -> tuple[str, ...]:
        return (self.group, self.kind, self.namespace, self.name)


def is_object(document: Document) -> bool:
    """Whether a document is a Kubernetes object: it has an apiVersion and a kind."""
    root = document.root
    return isinstance(root, Mapping) and root.get("apiVersion") is not None and root.get("kind") is not None


def _is_list(mapping: Mapping) -> bool:
    kind = mapping.get("kind")
    return isinstance(kind, Scalar) and kind.value.endswith("List") and isinstance(mapping.get("items"), Sequence)


def objects(reading: Reading) -> Iterator[Object]:
    """Every object of the document; an item of a typed List (DeploymentList) may leave its kind to the List."""
    if is_object(reading.document):
        yield from _below(reading, reading.root, "", "")


def _below(reading: Reading, spot: Spot, group: str, kind: str) -> Iterator[Object]:
    node = spot.node
    if not isinstance(node, Mapping):
        return
    version, said = reading.text(node.get("apiVersion")), reading.text(node.get("kind"))
    group = group if version is None else version.rpartition("/")[0]
    kind = said or kind
    if _is_list(node):
        for item in reading.items(reading.child(spot, "items")):
            yield from _below(reading, item, group, kind.removesuffix("List"))
        return
    metadata = reading.child(spot, "metadata")
    namespace, name = ("" if metadata is None else reading.said(metadata, key) or "" for key in ("namespace", "name"))
    yield Object(group, kind, namespace, name, spot)


def at(node: object, keys: Keys) -> object:
    """The node below another one that the keys lead to; None where they lead nowhere."""
    for key in keys:
        if isinstance(node, Sequence) and isinstance(key, int):
            node = node.items[key]
        elif isinstance(node, Mapping) and isinstance(key, str):
            node = node.get(key)
        else:
            return None
    return node
