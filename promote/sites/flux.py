"""Flux: the images of a Kustomization, the values and the chart of a HelmRelease, the tag of an OCIRepository.

Sources: the Flux API references of kustomize.toolkit.fluxcd.io, helm.toolkit.fluxcd.io and source.toolkit.fluxcd.io.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from promote.sites import chart, images, manifest, patch
from promote.sites.helm import Values
from promote.sites.object import Object, objects
from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Mapping
from promote.text.part import Part
from promote.text.remove import cut_of

KUSTOMIZATION = "kustomize.toolkit.fluxcd.io"
RELEASE = "helm.toolkit.fluxcd.io"
SOURCE = "source.toolkit.fluxcd.io"


def folder(path: str | None) -> tuple[str, ...]:
    """A folder as the repository's root has it; none for a path that leaves the repository, or for no path."""
    if not path or "{{" in path or "${" in path:
        return ()
    found = posixpath.normpath(path.lstrip("/"))
    return () if found.startswith("..") else ("" if found == "." else found,)


def kustomization(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """`spec.images`, which set over what `spec.path` holds, and what inline patches say."""
    here = Reading(reading.stream, reading.document, "kustomize", reading.bar)
    spec = here.child(found.spot, "spec")
    if spec is not None:
        reaches = folder(here.said(spec, "path"))
        yield from images.entries(here, here.child(spec, "images"), wanted, reaches)
        yield from patch.listed(here, here.child(spec, "patches"), wanted, manifest.objects_of)
    skip = () if spec is None else ((*spec.keys, "images"),)
    yield from manifest.find(reading, found, wanted, skip)


def release(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred | Charted]:
    """`spec.values`, the version of a chart from an OCI registry, and the images of post-renderers."""
    here = Reading(reading.stream, reading.document, "helmrelease", reading.bar)
    spec = here.child(found.spot, "spec")
    if spec is None:
        return
    source = here.child(spec, "chart", "spec")
    reference = None if source is None else here.child(source, "sourceRef")
    kind = None if reference is None else here.said(reference, "kind")
    local = folder(here.said(source, "chart")) if source is not None and kind == "GitRepository" else ()
    values = here.child(spec, "values")
    skip = []
    if values is not None:
        yield from Values(here, wanted, values, found.identity, 1, local).find()
        skip.append(values.keys)
    if source is not None and reference is not None and kind == "HelmRepository":
        yield from _charted(here, found, source, reference)
    for item in here.items(here.child(spec, "postRenderers")):
        listed = here.child(item, "kustomize", "images")
        if listed is not None:
            yield from images.entries(here, listed, wanted)
            skip.append(listed.keys)
        yield from patch.listed(here, here.child(item, "kustomize", "patches"), wanted, manifest.objects_of)
    yield from manifest.find(reading, found, wanted, skip)


def _charted(reading: Reading, found: Object, source: Spot, reference: Spot) -> Iterator[Charted]:
    """The chart's version, for whoever knows the HelmRepository that the release takes it from."""
    name, repository = reading.said(source, "chart"), reading.said(reference, "name")
    field = reading.field(source, "version")
    if field is None or not name or not repository:
        return
    namespace = reading.said(reference, "namespace") or found.namespace
    part = chart.exact(reading.part(field.pair.value, (*source.keys, "version"), field.bar))
    if isinstance(part, Bar):
        yield Charted(reading.barred(field.pair.value, part, None), name, (namespace, repository))
    else:
        hit = chart.fragment(reading, ("spec", "chart", "spec"), part, None, found.identity)
        yield Charted(hit, name, (namespace, repository))


def oci(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The tag and the digest of `spec.ref`, where `spec.url` is a wanted repository; a range is refused."""
    here = Reading(reading.stream, reading.document, chart.FORMAT, reading.bar)
    spec = here.child(found.spot, "spec")
    written = None if spec is None else chart.joined(here.said(spec, "url"), None)
    repository = wanted.match(written) if written else None
    ref = None if spec is None else here.child(spec, "ref")
    if repository is None or ref is None:
        return
    ranged = here.child(ref, "semver")
    if ranged is not None:
        yield here.barred(ranged.node, chart.RANGE, repository)
        return
    fields = {key: here.field(ref, key) for key in ("tag", "digest")}
    there = next((field for field in fields.values() if field is not None), None)
    if there is None:
        return
    parts: list[Part | Bar | None] = []
    for key, field in fields.items():
        if field is None:
            parts.append(here.missing(ref, key, there.pair))
        else:
            cut = cut_of(here.stream, ref.node, field.pair) if isinstance(ref.node, Mapping) else None
            parts.append(here.part(field.pair.value, (*ref.keys, key), field.bar, cut))
    bar = next((part for part in parts if isinstance(part, Bar)), None)
    if bar is not None:
        yield here.barred(ref.node, bar, repository)
        return
    tag, digest = (part if isinstance(part, Part) else None for part in parts)
    yield replace(chart.fragment(here, ("spec", "ref"), tag, repository, found.identity), digest=digest)


def sources(reading: Reading) -> Iterator[tuple[tuple[str, str], str]]:
    """`((namespace, name), host/path)` of each HelmRepository of the document that is an OCI registry."""
    for found in objects(reading):
        spec = reading.child(found.spot, "spec")
        if found.group == SOURCE and found.kind == "HelmRepository" and spec is not None:
            url = chart.joined(reading.said(spec, "url"), None)
            if url:
                yield (found.namespace, found.name), url
