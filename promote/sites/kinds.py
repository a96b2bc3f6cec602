"""Kubernetes objects by their kind: those that say of images in ways of their own, and all others by their strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promote.sites import argocd, content, flux, manifest
from promote.sites.object import Object, is_object, objects
from promote.sites.reading import Reading
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Document

Finds = Callable[[Reading, Object, Wanted], Iterator[Fragment | Barred | Charted]]

# By API group and kind.
KINDS: dict[tuple[str, str], Finds] = {
    **{(argocd.GROUP, kind): argocd.find for kind in argocd.KINDS},
    ("", "ConfigMap"): content.config_map,
    (content.K3S, "HelmChart"): content.helm_chart,
    (content.K3S, "HelmChartConfig"): content.helm_chart,
    (flux.KUSTOMIZATION, "Kustomization"): flux.kustomization,
    (flux.RELEASE, "HelmRelease"): flux.release,
    (flux.SOURCE, "OCIRepository"): flux.oci,
}


def accepts(_: bytes, document: Document) -> bool:
    """Any object that has an apiVersion and a kind."""
    return is_object(document)


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred | Charted]:
    """What each object of a document says of wanted images."""
    for found in objects(reading):
        if found.kind not in manifest.PASSED_OVER:
            yield from KINDS.get((found.group, found.kind), manifest.find)(reading, found, wanted)
