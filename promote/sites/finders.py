"""All finders, and what one file says: the first finder that accepts a document reads it, targets read it besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promote.sites import chart, fleet, helm, kinds, kustomize, manifest, marker, patch, pattern, target
from promote.sites.aimed import completed, position
from promote.sites.comment import is_marked
from promote.sites.marker import Hit
from promote.sites.pattern import Text
from promote.sites.reading import Reading
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Document, Stream, parse
from promote.text.plain import PlainText


@dataclass(frozen=True, slots=True)
class Finder:
    format: str
    accepts: Callable[[bytes, Document], bool]
    find: Callable[[Reading, Wanted], Iterator[Hit]]


FINDERS = (
    Finder(kustomize.FORMAT, kustomize.accepts, kustomize.find),
    Finder(manifest.FORMAT, kinds.accepts, kinds.find),
    Finder(chart.FORMAT, chart.accepts, chart.find),
    Finder(fleet.FORMAT, fleet.accepts, fleet.find),
    Finder(helm.FORMAT, helm.accepts, helm.find),
    Finder(kustomize.FORMAT, patch.accepts, patch.operations),
)
_ENDINGS = (b".yaml", b".yml")


def is_scanned(path: bytes) -> bool:
    """Whether finders look into a file of this name; targets may name any file."""
    return path.endswith(_ENDINGS) or path.rpartition(b"/")[2] in kustomize.FILES


def find_in(stream: Stream, wanted: Wanted, aims: Sequence[Aim]) -> tuple[Hit, ...]:
    """All that one file says of wanted images, in the order of the file; what a target names is the target's alone."""
    if is_marked(stream.data):
        wanted = wanted.whole  # a marker may give an app what names another one's image, which is to be said
    aimed = list(pattern.find(stream, aims))
    found: list[Hit] = []
    for document in stream.documents:
        aimed += target.find(Reading(stream, document, target.FORMAT), aims)
        finder = next((finder for finder in FINDERS if finder.accepts(stream.path, document)), None)
        if is_scanned(stream.path):
            reading = Reading(stream, document, manifest.FORMAT if finder is None else finder.format)
            found += marker.apply(reading, () if finder is None else finder.find(reading, wanted), wanted)
    return tuple(sorted(completed(aimed, found), key=position))


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
