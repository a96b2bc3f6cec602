"""Where a version goes that must not go to its site: the environment's `override` (SEMANTICS 3.2), or a new entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promote.estate.estate import Estate, shared
from promote.image import Version, split_reference
from promote.outcome import Refusal
from promote.plan.write import Written
from promote.sites import kustomize
from promote.sites.site import Site, where
from promote.text.addition import Addition


def _pairs(name: str, version: Version) -> tuple[tuple[str, str], ...]:
    """An entry of kustomize's `images:` that gives `name` this version."""
    told = (("name", name), ("newTag", version.tag), ("digest", version.digest))
    return tuple((key, value) for key, value in told if value is not None)


def added(written: Written) -> Written:
    """The same as a new entry of a kustomization that has none for the image (6.3)."""
    site = written.site
    entry = Addition(site.anchor.path, ("images",), _pairs(site.identity[-1], written.version))
    return replace(written, wishes=(), additions=(entry,))


def override(
    estates: Mapping[str, Estate], estate: Estate, app: str, made: Sequence[Written]
) -> tuple[Written, ...] | Refusal:
    """The same, but what would change a shared place is written into the environment's `override` instead."""
    name = estate.environment.name
    file = estate.environment.override_for(estate.apps[app])
    found = shared(estates, name, app)
    if file is None or found is None:
        return tuple(made)
    out: list[Written] = []
    entries: set[str] = set()
    for each in made:
        if each.site not in found.sites or each.stands:
            out.append(each)
            continue
        why = _unfit(estate, app, each.site, file)
        if why is not None:
            return Refusal(name, app, "no-override", f"{where(each.site.anchor)}: {file} cannot stand above it: {why}")
        additions = _additions(each, file.encode())
        # Several containers of one image need one entry.
        fresh = tuple(entry for entry in additions if isinstance(entry.entry, str) or entry.entry[0][1] not in entries)
        entries.update(entry.entry[0][1] for entry in fresh if not isinstance(entry.entry, str))
        out.append(replace(each, wishes=(), additions=fresh))
    return tuple(out)


def _matched(site: Site) -> str:
    """The name by which kustomize finds the image of a site."""
    if site.joins == "entry" or site.name is None:
        return site.identity[-1]
    return split_reference(site.name.value)[0]


def _additions(each: Written, path: bytes) -> tuple[Addition, ...]:
    site, version = each.site, each.version
    if site.joins != "value":
        return (Addition(path, ("images",), _pairs(_matched(site), version)),)
    if site.tag is not None and site.tag.style == "inner" and site.name is not None and site.name.style == "inner":
        return (Addition(path, site.identity, f"{site.name.value}{_behind(version)}"),)
    if any(part.style == "inner" for part, _ in each.wishes):
        keys = tuple(str(key) for key in each.wishes[0][0].keys)
        return (Addition(path, keys, _behind(version).removeprefix(":")),)
    return tuple(Addition(path, tuple(str(key) for key in part.keys), value or "") for part, value in each.wishes)


def _behind(version: Version) -> str:
    """What follows the name in a reference."""
    return (f":{version.tag}" if version.tag else "") + (f"@{version.digest}" if version.digest else "")


def _unfit(estate: Estate, app: str, site: Site, file: str) -> str | None:
    """Why the override cannot set this site, or None where it can."""
    path = file.encode()
    stream = estate.streams.get(path)
    is_kustomize = path.rpartition(b"/")[2] in kustomize.FILES
    if stream is None and path in estate.entries:
        return "it is no YAML"
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
    parts = [part for part in (site.tag, site.digest) if part is not None]
    if any(isinstance(key, int) for part in parts for key in part.keys):
        return "it stands in a list, and Helm replaces lists whole"
    for other, joined in estate.joined.items():
        if other == app or estate.environment.override_for(estate.apps[other]) != file:
            continue
        if any(one.joins == "value" and one.identity == site.identity for one in joined.sites):
            return f"{other} has its image under the same keys; with {{app}} in `override` each has a file of its own"
    return None
