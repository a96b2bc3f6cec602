"""A kustomize Kustomization or Component: `images:` entries, inline patches, charts with their values.

An entry's image is its `newName`, else its `name`, as written (SEMANTICS 2.2); `newTag` and `digest` are what it sets.
Source: the kustomize reference, "images", "patches", "helmCharts".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from promote.image import split_reference
from promote.sites import chart, manifest, revision
from promote.sites.embedded import embedded
from promote.sites.helm import Values
from promote.sites.object import objects
from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import reference, tag_and_digest, whole
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar, Sequence
from promote.text.part import Part
from promote.text.remove import cut_of

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
        yield from entries(reading, listed, wanted)
    for key in ("patches", "patchesJson6902"):
        yield from patches(reading, reading.child(reading.root, key), wanted)
    for spot in reading.items(reading.child(reading.root, "patchesStrategicMerge")):
        yield from embedded(reading, spot, wanted, lambda inner: _patched(inner, wanted))
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


def entries(
    reading: Reading, listed: Spot | None, wanted: Wanted, reaches: tuple[str, ...] = ()
) -> Iterator[Fragment | Barred]:
    """The entries of a list in the form of `images:` that name a wanted image."""
    for spot in reading.items(listed):
        if isinstance(spot.node, Mapping):
            found = _entry(reading, spot, wanted)
            if found is not None:
                yield replace(found, reaches=reaches) if isinstance(found, Fragment) else found


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
            cut = cut_of(reading.stream, spot.node, field.pair) if isinstance(spot.node, Mapping) else None
            parts[key] = reading.part(field.pair.value, (*spot.keys, key), field.bar, cut)
    for part in parts.values():
        if isinstance(part, Bar):
            return reading.barred(spot.node, part, repository)
    tag, digest = parts["newTag"], parts["digest"]
    if isinstance(name, Bar) and tag is None and digest is None:
        return reading.barred(spot.node, name, repository)
    return Fragment(
        reading.stream.path,
        reading.format,
        ("images", matched),
        name if isinstance(name, Part) else None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
        repository,
        joins="entry",
    )


def patches(reading: Reading, listed: Spot | None, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """What the patches that are written into a list itself, as `patch: |`, say of wanted images."""
    for item in reading.items(listed):
        spot = reading.child(item, "patch")
        if spot is not None:
            yield from embedded(reading, spot, wanted, lambda inner: _patched(inner, wanted))


def _patched(inner: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """A patch that looks like the object it changes, or the operations of a JSON patch."""
    here = list(objects(inner))
    for each in here:
        yield from manifest.find(inner, each, wanted)
    if not here:
        for spot in inner.walk():
            keys = tuple(str(key) for key in spot.keys)
            hit = whole(inner, spot, wanted, keys, bare=False) if isinstance(spot.node, Scalar) else None
            if hit is not None:
                yield hit


def string_entries(
    reading: Reading, listed: Spot | None, wanted: Wanted, reaches: tuple[str, ...]
) -> Iterator[Fragment | Barred]:
    """Images as `kustomize edit set image` takes them: `name:tag`, `name=new:tag`, `name=new@digest`."""
    for spot in reading.items(listed):
        text = reading.text(spot.node) or ""
        own, equals, new = text.partition("=")
        written = split_reference(new if equals else text)[0] or own
        repository = wanted.match(written)
        if repository is not None:
            matched = own if equals else written
            found = reference(
                reading, spot, len(own) + 1 if equals else 0, repository, ("images", matched), joins="entry"
            )
            yield replace(found, reaches=reaches) if isinstance(found, Fragment) else found


def _resources(reading: Reading) -> Iterator[Spot]:
    for key in ("resources", "bases", "components"):
        yield from reading.items(reading.child(reading.root, key))


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
