"""The `images:` entries of a kustomize Kustomization or Component.

An entry's image is its `newName`, else its `name`, as written (SEMANTICS 2.2); `newTag` and `digest` are what it sets.
Source: the kustomize reference, "images".
"""

from __future__ import annotations

from collections.abc import Iterator

from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import tag_and_digest
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar, Sequence
from promote.text.part import Part

FORMAT = "kustomize"
FILES = frozenset({b"kustomization.yaml", b"kustomization.yml", b"Kustomization"})
_KINDS = frozenset({"Kustomization", "Component"})


def accepts(path: bytes, document: Document) -> bool:
    """Whether this document is kustomize's, by its file's name or its apiVersion and kind."""
    if path.rpartition(b"/")[2] in FILES:
        return True
    root = document.root
    if not isinstance(root, Mapping):
        return False
    version, kind = root.get("apiVersion"), root.get("kind")
    return (
        isinstance(version, Scalar)
        and version.value.startswith("kustomize.config.k8s.io/")
        and isinstance(kind, Scalar)
        and kind.value in _KINDS
    )


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Each entry of `images:` that names a wanted image."""
    for spot in reading.walk():
        listed = len(spot.keys) == 2 and spot.keys[0] == "images" and isinstance(spot.keys[1], int)
        if listed and isinstance(spot.node, Mapping):
            found = _entry(reading, spot, wanted)
            if found is not None:
                yield found


def _entry(reading: Reading, spot: Spot, wanted: Wanted) -> Fragment | Barred | None:
    own, new = reading.field(spot, "name"), reading.field(spot, "newName")
    named = new or own
    if own is None or named is None:
        return None
    written, matched = reading.text(named.pair.value), reading.text(own.pair.value)
    repository = wanted.match(written) if written else None
    if repository is None or matched is None:
        return None
    name = reading.part(named.pair.value, (*spot.keys, "newName" if new else "name"), named.bar)
    parts: dict[str, Part | Bar | None] = {"newTag": None, "digest": None}
    for key in parts:
        field = reading.field(spot, key)
        if field is None:
            parts[key] = reading.missing(spot, key, named.pair)
        elif key == "newTag":
            parts[key], inside = tag_and_digest(reading, field.pair.value, (*spot.keys, key), field.bar)
            if inside is not None:
                parts["digest"] = inside
                break
        else:
            parts[key] = reading.part(field.pair.value, (*spot.keys, key), field.bar)
    for part in parts.values():
        if isinstance(part, Bar):
            return reading.barred(spot.node, part, repository)
    tag, digest = parts["newTag"], parts["digest"]
    if isinstance(name, Bar) and tag is None and digest is None:
        return reading.barred(spot.node, name, repository)
    return Fragment(
        reading.stream.path,
        FORMAT,
        ("images", matched),
        name if isinstance(name, Part) else None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
        repository,
    )


def reached(document: Document) -> Iterator[str]:
    """The `resources`, `bases`, `components` and patch files that a kustomization names, as written."""
    root = document.root
    if not isinstance(root, Mapping):
        return
    for key in ("resources", "bases", "components", "patches", "patchesStrategicMerge"):
        items = root.get(key)
        if not isinstance(items, Sequence):
            continue
        for item in items.items:
            node = item.get("path") if isinstance(item, Mapping) else item
            if isinstance(node, Scalar) and "\n" not in node.value:
                yield node.value


