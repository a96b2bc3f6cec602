"""What an environment's `override` can stand above, and what is added to it (SEMANTICS 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

from promote.config.scope import layer_globs
from promote.estate.estate import Estate
from promote.estate.ties import layer_of
from promote.image import Version, split_reference
from promote.sites import kustomize
from promote.sites.site import Site
from promote.text.addition import Addition, Pairs
from promote.text.part import Part

Wishes = Sequence[tuple[Part, str | None]]


def pairs(name: str, version: Version) -> Pairs:
    """An entry of kustomize's `images:` that gives `name` this version."""
    told = (("name", name), ("newTag", version.tag), ("digest", version.digest))
    return tuple((key, value) for key, value in told if value is not None)


def _matched(site: Site) -> str:
    """The name by which kustomize finds the image of a site: an inner entry has put its `newName` there."""
    return site.identity[-1] if site.name is None else split_reference(site.name.value)[0]


def _behind(version: Version) -> str:
    """What follows the name in a reference."""
    return (f":{version.tag}" if version.tag else "") + (f"@{version.digest}" if version.digest else "")


def additions(site: Site, wishes: Wishes, version: Version, path: bytes) -> tuple[Addition, ...]:
    """What is added to the file at `path` so that it sets this version over the site."""
    if site.joins != "value":
        return (Addition(path, ("images",), pairs(_matched(site), version)),)
    if site.tag is not None and site.tag.style == "inner" and site.name is not None and site.name.style == "inner":
        return (Addition(path, site.identity, f"{site.name.value}{_behind(version)}"),)
    if any(part.style == "inner" for part, _ in wishes):
        keys = tuple(str(key) for key in wishes[0][0].keys)
        return (Addition(path, keys, _behind(version).removeprefix(":")),)
    return tuple(Addition(path, tuple(str(key) for key in part.keys), value or "") for part, value in wishes)


def _layer(estate: Estate, app: str, path: bytes) -> int | None:
    environment = estate.environment
    left_out = (*environment.excludes, *environment.ignore)
    values = environment.values(estate.apps[app])
    # promote.yaml is refused as an `override` already: a wildcard here leaves nothing more out.
    layers = tuple(layer_globs("*", layer, left_out, values) for layer in environment.layers)
    return layer_of(layers, path)


def unfit(estate: Estate, app: str, site: Site, file: str) -> str | None:
    """Why the override cannot set this site, or None where its own text does not tell."""
    path = file.encode()
    stream = estate.streams.get(path)
    is_kustomize = path.rpartition(b"/")[2] in kustomize.FILES
    if stream is None and path in estate.entries:
        return "it is no YAML"
    if site.object:
        return "an object brings these values, and only files of values and kustomizations have layers"
    if site.joins in ("entry", "object"):
        if not is_kustomize:
            return "only a kustomization sets the tag of an object or of another kustomization"
        if stream is None:
            return "there is no such kustomization yet"
        if any(one.anchor.path == path and _matched(one) == _matched(site) for one in estate.sites(app)):
            return "it has an entry for the image already, and its resources do not lead there"
        return None
    if site.joins != "value" or (site.name is None and site.tag is None):
        return "only Helm values and kustomizations have layers"
    if is_kustomize:
        return "a kustomization is no file of Helm values"
    layer = _layer(estate, app, path)
    if layer is None or layer <= site.layer:
        return "it must be in a later path than this place, since only a later one goes over it"
    parts = [part for part in (site.tag, site.digest) if part is not None]
    if any(isinstance(key, int) for part in parts for key in part.keys):
        return "it stands in a list, and Helm replaces lists whole"
    return _taken(estate, app, site, file)


def _taken(estate: Estate, app: str, site: Site, file: str) -> str | None:
    """Why an override of two apps cannot tell them apart."""
    for other, joined in estate.joined.items():
        if other == app or estate.environment.override_for(estate.apps[other]) != file:
            continue
        if any(one.joins == "value" and one.identity == site.identity for one in joined.sites):
            return f"{other} has its image under the same keys; with {{app}} in `override` each has a file of its own"
    return None
