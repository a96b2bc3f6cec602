"""Fragments of an environment's layers → the Sites that decide what one app runs (SEMANTICS §3).

Values of Helm are folded (`sites/fold`). A manifest's string is replaced whole by a later layer's. A kustomize entry
shadows the manifests and the entries that its resources reach; a Component's those of whoever names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.image import split_reference
from promote.sites.fold import Layered, Tied, by_identity, decides, fold, site_of
from promote.sites.site import Barred, Fragment, Joins, Site
from promote.tree import show

Reaches = Callable[[Fragment, bytes], bool]


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
    sites, shadowed = fold(app, of.get("value", []), overlays, tied, app_versions or {})
    identities = {site.identity for site in sites}
    kept, below = _strongest(app, of.get("object", []))
    shadowed += below
    setters = _setters(entries)
    for site in kept + [site_of(app, item) for item in entries]:
        outer = _outer(site, setters, reaches)
        if outer is None:
            sites.append(site)
        else:
            shadowed.append(replace(site, shadowed_by=show(outer.path)))
    sites += [site_of(app, item) for item in of.get("alone", [])]
    moving, aside = _revisions(app, of.get("revision", []), sites)
    bars = [bar for bar in barred if not bar.identity or bar.app is not None or bar.identity in identities]
    return Joined(tuple(sorted(sites + moving, key=_order)), tuple(sorted(shadowed, key=_order)), tuple(bars), aside)


def _order(site: Site) -> tuple[bytes, int]:
    return site.anchor.path, site.anchor.span.start


def _strongest(app: str, items: Sequence[Layered]) -> tuple[list[Site], list[Site]]:
    kept: list[Site] = []
    below: list[Site] = []
    alike = by_identity(items)
    tops = {identity: max(same, key=lambda item: item.layer) for identity, same in alike.items()}
    for item in items:
        top = tops[item.fragment.identity]
        if top.layer > item.layer:
            below.append(replace(site_of(app, item), shadowed_by=show(top.fragment.path)))
        else:
            kept.append(site_of(app, item))
    return kept, below


def _setters(entries: Sequence[Layered]) -> dict[str, list[Fragment]]:
    """The entries that give a version, by the name that they match: one a file is enough to shadow others."""
    found: dict[str, dict[tuple[bytes, tuple[str, ...]], Fragment]] = {}
    for item in entries:
        fragment = item.fragment
        if decides(fragment):
            found.setdefault(fragment.identity[-1], {}).setdefault((fragment.path, fragment.reaches), fragment)
    return {name: list(each.values()) for name, each in found.items()}


def _outer(site: Site, setters: Mapping[str, Sequence[Fragment]], reaches: Reaches) -> Fragment | None:
    """The kustomize entry of another file that sets this site's version over its head, if any.

    An entry matches the image's name as the manifest writes it, or as an inner entry has left it behind.
    """
    if site.name is None:
        return None
    path = site.anchor.path
    for outer in setters.get(split_reference(site.name.value)[0], ()):
        # In one kustomization the images come last: they set over its own patches.
        own = path == outer.path and site.joins == "object" and site.format == outer.format
        if own or (path != outer.path and reaches(outer, path)):
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
            moving.append(site_of(app, item))
        else:
            why = f"the revision {part.value} is not the tag of {app} here, so it does not move with it"
            aside.append(Barred(part.path, part.span, item.fragment.format, "other-revision", why, None, app))
    return moving, tuple(aside)
