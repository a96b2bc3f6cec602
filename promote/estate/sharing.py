"""Which environments may run a place that another one edits (SEMANTICS 3.2): by paths, by targets, by bases.

A base that an environment reaches only through kustomize's `resources:` is in none of its paths; it is looked for where
a site in a weaker layer is to be edited, so that environments of one layer pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from promote.config.model import Config, Environment
from promote.config.scope import globs_for
from promote.estate.aims import aims_in
from promote.estate.estate import Estate
from promote.estate.reach import reach
from promote.estate.scan import Scan
from promote.estate.ties import Paths
from promote.sites import kustomize
from promote.sites.wanted import Wanted
from promote.tree import Globs, Tree
from promote.tree.glob import is_literal

_BUILT = ("object", "entry")


def neighbours(
    config: Config,
    tree: Tree,
    estates: Iterable[Estate],
    candidates: Iterable[Environment],
    apps: Collection[str] | None = None,
) -> list[Environment]:
    """Those of `candidates` whose paths or targets take a file in which one of `estates` has a site."""
    paths = Paths({path for estate in estates for path, _ in estate.spots})
    out = []
    for environment in candidates:
        layers = Globs.union(globs_for(config, environment))
        aims = aims_in(config, tree, environment, apps)
        if any(layers.matches(path) or aims.at(path) for path in paths.near(layers, aims.listing)):
            out.append(environment)
    return out


def _weak(estate: Estate) -> frozenset[bytes]:
    """The files below the strongest layer in which kustomize would find a site of this environment."""
    strongest = len(estate.environment.layers) - 1
    return frozenset(
        site.anchor.path
        for joined in estate.joined.values()
        for site in joined.sites
        if site.joins in _BUILT and site.layer < strongest
    )


def reached(config: Config, tree: Tree, environments: Iterable[Environment]) -> dict[str, frozenset[bytes]]:
    """What the kustomizations in the paths of each environment lead to."""
    globs = {each.name: Globs.union(globs_for(config, each)) for each in environments}
    listed = tree.list(Globs.union(globs.values()))
    entries = {entry.path: entry for entry in listed if entry.path.rpartition(b"/")[2] in kustomize.FILES}
    paths = Paths(entries)
    starts = {name: [path for path in paths.near(own) if own.matches(path)] for name, own in globs.items()}
    found = reach(Scan(tree, Wanted(()), entries, {}, {}, ()), {path for each in starts.values() for path in each})
    return {name: frozenset[bytes]().union(*(found[path] for path in each)) for name, each in starts.items()}


def bases(
    config: Config, tree: Tree, estates: Iterable[Estate], candidates: Iterable[Environment]
) -> Mapping[str, Globs]:
    """What kustomizations lead to outside of their environment's paths, if a site of another lies there too."""
    weak = {estate.environment.name: _weak(estate) for estate in estates}
    known = [each for each in candidates if any(paths for name, paths in weak.items() if name != each.name)]
    if not known:
        return {}
    return {
        environment.name: _globs(config, environment, paths)
        for environment, paths in _outside(config, tree, known)
        if any(not paths.isdisjoint(theirs) for name, theirs in weak.items() if name != environment.name)
    }


def outside(config: Config, tree: Tree, environments: Sequence[Environment]) -> Mapping[str, Globs]:
    """What the kustomizations of each environment lead to outside of its paths, if they lead anywhere there."""
    found = _outside(config, tree, environments)
    return {environment.name: _globs(config, environment, paths) for environment, paths in found if paths}


def _outside(
    config: Config, tree: Tree, environments: Sequence[Environment]
) -> Iterator[tuple[Environment, frozenset[bytes]]]:
    found = reached(config, tree, environments)
    for environment in environments:
        own = Globs.union(globs_for(config, environment))
        paths = found[environment.name]
        yield environment, frozenset(path for path in paths if not own.matches(path) and is_literal(path))


def _globs(config: Config, environment: Environment, paths: Iterable[bytes]) -> Globs:
    layers = tuple(path.decode("utf-8", "replace") for path in sorted(paths))
    return Globs.union(globs_for(config, replace(environment, layers=layers, excludes=())))
