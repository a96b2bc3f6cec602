"""The images that environments run, and the names of the apps that they become."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from promote.config import fault
from promote.estate.estate import Estate
from promote.image import Repository, has_host
from promote.sites import manifest
from promote.sites.site import Site, where

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}")


def _is_image(site: Site) -> bool:
    """Whether a site speaks of an image beyond doubt: `redis:6379` and `07:00` under any key do not."""
    written = site.repository.written
    if site.joins in ("value", "object", "alone") and "/" not in written and site.name is not None:
        key = site.anchor.keys[-1:] if site.name.style == "inner" else ("image",)
        return bool(key) and isinstance(key[0], str) and key[0].lower().endswith("image")
    return has_host(written) or site.format != manifest.FORMAT or site.version.reference != ""


def images_of(estate: Estate) -> Mapping[Repository, tuple[Site, ...]]:
    """What decides each image of an environment, where every image counts as an app."""
    out: dict[Repository, tuple[Site, ...]] = {}
    for name in estate.joined:
        for site in estate.sites(name):
            if _is_image(site):
                out[site.repository] = (*out.get(site.repository, ()), site)
    return out


def barred_in(estate: Estate, known: Collection[Repository]) -> Iterator[str]:
    """A sentence for each image that an environment names where nobody could edit it; not for those that are known."""
    told: set[Repository] = set()
    for name in estate.joined:
        for bar in estate.barred(name):
            repository = bar.repository
            if repository is None or repository in known or repository in told or "/" not in repository.written:
                continue
            told.add(repository)
            yield f"{repository} in {estate.environment.name}: {where(bar)} cannot be edited, {bar.why}"


def mirrored(runs: Mapping[str, Collection[Repository]]) -> Iterator[str]:
    """A sentence for each image that every environment has from another registry, of those that have it at all."""
    places: dict[str, dict[str, list[str]]] = {}
    for name, repositories in runs.items():
        for repository in repositories:
            places.setdefault(repository.path, {}).setdefault(repository.host, []).append(name)
    for path, hosts in sorted(places.items()):
        names = [name for several in hosts.values() for name in several]
        if len(hosts) > 1 and len(names) == len(set(names)) == len(hosts):
            shown = ", ".join(f"{host} in {name}" for host, (name,) in hosts.items())
            yield f"{path} comes from another registry in each environment ({shown}): `rewrite` can make it one app"


def _names(repository: Repository) -> Iterable[str]:
    """Names for an app of this image, from the shortest on."""
    segments = [*repository.host.split(":")[:1], *repository.path.split("/")]
    for count in range(1, len(segments) + 1):
        name = _NOT_IN_A_NAME.sub("-", "-".join(segments[-count:]))[-fault.MAX_NAME :].lstrip("-.")
        if name and fault.of_name(name) is None:
            yield name


def named(times: Mapping[Repository, int]) -> Mapping[Repository, str]:
    """A name for each image: the last segment of its path, with as much before it as tells it from others.

    `times` says in how many environments each is: of several that end alike, the most common one has the short name.
    """
    every = sorted(times, key=lambda repository: (-times[repository], str(repository)))
    out: dict[Repository, str] = {}
    taken: set[str] = set()
    for repository in every:
        out[repository] = next(name for name in (*_names(repository), *_numbered(taken)) if name not in taken)
        taken.add(out[repository])
    return out


def _numbered(taken: Collection[str]) -> Iterator[str]:
    """Names for what no name fits, as many as may be taken."""
    return (f"app-{number}" for number in range(1, len(taken) + 2))
