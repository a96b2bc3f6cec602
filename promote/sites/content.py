"""Helm values in the text of an object: the files of a ConfigMap, and K3s's HelmChart and HelmChartConfig.

Source: the K3s documentation, "Helm".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from promote.sites import chart, manifest
from promote.sites.embedded import embedded
from promote.sites.helm import Values
from promote.sites.object import Object, is_object, objects
from promote.sites.reading import Reading
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Mapping, Scalar

K3S = "helm.cattle.io"
_ENDINGS = (".yaml", ".yml")


def config_map(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The YAML files that a ConfigMap holds: values, or objects."""
    skip = []
    data = reading.child(found.spot, "data")
    for pair in data.node.pairs if data is not None and isinstance(data.node, Mapping) else ():
        name = pair.key.value if isinstance(pair.key, Scalar) else ""
        spot = reading.child(data, name) if data is not None and name.endswith(_ENDINGS) else None
        if spot is not None:
            yield from embedded(reading, spot, wanted, partial(_file, wanted=wanted, owner=(*found.identity, name)))
            skip.append(spot.keys)
    yield from manifest.find(reading, found, wanted, skip)


def _file(inner: Reading, wanted: Wanted, owner: tuple[str, ...]) -> Iterator[Fragment | Barred]:
    if is_object(inner.document):
        for each in objects(inner):
            yield from manifest.find(inner, each, wanted)
    else:
        yield from Values(inner, wanted, inner.root, owner, 1).find()


def helm_chart(reading: Reading, found: Object, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """`spec.valuesContent`, and the version of a chart from an OCI registry."""
    here = Reading(reading.stream, reading.document, "helmchart", reading.bar)
    spec = here.child(found.spot, "spec")
    text = None if spec is None else here.child(spec, "valuesContent")
    if spec is not None:
        written = chart.joined(here.said(spec, "chart"), None)
        yield from chart.versioned(here, spec, "version", written, wanted, (), owner=(*found.identity, "chart"))
    if text is not None:
        # What a HelmChartConfig says lies over the HelmChart of its name.
        owner, rank = (found.group, "HelmChart", found.namespace, found.name), 1 if found.kind == "HelmChart" else 2
        yield from embedded(here, text, wanted, lambda inner: Values(inner, wanted, inner.root, owner, rank).find())
    yield from manifest.find(reading, found, wanted, () if text is None else (text.keys,))
