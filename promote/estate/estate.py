"""An Estate: what one environment runs, resolved from the files of one revision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from promote.config.model import App, Environment
from promote.estate.aims import Miss
from promote.estate.holds import Holds
from promote.image import Repository, Version
from promote.place import Place
from promote.sites.join import Joined
from promote.sites.pattern import Text
from promote.sites.site import Barred, Site
from promote.tree import Entry, Unread

Runs = Version | Literal["mixed", "absent"]
Spot = tuple[bytes, int]
_NOTHING = Joined((), (), ())
_NO_HOLDS = Holds(b"")


@dataclass(frozen=True, slots=True)
class Unaddable:
    """Why an app cannot be added where a kustomization leads to it: a stable code, and a sentence."""

    code: str
    why: str


class Again(Protocol):
    """The files of a place, read again."""

    def __call__(self, changes: Mapping[bytes, bytes]) -> Mapping[str, Estate]: ...

    def names(self, environment: str, app: str, path: bytes) -> Collection[str]: ...


@dataclass(frozen=True)
class Estate:
    """One environment at one tip: its sites by app, its files, and what could not be read there.

    `beyond` are places in bases that it runs from outside of its paths; `addable` are the places where apps that it
    does not have could be added, None where that was not asked for; `misses` are the targets that lead nowhere.
    `again` tells what all environments of the place would say with files changed, for what is added to one. `holds` is
    what it holds back.
    """

    environment: Environment
    place: Place
    tip: str | None
    apps: Mapping[str, App]
    joined: Mapping[str, Joined]
    streams: Mapping[bytes, Text]
    entries: Mapping[bytes, Entry]
    unread: tuple[Unread, ...] = ()
    beyond: frozenset[Spot] = frozenset()
    unbound: tuple[Barred, ...] = ()
    addable: Mapping[str, tuple[Site, ...]] | None = None
    unaddable: Mapping[str, Unaddable] = field(default_factory=dict)
    misses: tuple[Miss, ...] = ()
    again: Again | None = field(default=None, compare=False, repr=False)
    holds: Holds = _NO_HOLDS

    def if_changed(self, changes: Mapping[bytes, bytes]) -> Mapping[str, Estate]:
        """All environments of the place as they would be with these files; ValueError where nothing can be read."""
        if self.again is None:
            raise ValueError(f"{self.environment.name}: its files cannot be read again")
        return self.again(changes)

    def names(self, app: str, path: bytes) -> Collection[str]:
        """The names by which the kustomization at `path` knows the images of `app`; ValueError as above."""
        if self.again is None:
            raise ValueError(f"{self.environment.name}: its files cannot be read again")
        return self.again.names(self.environment.name, app, path)

    def sites(self, app: str) -> tuple[Site, ...]:
        """The sites that decide what `app` runs here, in the order of their files."""
        return self.joined.get(app, _NOTHING).sites

    def places(self, app: str) -> tuple[Site, ...]:
        """Where a version of `app` is written: its sites, or where it has none the places that it could be added at."""
        return self.sites(app) or (self.addable or {}).get(app, ())

    def shadowed(self, app: str) -> tuple[Site, ...]:
        return self.joined.get(app, _NOTHING).shadowed

    def barred(self, app: str) -> tuple[Barred, ...]:
        """The places that name `app` and keep it from being edited here (SEMANTICS 11.6)."""
        return self.joined.get(app, _NOTHING).barred

    @property
    def aside(self) -> tuple[Barred, ...]:
        """The places that are told and bar nothing: markers that mean no app, revisions that are not the tag."""
        return (*self.unbound, *(bar for app in self.joined for bar in self.joined[app].aside))

    @cached_property
    def spots(self) -> frozenset[Spot]:
        """Where the sites of all apps stand, and `beyond`: in bases that it runs from outside of its paths."""
        return self.beyond.union(*(spots_of(site) for joined in self.joined.values() for site in joined.sites))

    def versions(self, app: str) -> dict[Repository, Version]:
        """What each image of the app runs, where its sites agree; a digest counts for those that name only the tag."""
        out: dict[Repository, Version] = {}
        for site in self.sites(app):
            known = out.get(site.repository, site.version)
            out[site.repository] = Version(known.tag or site.version.tag, known.digest or site.version.digest)
        return out

    def said(self, app: str) -> frozenset[tuple[Repository, Version]]:
        """All that the sites of the app say, for telling whether somebody has changed any of it."""
        return frozenset((site.repository, site.version) for site in self.sites(app))

    def unproven(self, app: str) -> frozenset[Repository]:
        """The images with a tag at one site and a digest at another: no site says that the two belong together."""
        said = {(site.repository, bool(site.version.tag and site.version.digest)) for site in self.sites(app)}
        tagged = any(site.version.tag for site in self.sites(app))
        return frozenset(
            repository
            for repository, version in self.versions(app).items()
            if tagged and version.digest and (repository, True) not in said
        )

    def runs(self, app: str) -> Runs:
        """The version of `app` here; `mixed` where its sites differ (SEMANTICS 3.3), `absent` where it has none."""
        sites = self.sites(app)
        if not sites:
            return "absent"
        tags = {site.version.tag for site in sites if site.version.tag or not site.version.digest}
        digests = {(site.repository, site.version.digest) for site in sites if site.version.digest}
        if len(tags) > 1 or len(digests) > len({repository for repository, _ in digests}):
            return "mixed"
        repositories = {site.repository for site in sites}
        digest = next((digest for _, digest in digests), None) if len(repositories) == 1 else None
        return Version(next(iter(tags), None), digest)


def spots_of(site: Site) -> frozenset[Spot]:
    """Where a site's version stands: its tag and its digest may be in two files."""
    parts = [site.anchor, *(part for part in (site.tag, site.digest) if part is not None and part.insert is None)]
    return frozenset((part.path, part.span.start) for part in parts)


def sharers(estates: Mapping[str, Estate], environment: str, app: str) -> tuple[str, ...]:
    """The other environments that run a site of `app` in `environment` too, sorted (SEMANTICS 3.2)."""
    here = estates[environment]
    mine = frozenset[Spot]().union(*(spots_of(site) for site in here.sites(app)))
    return tuple(
        sorted(
            name
            for name, other in estates.items()
            if name != environment and other.place == here.place and not mine.isdisjoint(other.spots)
        )
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """The sites of an app that other environments run too, and these environments."""

    sites: tuple[Site, ...]
    others: tuple[str, ...]


def shared(estates: Mapping[str, Estate], environment: str, app: str) -> Shared | None:
    """What others run too of `app` here, unless the environment says that it shares with them (3.2)."""
    here = estates[environment]
    others = tuple(name for name in sharers(estates, environment, app) if name not in here.environment.shared_with)
    if not others:
        return None
    theirs = frozenset[Spot]().union(*(estates[name].spots for name in others))
    return Shared(tuple(site for site in here.sites(app) if not theirs.isdisjoint(spots_of(site))), others)
