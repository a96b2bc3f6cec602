"""The `appVersion` of a chart, the weakest tag of the images that its values name without one (SEMANTICS 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.estate.scan import Scan
from promote.estate.ties import Layers, layer_of
from promote.image import Repository
from promote.sites import chart, helm
from promote.sites.fold import Layered
from promote.sites.reading import Reading
from promote.sites.site import Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Stream

_EVERYTHING = Wanted((), everything=True)


def chart_of(folder: bytes) -> bytes:
    """The Chart.yaml of a chart's folder."""
    return folder + b"/" + chart.FILE if folder else chart.FILE


def folders(values: Sequence[Fragment]) -> frozenset[bytes]:
    """The folders of the charts whose appVersion may stand in for a tag that these values do not give."""
    found: set[bytes] = set()
    for fragment in values:
        if fragment.tag is None or not fragment.tag.value:
            found.update([name.encode() for name in fragment.charts] or [fragment.path.rpartition(b"/")[0]])
    return frozenset(found)


def _untagged(stream: Stream) -> frozenset[Repository]:
    """All images that a file of values names without a tag or a digest."""
    found: set[Repository] = set()
    for document in stream.documents:
        if helm.accepts(stream.path, document):
            for hit in helm.find(Reading(stream, document, helm.FORMAT), _EVERYTHING):
                parts = (hit.tag, hit.digest) if isinstance(hit, Fragment) else ()
                said = any(part is not None and part.insert is None and part.value for part in parts)
                if isinstance(hit, Fragment) and hit.repository is not None and not said:
                    found.add(hit.repository)
    return frozenset(found)


def by_folder(scanned: Scan) -> dict[bytes, list[Stream]]:
    """What was read as YAML, by the folder that it stands in."""
    out: dict[bytes, list[Stream]] = {}
    for path, text in scanned.streams.items():
        if isinstance(text, Stream):
            out.setdefault(path.rpartition(b"/")[0], []).append(text)
    return out


def app_versions(
    beside: Mapping[bytes, Sequence[Stream]],
    layers: Layers,
    values: Sequence[Fragment],
    versions: Mapping[bytes, Fragment],
) -> dict[bytes, Layered]:
    """The appVersions that are these values' own, by the chart's folder.

    One that other images of the chart take too is nobody's: to write it for one app would move the others.
    """
    out: dict[bytes, Layered] = {}
    mine = {fragment.repository for fragment in values}
    for folder in sorted(folders(values) & versions.keys()):
        layer = layer_of(layers, versions[folder].path)
        others = frozenset[Repository]().union(*map(_untagged, beside.get(folder, ()))) - mine
        if layer is not None and not others:
            out[folder] = Layered(layer, versions[folder])
    return out
