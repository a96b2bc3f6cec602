"""A kustomize Kustomization or Component: `images:` entries, inline patches, charts with their values.

Source: the kustomize reference, "images", "patches", "components", "helmCharts".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from promote.sites import chart, images, kinds, patch, revision
from promote.sites.helm import Values
from promote.sites.reading import Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar, Sequence

FORMAT = "kustomize"
FILES = frozenset({b"kustomization.yaml", b"kustomization.yml", b"Kustomization"})
_KINDS = frozenset({"Kustomization", "Component"})


def accepts(path: bytes, document: Document) -> bool:
    """Whether this document is kustomize's: by its apiVersion and kind, or by its file's name where it has none."""
    root = document.root
    version = root.get("apiVersion") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or version is None:
        return path.rpartition(b"/")[2] in FILES
    kind = root.get("kind")
    return (
        isinstance(version, Scalar)
        and version.value.startswith("kustomize.config.k8s.io/")
        and (not isinstance(kind, Scalar) or kind.value in _KINDS)
    )


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Each entry that names a wanted image, and what patches and charts in the file say of one."""
    for listed in reading.every(reading.root, "images"):
        yield from images.entries(reading, listed, wanted)
    for key in ("patches", "patchesJson6902"):
        yield from patch.listed(reading, reading.child(reading.root, key), wanted, kinds.find)
    for spot in reading.items(reading.child(reading.root, "patchesStrategicMerge")):
        yield from patch.inline(reading, spot, wanted, kinds.find)
    folder = posixpath.dirname(reading.stream.path.decode("utf-8", "replace"))
    yield from revision.find(reading, _resources(reading), wanted)
    for spot in reading.items(reading.child(reading.root, "helmCharts")):
        name, repo = reading.said(spot, "name"), reading.said(spot, "repo")
        here = (folder, "helmCharts", str(spot.keys[-1]))
        yield from chart.versioned(reading, spot, "version", chart.joined(repo, name) if name else None, wanted, here)
        inline = reading.child(spot, "valuesInline")
        if inline is not None:
            local = () if repo or not name else (posixpath.join(folder, "charts", name),)
            yield from Values(reading, wanted, inline, here, 1, local).find()


def _resources(reading: Reading) -> Iterator[Spot]:
    for key in ("resources", "bases", "components"):
        yield from reading.items(reading.child(reading.root, key))


def components(document: Document) -> Iterator[str]:
    """The `components` that a kustomization names, as written: they are put over its resources."""
    return _named(document, "components")


def reached(document: Document) -> Iterator[str]:
    """The `resources`, `bases`, `components` and patch files that a kustomization names, as written."""
    return _named(
        document, "resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902"
    )


def _named(document: Document, *keys: str) -> Iterator[str]:
    root = document.root
    if not isinstance(root, Mapping):
        return
    for key in keys:
        items = root.get(key)
        if not isinstance(items, Sequence):
            continue
        for item in items.items:
            node = item.get("path") if isinstance(item, Mapping) else item
            if isinstance(node, Scalar) and "\n" not in node.value:
                yield node.value


def is_component(document: Document) -> bool:
    """Whether this is a Component: what it says is put over the resources of whoever names it."""
    root = document.root
    kind = root.get("kind") if isinstance(root, Mapping) else None
    return isinstance(kind, Scalar) and kind.value == "Component"
