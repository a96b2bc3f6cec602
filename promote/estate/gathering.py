"""What each app has in one environment before the join: its fragments by layer, and the overlays tied to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from promote.estate.app_versions import app_versions, by_folder, chart_of, folders
from promote.estate.reach import reaching
from promote.estate.scan import Scan
from promote.estate.ties import Files, Layers, Ties, layer_of
from promote.sites import helm
from promote.sites.fold import Layered
from promote.sites.join import Joined, join
from promote.sites.site import Barred, Fragment

_Bond = tuple[str | tuple[str, ...], tuple[str, ...]]


@dataclass
class Gathering:
    """The fragments of one app in one environment, and the places that bar it."""

    app: str
    layers: Layers
    override: bytes | None = None
    named: list[Layered] = field(default_factory=list)
    overlays: list[Layered] = field(default_factory=list)
    barred: list[Barred] = field(default_factory=list)

    def keep(self, hit: Fragment | Barred, layer: int) -> None:
        if isinstance(hit, Barred):
            self.barred.append(hit)
        else:
            self.named.append(Layered(layer, hit))

    def lay(self, hit: Fragment | Barred) -> None:
        """Take in what names no image, if it stands in a layer of this environment."""
        layer = layer_of(self.layers, hit.path)
        if layer is None:
            return
        if isinstance(hit, Barred):
            self.barred.append(hit)
        else:
            self.overlays.append(Layered(layer, hit))

    @property
    def entries(self) -> list[Fragment]:
        """The kustomize entries that may stand above other sites of the app."""
        entries = [item.fragment for item in self.named if item.fragment.joins == "entry"]
        strings = any(item.fragment.joins == "object" for item in self.named)
        return entries if strings or len(entries) > 1 else []


@dataclass
class _Loose:
    """Values that name no image: of files by their path and key path, of objects by object or chart and key path."""

    by_path: dict[bytes, dict[tuple[str, ...], list[Fragment | Barred]]] = field(default_factory=dict)
    brought: dict[_Bond, list[Fragment | Barred]] = field(default_factory=dict)
    images: dict[bytes, dict[tuple[str, ...], list[Fragment]]] = field(default_factory=dict)
    app_versions: dict[bytes, Fragment] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Mapping[bytes, Iterable[Fragment | Barred]]) -> _Loose:
        out = cls()
        for path, hits in found.items():
            for hit in hits:
                if hit.repository is not None and isinstance(hit, Fragment) and hit.joins == "value" and not hit.object:
                    out.images.setdefault(path, {}).setdefault(hit.identity, []).append(hit)
                if hit.repository is not None or hit.app is not None:
                    continue
                if isinstance(hit, Fragment) and hit.joins == "app-version":
                    out.app_versions[path.rpartition(b"/")[0]] = hit
                elif hit.object:
                    bonds: list[str | tuple[str, ...]] = [hit.object, *hit.charts]
                    for bond in bonds:
                        out.brought.setdefault((bond, hit.identity), []).append(hit)
                elif hit.identity:
                    out.by_path.setdefault(path, {}).setdefault(hit.identity, []).append(hit)
        return out


def _values(gathering: Gathering) -> list[Fragment]:
    return [item.fragment for item in gathering.named if item.fragment.joins == "value"]


def _overlay_paths(gathering: Gathering, files: Files) -> list[bytes]:
    """The values files of stronger layers that may lie over those that name the app's image."""
    plain = [fragment for fragment in _values(gathering) if not fragment.object]
    if not plain or len(gathering.layers) < 2:
        return []
    ties = Ties(gathering.layers, files, gathering.override)
    return sorted({path for fragment in plain for path in ties.overlays_of(fragment.path)})


def _replaced(other: Fragment) -> Barred:
    """What another app's image does that stands over this one's: whoever asks for which app, it is the same."""
    at = next(part for part in (other.name, other.tag, other.digest) if part is not None)
    bar = helm.OTHER
    return Barred(other.path, at.span, other.format, bar.code, bar.why, None, None, None, other.identity)


def _bonds(fragment: Fragment) -> list[_Bond]:
    """By what an object's values may lie over these: the same object, or the chart whose values these are."""
    own = fragment.object or fragment.path.rpartition(b"/")[0].decode("utf-8", "replace")
    return [(own, fragment.identity)]


def _add_overlays(gatherings: Sequence[Gathering], scanned: Scan, files: Files) -> dict[bytes, Fragment]:
    """Values that name no image and set its tag: files are read only where an image is named below them.

    Gives back the appVersion of each chart by its folder.
    """
    paths = {id(each): _overlay_paths(each, files) for each in gatherings}
    charts = {chart_of(folder) for each in gatherings for folder in folders(_values(each))}
    # All in one batch: a commit's files may have to be fetched.
    scanned.parse_more(dict.fromkeys((*charts, *(path for each in paths.values() for path in each))))
    loose = _Loose.of(scanned.found)
    for gathering in gatherings:
        values = _values(gathering)
        mine = {fragment.repository for fragment in values}
        for identity in sorted({fragment.identity for fragment in values}):
            for path in paths[id(gathering)]:
                for hit in loose.by_path.get(path, {}).get(identity, ()):
                    gathering.lay(hit)
                for other in loose.images.get(path, {}).get(identity, ()):
                    if other.repository not in mine:
                        gathering.lay(_replaced(other))
        for bond in dict.fromkeys(bond for fragment in values for bond in _bonds(fragment)):
            for hit in loose.brought.get(bond, ()):
                gathering.lay(hit)
    return loose.app_versions


def joined(gatherings: Iterable[Gathering], scanned: Scan, files: Files) -> list[Joined]:
    """What decides about the app of each gathering; whatever has to be read for it is read for all at once."""
    every = list(gatherings)
    versions = _add_overlays(every, scanned, files)
    reaches = reaching(scanned, [entry for gathering in every for entry in gathering.entries])
    beside = by_folder(scanned) if versions else {}
    return [
        join(
            one.app,
            one.named,
            one.overlays,
            one.barred,
            tied=Ties(one.layers, files, one.override),
            reaches=reaches,
            app_versions=app_versions(beside, one.layers, _values(one), versions),
        )
        for one in every
    ]
