"""Rancher Fleet's fleet.yaml: the values and the chart of a bundle, and what target customizations change of them.

A customization's values lie over the bundle's own, key by key: one that sets only a tag speaks of the image that the
bundle names under the same keys. Source: the Fleet documentation, "fleet.yaml".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from promote.image import Repository
from promote.sites import chart
from promote.sites.helm import Values
from promote.sites.object import is_object
from promote.sites.reading import Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping

FORMAT = "fleet"
FILES = frozenset({b"fleet.yaml", b"fleet.yml"})
_Names = dict[tuple[str, ...], Repository]


def accepts(path: bytes, document: Document) -> bool:
    """Whether this is a bundle's own file."""
    return path.rpartition(b"/")[2] in FILES and isinstance(document.root, Mapping) and not is_object(document)


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The bundle's images and chart, those of each customization, and the strings of the rest."""
    names: _Names = {}
    skip = []
    for spot in (reading.root, *reading.items(reading.child(reading.root, "targetCustomizations"))):
        helm = reading.child(spot, "helm")
        if helm is None:
            continue
        yield from _chart(reading, helm, wanted)
        values = reading.child(helm, "values")
        if values is not None:
            skip.append(values.keys)
            yield from _values(reading, helm, values, wanted, names, first=not spot.keys)
    # Beside the values there are versions of charts, which no values lie below.
    yield from (hit for hit in Values(reading, wanted, reading.root, skip=skip).find() if hit.repository is not None)


def _chart(reading: Reading, helm: Spot, wanted: Wanted) -> Iterator[Fragment | Barred]:
    name, repo = reading.said(helm, "chart"), reading.said(helm, "repo")
    written = chart.joined(repo, name) if repo else chart.joined(name, None)
    yield from chart.versioned(reading, helm, "version", written, wanted, tuple(map(str, helm.keys)))


def _values(
    reading: Reading, helm: Spot, values: Spot, wanted: Wanted, names: _Names, *, first: bool
) -> Iterator[Fragment | Barred]:
    here = posixpath.dirname(reading.stream.path.decode("utf-8", "replace"))
    written = reading.said(reading.child(reading.root, "helm") or helm, "chart") or "."
    local = () if "://" in written else (posixpath.normpath(posixpath.join(here, written)),)
    owner = (here, *(str(key) for key in helm.keys))
    for hit in Values(reading, wanted, values, owner, 1, local).find():
        if first and hit.repository is not None:
            names[hit.identity] = hit.repository
        if isinstance(hit, Fragment) and hit.repository is None and hit.identity in names:
            yield replace(hit, repository=names[hit.identity])
        else:
            yield hit
