"""The folders that the objects of Flux and Argo CD apply to a cluster.

Sources: the Flux API reference of kustomize.toolkit.fluxcd.io; the Argo CD documentation, "Declarative Setup".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promote.sites import argocd, flux
from promote.sites.object import Object
from promote.sites.reading import Reading
from promote.survey.appset import Generated
from promote.survey.flux import each_object
from promote.text.document import Stream


def _folders(reading: Reading, found: Object) -> Iterator[str]:
    spec = reading.child(found.spot, "spec")
    if spec is None:
        return
    if (found.group, found.kind) == (flux.KUSTOMIZATION, "Kustomization"):
        yield from flux.folder(reading.said(spec, "path"))
    elif (found.group, found.kind) == (argocd.GROUP, "Application"):
        for source in argocd.sources(reading, spec):
            yield from flux.folder(reading.said(source, "path"))


def applied(streams: Iterable[Stream], made: Iterable[Generated] = ()) -> Iterator[tuple[str, str]]:
    """Where a Kustomization of Flux or an Application of Argo CD stands, and each folder that it applies.

    `made` are the applications that sets make; each stands where its set does.
    """
    for each in made:
        yield from ((each.path, folder) for folder in each.folders)
    for stream, reading, found in each_object(streams):
        for folder in _folders(reading, found):
            if folder:
                yield stream.path.decode("utf-8", "replace"), folder
