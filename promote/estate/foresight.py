"""What estates would say if files were other than they are: what is added must work before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from promote.config.model import Config, Environment
from promote.config.scope import claims_of
from promote.estate.estate import Estate, spots_of
from promote.estate.leaving import Leaving, images
from promote.estate.load import load
from promote.estate.reach import reach
from promote.estate.scan import Scan
from promote.estate.sharing import outside
from promote.image import Repository, Version
from promote.place import Place
from promote.sites.site import where
from promote.sites.wanted import Wanted
from promote.tree import Globs, Tree
from promote.tree.overlay import Overlay

if TYPE_CHECKING:  # where nothing is added, what proves an edit is not needed
    from promote.text.addition import Addition

Said = frozenset[tuple[Repository, Version]]


class Foresight:
    """Every environment of a place, with all its apps and all that its kustomizations lead to, read anew."""

    def __init__(
        self, config: Config, tree: Tree, place: Place, environments: Sequence[Environment], *, everything: bool
    ) -> None:
        self._config = config
        self._tree = tree
        self._place = place
        self._environments = environments
        self._everything = everything

    @cached_property
    def _below(self) -> Mapping[str, Globs]:
        return outside(self._config, self._tree, self._environments)

    @cached_property
    def _now(self) -> Mapping[str, Estate]:
        return self._load(self._tree)

    def _load(self, tree: Tree) -> Mapping[str, Estate]:
        environments = self._environments
        return load(self._config, tree, self._place, environments, everything=self._everything, below=self._below)

    def names(self, environment: str, app: str, path: bytes) -> Collection[str]:
        """The names by which the kustomization at `path` knows the images of an app."""
        wanted = Wanted(claims_of(self._config, self._config.environments[environment]))
        found = reach(Scan(self._tree, wanted, {}, {}, {}, ()), [path])
        seen = images(self._tree, {path, *found[path]}, wanted)
        return Leaving(seen.streams, seen.found, app, wanted).names(path)

    def __call__(self, changes: Mapping[bytes, bytes]) -> Mapping[str, Estate]:
        """The estates with these files changed or created."""
        return self._load(Overlay(self._tree, changes)) if changes else self._now


def unknown(estate: Estate, app: str, additions: Iterable[Addition]) -> str | None:
    """The first name of a new entry that kustomize would not find there, as the end of a sentence, or None."""
    for addition in dict.fromkeys(additions):
        if not isinstance(addition.entry, str):
            names, name = estate.names(app, addition.path), addition.entry[0][1]
            if name not in names:
                told = f"; it has {', '.join(sorted(names))}" if names else ""
                return f"would find no image {name} in what its resources lead to{told}"
    return None


def missed(estate: Estate, before: Estate, after: Estate, app: str, wanted: Said) -> str | None:
    """What of `app` would not say what is wanted of it, as the end of a sentence, or None where all would.

    `estate` is the environment by its own paths: what it does not count among the app's sites counts here only for an
    app that it does not have yet, and there what kustomize does not set: the names of the rest tell more (`unknown`).
    """
    own = frozenset(spot for site in estate.sites(app) for spot in spots_of(site))
    beyond = [
        spots_of(site)
        for site in before.sites(app)
        if own.isdisjoint(spots_of(site)) and (own or site.joins in ("object", "entry"))
    ]
    sites = [site for site in after.sites(app) if spots_of(site) not in beyond]
    said = frozenset((site.repository, site.version) for site in sites)
    for site in sites:
        if (site.repository, site.version) not in wanted:
            return f"would not stand above {where(site.anchor)}"
    if said != wanted:
        return f"would not be read as {', '.join(sorted(version.short for _, version in wanted - said))}"
    return None


def moved(
    before: Mapping[str, Estate],
    after: Mapping[str, Estate],
    ours: Collection[tuple[str, str]],
    free: Collection[str] = (),
) -> str | None:
    """`ENV/APP` of the first other one that would change, or None; `ours` may, and so may environments in `free`."""
    for name in sorted(before.keys() - set(free)):
        for app in sorted({*before[name].joined, *after[name].joined}):
            if (name, app) not in ours and before[name].said(app) != after[name].said(app):
                return f"{name}/{app}"
    return None
