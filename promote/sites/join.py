"""Fragments of an environment's layers → the Sites that decide what one app runs (SEMANTICS §3).

Values of Helm are folded over the layers key by key, as Helm merges them: the name may come from the weakest layer, the
tag from the strongest. A manifest's string is replaced whole by a later layer's. A kustomize entry shadows the
manifests and the entries that its resources reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.image import Repository, split_reference
from promote.sites.site import Barred, Fragment, Joins, Site
from promote.text.part import Part

Tied = Callable[[bytes, bytes], bool]
Reaches = Callable[[Fragment, bytes], bool]
_VALUES = b"values.yaml"


@dataclass(frozen=True, slots=True)
class Layered:
    """One fragment and the layer that it stands in, the weakest being 0."""

    layer: int
    fragment: Fragment

    @property
    def strength(self) -> tuple[int, int]:
        return self.layer, self.fragment.rank


@dataclass(frozen=True, slots=True)
class Joined:
    """The sites that count, those that are shadowed, the places that bar the app, and those that are only noted."""

    sites: tuple[Site, ...]
    shadowed: tuple[Site, ...]
    barred: tuple[Barred, ...]
    aside: tuple[Barred, ...] = ()


def join(
    app: str,
    named: Sequence[Layered],
    overlays: Sequence[Layered],
    barred: Sequence[Barred],
    *,
    tied: Tied,
    reaches: Reaches,
    app_versions: Mapping[bytes, Layered] | None = None,
) -> Joined:
    """What decides about `app`: `named` are the fragments that are its own, `overlays` those that name no image.

    `app_versions` are those of charts, by the chart's folder.
    """
    of: dict[Joins, list[Layered]] = {}
    for item in named:
        of.setdefault(item.fragment.joins, []).append(item)
    entries = of.get("entry", [])
    sites, shadowed = _fold(app, of.get("value", []), overlays, tied, app_versions or {})
    identities = {site.identity for site in sites}
    kept, below = _strongest(app, of.get("object", []))
    shadowed += below
    setters = _setters(entries)
    for site in kept + [_site(app, item) for item in entries]:
        outer = _outer(site, setters, reaches)
        if outer is None:
            sites.append(site)
        else:
            shadowed.append(replace(site, shadowed_by=_shown(outer)))
    sites += [_site(app, item) for item in of.get("alone", [])]
    moving, aside = _revisions(app, of.get("revision", []), sites)
    bars = [bar for bar in barred if not bar.identity or bar.app is not None or bar.identity in identities]
    return Joined(tuple(sorted(sites + moving, key=_order)), tuple(sorted(shadowed, key=_order)), tuple(bars), aside)


def _order(site: Site) -> tuple[bytes, int]:
    return site.anchor.path, site.anchor.span.start


def _site(app: str, item: Layered) -> Site:
    found = item.fragment
    repository = found.repository or Repository("", "")
    parts = found.name, found.tag, found.digest
    return Site(app, repository, found.format, found.identity, item.layer, *parts, joins=found.joins)


def _shown(fragment: Fragment) -> str:
    return fragment.path.decode("utf-8", "backslashreplace")


def _sets(part: Part | None) -> bool:
    return part is not None and part.insert is None


def _within_tag(fragment: Fragment) -> bool:
    tag, digest = fragment.tag, fragment.digest
    return tag is not None and digest is not None and tag.scalar == digest.scalar


def _decides(fragment: Fragment) -> bool:
    return _sets(fragment.tag) or _sets(fragment.digest)


def _by_identity(items: Iterable[Layered]) -> dict[tuple[str, ...], list[Layered]]:
    out: dict[tuple[str, ...], list[Layered]] = {}
    for item in items:
        out.setdefault(item.fragment.identity, []).append(item)
    return out


def _fold(
    app: str,
    named: Sequence[Layered],
    overlays: Sequence[Layered],
    tied: Tied,
    app_versions: Mapping[bytes, Layered],
) -> tuple[list[Site], list[Site]]:
    """Helm values: each named place with the tag and the digest of the strongest layer that sets them."""
    sites: list[Site] = []
    shadowed: list[Site] = []
    alike, over = _by_identity(named), _by_identity(overlays)
    for item in named:
        mine = alike[item.fragment.identity]
        if any(_follows(item, other, tied) for other in mine):
            continue  # a stronger layer names the image again: the chain is told from there
        chain = [
            other
            for other in (*mine, *over.get(item.fragment.identity, ()))
            if other is item or _follows(item, other, tied) or _follows(other, item, tied)
        ]
        chain.sort(key=lambda other: other.strength)
        tagged, digested = item, item
        if item.fragment.name is None or item.fragment.name.style != "inner":
            for other in chain:
                if _sets(other.fragment.tag):
                    tagged = other
                    # A digest within a tag's own value goes where that value goes.
                    digested = other if _within_tag(digested.fragment) else digested
                digested = other if _sets(other.fragment.digest) else digested
        site = _site(app, item)
        said = tagged.fragment
        site = replace(site, tag=said.tag, digest=digested.fragment.digest, layer=tagged.layer, format=said.format)
        filler = _app_version(site, chain, app_versions)
        if filler is not None:
            sites.append(replace(site, tag=filler.fragment.tag, layer=filler.layer))
            continue
        sites.append(site)
        counts = (tagged, digested) if _sets(digested.fragment.digest) else (tagged,)
        for other in chain:
            if other not in counts and _decides(other.fragment):
                below = replace(_site(app, other), repository=site.repository)
                shadowed.append(replace(below, shadowed_by=_shown(tagged.fragment)))
    return sites, shadowed


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _app_version(site: Site, chain: Sequence[Layered], app_versions: Mapping[bytes, Layered]) -> Layered | None:
    """The appVersion that stands in where no layer gives a tag: that of the chart whose values these are."""
    inner = site.name is not None and site.name.style == "inner"
    if site.version.tag or site.version.digest or inner or not app_versions:
        return None
    for other in chain:
        found = other.fragment
        for folder in [name.encode() for name in found.charts] if found.object else [_folder(found.path)]:
            if folder in app_versions:
                return app_versions[folder]
    return None


def _follows(weak: Layered, strong: Layered, tied: Tied) -> bool:
    """Whether `strong` speaks of the same key path as `weak` and is put over it."""
    below, above = weak.fragment, strong.fragment
    if below is above or below.identity != above.identity:
        return False
    if below.object or above.object:
        if below.object == above.object:
            return strong.strength > weak.strength
        # What an object gives a chart lies over the chart's own values, wherever the two stand.
        return not below.object and _folder(below.path).decode("utf-8", "replace") in above.charts and (
            below.path.rpartition(b"/")[2] == _VALUES
        )
    return strong.layer > weak.layer and tied(below.path, above.path)


def _strongest(app: str, items: Sequence[Layered]) -> tuple[list[Site], list[Site]]:
    kept: list[Site] = []
    below: list[Site] = []
    alike = _by_identity(items)
    tops = {identity: max(same, key=lambda item: item.layer) for identity, same in alike.items()}
    for item in items:
        top = tops[item.fragment.identity]
        if top.layer > item.layer:
            below.append(replace(_site(app, item), shadowed_by=_shown(top.fragment)))
        else:
            kept.append(_site(app, item))
    return kept, below


def _setters(entries: Sequence[Layered]) -> dict[str, list[Fragment]]:
    """The entries that give a version, by the name that they match: one a file is enough to shadow others."""
    found: dict[str, dict[tuple[bytes, tuple[str, ...]], Fragment]] = {}
    for item in entries:
        fragment = item.fragment
        if _decides(fragment):
            found.setdefault(fragment.identity[-1], {}).setdefault((fragment.path, fragment.reaches), fragment)
    return {name: list(each.values()) for name, each in found.items()}


def _outer(site: Site, setters: Mapping[str, Sequence[Fragment]], reaches: Reaches) -> Fragment | None:
    """The kustomize entry of another file that sets this site's version over its head, if any.

    An entry matches the image's name as the manifest writes it, or as an inner entry leaves it behind.
    """
    if site.name is None:
        return None
    names = {split_reference(site.name.value)[0]}
    if site.joins == "entry":
        names.add(site.identity[-1])
    path = site.anchor.path
    for name in sorted(names):
        for outer in setters.get(name, ()):
            if path != outer.path and reaches(outer, path):
                return outer
    return None


def _revisions(
    app: str, items: Sequence[Layered], sites: Sequence[Site]
) -> tuple[list[Site], tuple[Barred, ...]]:
    """The Git revisions that read as the app's tag does, which move with it; the others are noted."""
    tags = {site.version.tag for site in sites if site.version.tag}
    moving: list[Site] = []
    aside: list[Barred] = []
    for item in items:
        part = item.fragment.tag
        if part is None:
            continue
        if part.value in tags:
            moving.append(_site(app, item))
        else:
            why = f"the revision {part.value} is not the tag of {app} here, so it does not move with it"
            aside.append(Barred(part.path, part.span, item.fragment.format, "other-revision", why, None, app))
    return moving, tuple(aside)
