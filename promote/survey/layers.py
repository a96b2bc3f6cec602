"""The layers of each environment: its own files, and below them what others build on too, where that decides anything.

What is shared is taken in only where an environment runs images of it that its own files do not set, and only where one
file of its own can be its `override` (SEMANTICS 3.2); else it is told of, and left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.config.load import implicit
from promote.config.model import Config, Environment
from promote.estate.estate import Estate
from promote.estate.load import load
from promote.estate.sharing import reached
from promote.image import Repository
from promote.place import Place
from promote.sites import kustomize
from promote.survey.environment import Found
from promote.survey.images import images_of
from promote.survey.look import Look
from promote.survey.patterns import condensed, covering, inside
from promote.tree import Tree

# A base that takes more paths than this to name is not named in `path`.
_MOST = 8


@dataclass(frozen=True, slots=True)
class Layered:
    """An environment with its paths, the weakest first; `beneath` is what it builds on that others build on too."""

    found: Found
    paths: tuple[str, ...]
    override: str | None = None
    beneath: tuple[str, ...] = ()


def _configured(layered: Sequence[Layered]) -> Config:
    """The configuration that has these environments, and no apps."""
    environments = {
        each.found.name: Environment(
            each.found.name,
            each.paths,
            source="none",
            branch=each.found.branch,
            within=each.found.within,
        )
        for each in layered
    }
    return replace(implicit("."), environments=environments)


def estates(layered: Sequence[Layered], trees: Mapping[str | None, Tree]) -> Mapping[str, Estate]:
    """What each runs, every image an app of its own name; `trees` are those of the branches."""
    config = _configured(layered)
    out: dict[str, Estate] = {}
    for branch, tree in trees.items():
        here = [config.environments[each.found.name] for each in layered if each.found.branch == branch]
        if here:
            out |= load(config, tree, Place("", branch or ""), here, everything=True)
    return out


def _beneath(look: Look, layered: Sequence[Layered]) -> Mapping[str, frozenset[str]]:
    """The files outside of each environment that its kustomizations lead to."""
    config = _configured(layered)
    here = [config.environments[each.found.name] for each in layered if each.found.branch is None]
    found = reached(config, look.tree, here)
    every = {own for each in layered for own in each.found.own}
    known = frozenset(path for path in look.paths if inside(path, every) is None)
    out: dict[str, frozenset[str]] = {}
    for each in layered:
        paths = (path.decode("utf-8", "replace") for path in found.get(each.found.name, ()))
        out[each.found.name] = known.intersection(paths)
    return out


def _kustomization(found: Found, paths: Collection[str]) -> str | None:
    """The one kustomization that the environment's own folders begin with; None where there is none, or several."""
    names = [name.decode() for name in kustomize.FILES if b"." in name]
    there = [path for own in found.own for name in names if (path := f"{own}/{name}") in paths]
    return there[0] if len(there) == 1 and found.within is None else None


def _candidate(each: Layered, beneath: Collection[str], look: Look) -> Layered | None:
    """The same with what it builds on as weaker layers, and the `override` that it could have; None without these."""
    found = each.found
    if len(found.own) == 1 and len(found.base) == 1 and found.own[0] in look.paths:
        return Layered(found, (*found.base, *found.own), found.own[0], found.base)
    base = covering(beneath, look.paths)
    if not 0 < len(base) <= _MOST:
        return None
    return Layered(found, (*base, *each.paths), _kustomization(found, look.paths), each.beneath)


def own_images(estate: Estate, each: Layered) -> frozenset[Repository]:
    """The images of which something stands in the environment's own files."""
    first = len([path for path in each.paths if path in each.beneath])
    return frozenset(
        repository
        for repository, sites in images_of(estate).items()
        if each.override is not None or any(site.layer >= first for site in sites)
    )


def _chosen(plain: Layered, deep: Layered, estate: Estate, seen: frozenset[Repository]) -> Layered:
    """`deep` where a weaker layer decides and can be overridden, or names the images of tags; else `plain`.

    `estate` is what the environment runs with its weaker layers, `seen` are the images that it has without them.
    """
    own = own_images(estate, replace(deep, override=None))
    if deep.override is not None and images_of(estate).keys() - own:
        return deep
    return replace(deep, override=None) if own - seen else plain


def _told(each: Layered, beneath: Mapping[str, frozenset[str]], look: Look) -> tuple[str, ...]:
    if each.found.base and not beneath[each.found.name]:
        return each.found.base
    return (*covering(beneath[each.found.name], look.paths), *each.found.applied)


def layered(look: Look, every: Sequence[Found]) -> Iterator[Layered]:
    """Each environment with its layers."""
    plain = [Layered(each, condensed(each.own, look.paths)) for each in every]
    beneath = _beneath(look, plain)
    plain = [replace(each, beneath=_told(each, beneath, look)) for each in plain]
    candidates = ((each, _candidate(each, beneath[each.found.name], look)) for each in plain)
    tried = {each.found.name: (each, deep) for each, deep in candidates if deep is not None}
    with_layers = estates([deep for _, deep in tried.values()], {None: look.tree})
    without = estates([each for each, _ in tried.values()], {None: look.tree})
    for each in plain:
        name = each.found.name
        if name in tried:
            yield _chosen(*tried[name], with_layers[name], frozenset(images_of(without[name])))
        else:
            yield each
