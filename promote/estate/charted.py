"""Charts that a HelmRelease takes from a HelmRepository: which registry that is, another file says.

And charts whose lock file would no longer fit: Helm refuses to build them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from promote.sites import chart, flux
from promote.sites.marker import Hit
from promote.sites.reading import Reading
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.tree import Globs, Tree
from promote.tree.glob import is_literal

Sources = dict[tuple[str, str], set[str]]
Found = tuple[Fragment | Barred, ...]


def add_sources(sources: Sources, stream: Stream) -> None:
    """Take in the HelmRepositories of one file that are OCI registries."""
    if b"HelmRepository" not in stream.data:
        return
    for document in stream.documents:
        for name, url in flux.sources(Reading(stream, document, chart.FORMAT)):
            sources.setdefault(name, set()).add(url)


def _registry(sources: Mapping[tuple[str, str], set[str]], source: tuple[str, str]) -> str | None:
    """The registry that a reference means; a namespace that is not written may be any, two registries are none."""
    namespace, name = source
    found = {
        url
        for (space, other), urls in sources.items()
        for url in urls
        if other == name and (space == namespace or not space or not namespace)
    }
    return found.pop() if len(found) == 1 else None


def resolved(hits: tuple[Hit, ...], sources: Sources, wanted: Wanted) -> Found:
    """The hits with the repositories of their charts; a chart from elsewhere is nobody's image.

    A tuple without charts is given back as it is, so that whoever reads it again sees that it is the same.
    """
    if not any(isinstance(hit, Charted) for hit in hits):
        return cast(Found, hits)
    out: list[Fragment | Barred] = []
    for hit in hits:
        if not isinstance(hit, Charted):
            out.append(hit)
            continue
        registry = _registry(sources, hit.source)
        repository = None if registry is None else wanted.match(f"{registry}/{hit.chart}")
        if repository is not None:
            out.append(replace(hit.hit, repository=repository))
    return tuple(out)


def _lock(path: bytes) -> bytes:
    return path.removesuffix(chart.FILE) + b"Chart.lock"


def _depends(hit: Fragment | Barred) -> bool:
    return isinstance(hit, Fragment) and hit.format == chart.FORMAT and hit.identity[:1] == ("dependencies",)


def lock(tree: Tree, found: dict[bytes, Found]) -> None:
    """Bar the dependencies of charts that have a lock file."""
    paths = {path for path, hits in found.items() if any(map(_depends, hits))}
    plain = sorted(_lock(path) for path in paths if is_literal(path))
    if not plain:
        return
    locks = {entry.path for entry in tree.list(Globs(tuple(path.decode("utf-8", "replace") for path in plain)))}
    for path in paths:
        if _lock(path) in locks:
            found[path] = tuple(_locked(hit) if _depends(hit) else hit for hit in found[path])


def _locked(hit: Fragment | Barred) -> Fragment | Barred:
    part = hit.tag if isinstance(hit, Fragment) else None
    if part is None:
        return hit
    bar = chart.LOCK
    return Barred(hit.path, part.span, hit.format, bar.code, bar.why, hit.repository, hit.app)
