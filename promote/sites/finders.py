"""All finders, and what one file says: the first finder that accepts a document reads it, targets read it besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promote.sites import argocd, chart, content, fleet, flux, helm, kustomize, manifest, marker, pattern, target
from promote.sites.marker import Hit
from promote.sites.object import Object, is_object, objects
from promote.sites.pattern import Text
from promote.sites.reading import Reading
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Document, Stream, parse
from promote.text.plain import PlainText


@dataclass(frozen=True, slots=True)
class Finder:
    format: str
    accepts: Callable[[bytes, Document], bool]
    find: Callable[[Reading, Wanted], Iterator[Hit]]


def _objects(reading: Reading, wanted: Wanted) -> Iterator[Hit]:
    """What each Kubernetes object says: by its own finder, or by the strings in it."""
    for found in objects(reading):
        if found.kind not in manifest.PASSED_OVER:
            yield from OBJECTS.get((found.group, found.kind), manifest.find)(reading, found, wanted)


OBJECTS: dict[tuple[str, str], Callable[[Reading, Object, Wanted], Iterator[Hit]]] = {
    **{(argocd.GROUP, kind): argocd.find for kind in argocd.KINDS},
    ("", "ConfigMap"): content.config_map,
    (content.K3S, "HelmChart"): content.helm_chart,
    (content.K3S, "HelmChartConfig"): content.helm_chart,
    (flux.KUSTOMIZATION, "Kustomization"): flux.kustomization,
    (flux.RELEASE, "HelmRelease"): flux.release,
    (flux.SOURCE, "OCIRepository"): flux.oci,
}
FINDERS = (
    Finder(kustomize.FORMAT, kustomize.accepts, kustomize.find),
    Finder(manifest.FORMAT, lambda _, document: is_object(document), _objects),
    Finder(chart.FORMAT, chart.accepts, chart.find),
    Finder(fleet.FORMAT, fleet.accepts, fleet.find),
    Finder(helm.FORMAT, helm.accepts, helm.find),
)
_ENDINGS = (b".yaml", b".yml")


def is_scanned(path: bytes) -> bool:
    """Whether finders look into a file of this name; targets may name any file."""
    return path.endswith(_ENDINGS) or path.rpartition(b"/")[2] in kustomize.FILES


def find_in(stream: Stream, wanted: Wanted, aims: Sequence[Aim]) -> tuple[Hit, ...]:
    """All that one file says of wanted images, in the order of the file; what a target names is the target's alone."""
    found: list[Hit] = [hit for _, hit in pattern.find(stream, aims)]
    by_pattern = {place for hit in found for place in (_position(hit), *_starts(hit))}
    for document in stream.documents:
        reading = Reading(stream, document, target.FORMAT)
        aimed: list[Hit] = [hit for aim in aims if aim.expression is None for hit in target.find(reading, aim)]
        taken = by_pattern.union(_position(hit) for hit in aimed)
        finder = next((finder for finder in FINDERS if finder.accepts(stream.path, document)), None)
        if is_scanned(stream.path):
            reading = Reading(stream, document, manifest.FORMAT if finder is None else finder.format)
            hits = marker.apply(reading, () if finder is None else finder.find(reading, wanted), wanted)
            aimed += [hit for hit in hits if _position(hit) not in taken]
        found += aimed
    return tuple(sorted(found, key=_position))


def _position(hit: Hit) -> int:
    if isinstance(hit, Charted):
        hit = hit.hit
    if isinstance(hit, Barred):
        return hit.span.start
    part = next(part for part in (hit.tag, hit.digest, hit.name) if part is not None)
    return part.span.start if part.nested is not None else part.scalar


def _starts(hit: Hit) -> tuple[int, ...]:
    """Where the parts of a hit begin: within YAML in a block scalar, that is where another finder's hit stands."""
    parts = (hit.tag, hit.digest) if isinstance(hit, Fragment) else ()
    return tuple(part.span.start for part in parts if part is not None)


def read_file(path: bytes, data: bytes, wanted: Wanted, aims: Sequence[Aim]) -> tuple[Text | None, tuple[Hit, ...]]:
    """The file and what it says: as YAML, or as plain text where it is none and regular expressions lead to values.

    A file that cannot be read bars the apps whose images it names, but for those that an expression finds in it.
    """
    expressions = tuple(dict.fromkeys(aim.expression for aim in aims if aim.expression is not None))
    by_path = [aim.app for aim in aims if aim.expression is None]
    stream = parse(path, data) if is_scanned(path) or by_path or not expressions else None
    if isinstance(stream, Stream):
        return stream, find_in(stream, wanted, aims)
    plain = PlainText(path, data, expressions) if expressions else None
    hits: tuple[Hit, ...] = () if plain is None else tuple(hit for _, hit in pattern.find(plain, aims))
    if stream is None:
        return plain, hits
    found = {hit.app for hit in hits if isinstance(hit, Fragment)}
    apps = dict.fromkeys((*by_path, *(app for app in wanted.named_in(data, path) if app not in found)))
    bars = (Barred(path, stream.span, "file", stream.code, stream.why, None, app) for app in apps)
    return plain, (*bars, *hits)
