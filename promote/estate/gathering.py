"""What each app has in one environment before the join: its fragments by layer, and the overlays tied to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from promote.estate.reach import reach
from promote.estate.scan import Scan
from promote.estate.ties import Files, Layers, Ties, layer_of
from promote.sites import helm, kustomize, manifest
from promote.sites.join import Joined, Layered, Reach, join
from promote.sites.site import Barred, Fragment

_ByIdentity = Mapping[tuple[str, ...], list[Fragment | Barred]]


@dataclass
class Gathering:
    """The fragments of one app in one environment, and the places that bar it."""

    app: str
    layers: Layers
    named: list[Layered] = field(default_factory=list)
    overlays: list[Layered] = field(default_factory=list)
    barred: list[Barred] = field(default_factory=list)

    def keep(self, hit: Fragment | Barred, layer: int) -> None:
        if isinstance(hit, Barred):
            self.barred.append(hit)
        else:
            self.named.append(Layered(layer, hit))

    @property
    def entries(self) -> list[bytes]:
        """The kustomizations whose `images:` may stand above other sites of the app."""
        entries = [item.fragment.path for item in self.named if item.fragment.format == kustomize.FORMAT]
        strings = any(item.fragment.format == manifest.FORMAT for item in self.named)
        return entries if strings or len(entries) > 1 else []


def _by_identity(hits: Iterable[Fragment | Barred]) -> _ByIdentity:
    """Values that name no image, by their key path."""
    out: dict[tuple[str, ...], list[Fragment | Barred]] = {}
    for hit in hits:
        if hit.repository is None and hit.app is None:
            out.setdefault(hit.identity, []).append(hit)
    return out


def _add_overlays(gatherings: Iterable[Gathering], scanned: Scan, files: Files) -> None:
    """Values files that name no image and set its tag: they are read only where an image is named below them."""
    tied: list[tuple[Gathering, set[tuple[str, ...]], list[bytes]]] = []
    for gathering in gatherings:
        values = [item.fragment for item in gathering.named if item.fragment.format == helm.FORMAT]
        if values and len(gathering.layers) > 1:
            ties = Ties(gathering.layers, files)
            paths = sorted({path for fragment in values for path in ties.overlays_of(fragment.path)})
            tied.append((gathering, {fragment.identity for fragment in values}, paths))
    every = dict.fromkeys(path for _, _, paths in tied for path in paths)
    scanned.parse_more(every)  # all in one batch: a commit's files may have to be fetched
    known = {path: _by_identity(scanned.found.get(path, ())) for path in every}
    for gathering, identities, paths in tied:
        for path in paths:
            layer = layer_of(gathering.layers, path)
            for hit in (hit for identity in sorted(identities) for hit in known[path].get(identity, ())):
                if isinstance(hit, Barred):
                    gathering.barred.append(hit)
                elif layer is not None:
                    gathering.overlays.append(Layered(layer, hit))


def joined(gatherings: Iterable[Gathering], scanned: Scan, files: Files) -> list[Joined]:
    """What decides about the app of each gathering; whatever has to be read for it is read for all at once."""
    every = list(gatherings)
    _add_overlays(every, scanned, files)
    starts = {path for gathering in every for path in gathering.entries}
    reached: Reach = reach(scanned, starts) if starts else {}
    return [
        join(one.app, one.named, one.overlays, one.barred, tied=Ties(one.layers, files), reach=reached) for one in every
    ]
