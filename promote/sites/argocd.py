"""Argo CD: what an Application's sources, or those of an ApplicationSet's template, say of images and charts.

Within one source `helm.parameters` stand above `helm.valuesObject`, and that above `helm.values`. Source: the Argo CD
documentation, "Helm" and "Kustomize".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from promote.sites import chart, images, manifest, patch
from promote.sites.embedded import embedded
from promote.sites.flux import folder
from promote.sites.helm import Values
from promote.sites.object import Object
from promote.sites.reading import DUPLICATE, Bar, Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.node import Mapping, Node, Pair, Scalar

GROUP = "argoproj.io"
FORMAT = "argocd"
_SPECS: dict[str, tuple[str, ...]] = {"Application": ("spec",), "ApplicationSet": ("spec", "template", "spec")}
KINDS = frozenset(_SPECS)
_STEP = re.compile(r"(?:\\.|[^.\[\]\\])+|\[[0-9]+\]")


def sources(reading: Reading, spec: Spot) -> Iterator[Spot]:
    """The sources of an Application's `spec`, whichever of its keys they stand under."""
    single = reading.child(spec, "source")
    if single is not None:
        yield single
    yield from reading.items(reading.child(spec, "sources"))


def find(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """What each source says of wanted images, and the strings of the rest of the object."""
    here = Reading(reading.stream, reading.document, FORMAT, reading.bar)
    spec = here.child(found.spot, *_SPECS[found.kind])
    skip: list[Keys] = []
    if spec is not None:
        for source in sources(here, spec):
            yield from _source(here, found, source, wanted, skip)
    yield from manifest.find(reading, found, wanted, skip)


def _source(
    reading: Reading, found: Object, source: Spot, wanted: Wanted, skip: list[Keys]
) -> Iterator[Fragment | Barred]:
    owner = (*found.identity, *(str(key) for key in source.keys[len(found.spot.keys) :]))
    name, url = reading.said(source, "chart"), reading.said(source, "repoURL") or ""
    # With a chart beside it, a URL without a scheme is a registry's.
    registry = url if "://" in url else f"oci://{url}"
    if name or url.startswith("oci://"):
        written = chart.joined(registry, name)
        yield from chart.versioned(reading, source, "targetRevision", written, wanted, (), owner=owner)
    local = () if name else folder(reading.said(source, "path"))
    strings = reading.child(source, "kustomize", "images")
    yield from images.string_entries(reading, strings, wanted, local)
    patches = reading.child(source, "kustomize", "patches")
    yield from patch.listed(reading, patches, wanted, manifest.objects_of)
    text, tree, listed = (reading.child(source, "helm", key) for key in ("values", "valuesObject", "parameters"))
    if text is not None:
        yield from embedded(
            reading, text, wanted, lambda inner: Values(inner, wanted, inner.root, owner, 1, local).find()
        )
    if tree is not None:
        yield from Values(reading, wanted, tree, owner, 2, local).find()
    if listed is not None:
        yield from Values(reading, wanted, parameters(reading, listed), owner, 3, local, closed=True).find()
    skip += [spot.keys for spot in (strings, text, tree, listed) if spot is not None]


@dataclass
class _Branch:
    """A mapping that is being put together from parameters."""

    at: Node
    below: dict[str, _Branch | Pair] = field(default_factory=dict)

    def node(self) -> Mapping:
        pairs = tuple(
            each if isinstance(each, Pair) else Pair(Scalar(key, "plain", 0, 0, None, None), each.node())
            for key, each in self.below.items()
        )
        return Mapping(pairs, flow=True, start=self.at.start, end=self.at.end, anchor=None)


def steps(name: str) -> Sequence[str]:
    r"""The keys that the name of a parameter leads through: `a.b`, `a\\.b`, `list[0].c`, as `helm --set` reads them."""
    return [re.sub(r"\\(.)", r"\1", step).strip("[]") for step in _STEP.findall(name)]


def parameters(reading: Reading, listed: Spot) -> Spot:
    """The parameters of a list as the values that they set; the nodes of the values are the list's own."""
    root = _Branch(listed.node)
    bar: Bar | None = listed.bar  # a value's own anchor bars that value alone
    for item in reading.items(listed):
        name, value = reading.said(item, "name"), reading.child(item, "value")
        way = steps(name or "")
        if not way or value is None:
            continue
        bar = bar or item.bar or (value.bar if value.bar is DUPLICATE else None)
        here: _Branch | Pair = root
        for step in way[:-1]:
            if isinstance(here, _Branch):
                here = here.below.setdefault(step, _Branch(value.node))
        if isinstance(here, _Branch):
            key = Scalar(way[-1], "plain", value.node.start, value.node.end, None, None)
            here.below[way[-1]] = Pair(key, value.node)
    return Spot(root.node(), listed.keys, bar)
