"""Fragments of an environment's layers → the Sites that decide what one app runs (SEMANTICS §3).

Values of Helm are folded over the layers key by key, as Helm merges them: the name may come from the weakest layer, the
tag from the strongest. A manifest's string is replaced whole by a later layer's. A kustomize entry shadows the
manifests and the entries that its resources reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.image import Repository, split_reference
from promote.sites import helm, kustomize, manifest
from promote.sites.site import Barred, Fragment, Site
from promote.text.part import Part

Tied = Callable[[bytes, bytes], bool]
Reach = Mapping[bytes, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Layered:
    """One fragment and the layer that it stands in, the weakest being 0."""

    layer: int
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class Joined:
    """The sites that count, those that are shadowed, and the places that bar the app."""

    sites: tuple[Site, ...]
    shadowed: tuple[Site, ...]
    barred: tuple[Barred, ...]


def join(
    app: str,
    named: Sequence[Layered],
    overlays: Sequence[Layered],
    barred: Sequence[Barred],
    *,
    tied: Tied,
    reach: Reach,
) -> Joined:
    """What decides about `app`: `named` are the fragments that are its own, `overlays` those that name no image."""
    of: dict[str, list[Layered]] = {}
    for item in named:
        of.setdefault(item.fragment.format, []).append(item)
    entries = of.pop(kustomize.FORMAT, [])
    sites, shadowed = _fold(app, of.pop(helm.FORMAT, []), overlays, tied)
    identities = {site.identity for site in sites}
    kept, below = _strongest(app, of.pop(manifest.FORMAT, []))
    shadowed += below
    for site in kept + [_site(app, item) for item in entries]:
        outer = _outer(site, entries, reach)
        if outer is None:
            sites.append(site)
        else:
            shadowed.append(replace(site, shadowed_by=_shown(outer)))
    sites += [_site(app, item) for rest in of.values() for item in rest]
    bars = [bar for bar in barred if not bar.identity or bar.app is not None or bar.identity in identities]
    return Joined(tuple(sorted(sites, key=_order)), tuple(sorted(shadowed, key=_order)), tuple(bars))


def _order(site: Site) -> tuple[bytes, int]:
    return site.anchor.path, site.anchor.span.start


def _site(app: str, item: Layered) -> Site:
    found = item.fragment
    repository = found.repository or Repository("", "")
    return Site(app, repository, found.format, found.identity, item.layer, found.name, found.tag, found.digest)


def _shown(fragment: Fragment) -> str:
    return fragment.path.decode("utf-8", "backslashreplace")


def _sets(part: Part | None) -> bool:
    return part is not None and part.insert is None


def _within_tag(fragment: Fragment) -> bool:
    tag, digest = fragment.tag, fragment.digest
    return tag is not None and digest is not None and tag.scalar == digest.scalar


def _decides(fragment: Fragment) -> bool:
    return _sets(fragment.tag) or _sets(fragment.digest)


def _fold(app: str, named: Sequence[Layered], overlays: Sequence[Layered], tied: Tied) -> tuple[list[Site], list[Site]]:
    """Helm values: each named place with the tag and the digest of the strongest layer that sets them."""
    sites: list[Site] = []
    shadowed: list[Site] = []
    for item in named:
        if any(_follows(item, other, tied) for other in named):
            continue  # a stronger layer names the image again: the chain is told from there
        chain = [
            other
            for other in (*named, *overlays)
            if other is item or _follows(item, other, tied) or _follows(other, item, tied)
        ]
        chain.sort(key=lambda other: other.layer)
        tagged, digested = item, item
        if item.fragment.name is None or item.fragment.name.style != "inner":
            for other in chain:
                if _sets(other.fragment.tag):
                    tagged = other
                    # A digest within a tag's own value goes where that value goes.
                    digested = other if _within_tag(digested.fragment) else digested
                digested = other if _sets(other.fragment.digest) else digested
        site = _site(app, item)
        sites.append(replace(site, tag=tagged.fragment.tag, digest=digested.fragment.digest, layer=tagged.layer))
        counts = (tagged, digested) if _sets(digested.fragment.digest) else (tagged,)
        for other in chain:
            if other not in counts and _decides(other.fragment):
                below = replace(_site(app, other), repository=site.repository)
                shadowed.append(replace(below, shadowed_by=_shown(tagged.fragment)))
    return sites, shadowed


def _follows(weak: Layered, strong: Layered, tied: Tied) -> bool:
    """Whether `strong` speaks of the same key path as `weak`, from a stronger layer that belongs to it."""
    return (
        strong.layer > weak.layer
        and strong.fragment.identity == weak.fragment.identity
        and tied(weak.fragment.path, strong.fragment.path)
    )


def _strongest(app: str, items: Sequence[Layered]) -> tuple[list[Site], list[Site]]:
    kept: list[Site] = []
    below: list[Site] = []
    for item in items:
        above = [
            other for other in items if other.layer > item.layer and other.fragment.identity == item.fragment.identity
        ]
        if above:
            strongest = max(above, key=lambda other: other.layer)
            below.append(replace(_site(app, item), shadowed_by=_shown(strongest.fragment)))
        else:
            kept.append(_site(app, item))
    return kept, below


def _outer(site: Site, entries: Sequence[Layered], reach: Reach) -> Fragment | None:
    """The kustomize entry of another file that sets this site's version over its head, if any.

    An entry matches the image's name as the manifest writes it, or as an inner entry leaves it behind.
    """
    if site.name is None:
        return None
    names = {split_reference(site.name.value)[0]}
    if site.format == kustomize.FORMAT:
        names.add(site.identity[-1])
    path = site.anchor.path
    for item in entries:
        outer = item.fragment
        reaches = path != outer.path and path in reach.get(outer.path, frozenset())
        if reaches and _decides(outer) and outer.identity[-1] in names:
            return outer
    return None
