"""All finders, and what one file says: the first finder that accepts a document reads it, targets read it besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promote.sites import helm, kustomize, manifest, target
from promote.sites.reading import Reading
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Broken, Document, Stream, parse


@dataclass(frozen=True, slots=True)
class Finder:
    format: str
    accepts: Callable[[bytes, Document], bool]
    find: Callable[[Reading, Wanted], Iterator[Fragment | Barred]]


FINDERS = (
    Finder(kustomize.FORMAT, kustomize.accepts, kustomize.find),
    Finder(manifest.FORMAT, manifest.accepts, manifest.find),
    Finder(helm.FORMAT, helm.accepts, helm.find),
)
_ENDINGS = (b".yaml", b".yml")


def is_scanned(path: bytes) -> bool:
    """Whether finders look into a file of this name; targets may name any file."""
    return path.endswith(_ENDINGS) or path.rpartition(b"/")[2] in kustomize.FILES


def find_in(stream: Stream, wanted: Wanted, aims: Sequence[Aim]) -> tuple[Fragment | Barred, ...]:
    """All that one file says of wanted images, in the order of the file; what a target names is the target's alone."""
    found: list[Fragment | Barred] = []
    for document in stream.documents:
        aimed = [hit for aim in aims for hit in target.find(Reading(stream, document, target.FORMAT), aim)]
        taken = {_position(hit) for hit in aimed}
        finder = next((finder for finder in FINDERS if finder.accepts(stream.path, document)), None)
        if finder is not None and is_scanned(stream.path):
            hits = finder.find(Reading(stream, document, finder.format), wanted)
            aimed += [hit for hit in hits if _position(hit) not in taken]
        found += sorted(aimed, key=_position)
    return tuple(found)


def _position(hit: Fragment | Barred) -> int:
    if isinstance(hit, Barred):
        return hit.span.start
    part = next(part for part in (hit.tag, hit.digest, hit.name) if part is not None)
    return part.scalar


def read_file(
    path: bytes, data: bytes, wanted: Wanted, aims: Sequence[Aim]
) -> tuple[Stream | None, tuple[Fragment | Barred, ...]]:
    """The parsed file and what it says; a file that cannot be read bars the apps whose images it names."""
    stream = parse(path, data)
    if isinstance(stream, Broken):
        apps = dict.fromkeys((*(aim.app for aim in aims), *wanted.named_in(data, path)))
        return None, tuple(Barred(path, stream.span, "file", stream.code, stream.why, None, app) for app in apps)
    return stream, find_in(stream, wanted, aims)
