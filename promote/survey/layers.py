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
from promote.place import Place
from promote.sites import kustomize
from promote.survey.environment import Found
from promote.survey.images import images_of
from promote.survey.look import Look
from promote.survey.patterns import below, condensed, covering
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


def configured(layered: Sequence[Layered]) -> Config:
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
    config = configured(layered)
    out: dict[str, Estate] = {}
    for branch, tree in trees.items():
        here = [config.environments[each.found.name] for each in layered if each.found.branch == branch]
        if here:
            out |= load(config, tree, Place("", branch or ""), here, everything=True)
    return out


def _beneath(look: Look, layered: Sequence[Layered]) -> Mapping[str, frozenset[str]]:
    """The files outside of each environment that its kustomizations lead to."""
    config = configured(layered)
    here = [config.environments[each.found.name] for each in layered if each.found.branch is None]
    found = reached(config, look.tree, here)
    every = {own for each in layered for own in each.found.own}
    known = frozenset(path for path in look.paths if not any(below(path, own) for own in every))
    out: dict[str, frozenset[str]] = {}
    for each in layered:
        paths = (path.decode("utf-8", "replace") for path in found.get(each.found.name, ()))
        out[each.found.name] = known.intersection(paths)
    return out


def _kustomization(found: Found, paths: Collection[str]) -> str | None:
    """The one kustomization that an environment's own folder begins with."""
    if len(found.own) != 1 or found.within is not None:
        return None
    names = sorted(name.decode() for name in kustomize.FILES)
    return next((path for name in names if (path := f"{found.own[0]}/{name}") in paths and "." in name), None)


def _candidate(each: Layered, beneath: Collection[str], look: Look) -> Layered | None:
    """The same with what it builds on as weaker layers, and an `override`; None where that cannot be."""
    found = each.found
    if len(found.own) == 1 and len(found.base) == 1 and found.own[0] in look.paths:
        return Layered(found, (*found.base, *found.own), found.own[0], found.base)
    override, base = _kustomization(found, look.paths), covering(beneath, look.paths)
    if override is None or not 0 < len(base) <= _MOST:
        return None
    return Layered(found, (*base, *each.paths), override, each.beneath)


def _decides(estate: Estate, own: int) -> bool:
    """Whether a layer below the environment's own ones decides an image."""
    return any(site.layer < own for sites in images_of(estate).values() for site in sites)


def _told(each: Layered, beneath: Mapping[str, frozenset[str]], look: Look) -> tuple[str, ...]:
    if each.found.base and not beneath[each.found.name]:
        return each.found.base
    return (*covering(beneath[each.found.name], look.paths), *each.found.applied)


def layered(look: Look, every: Sequence[Found]) -> Iterator[Layered]:
    """Each environment with its layers."""
    plain = [Layered(each, condensed(each.own, look.paths)) for each in every]
    beneath = _beneath(look, plain)
    plain = [replace(each, beneath=_told(each, beneath, look)) for each in plain]
    deeper = {each.found.name: _candidate(each, beneath[each.found.name], look) for each in plain}
    tried = [each for each in deeper.values() if each is not None]
    runs = estates(tried, {None: look.tree}) if tried else {}
    for each in plain:
        deep = deeper[each.found.name]
        if deep is not None and _needs(runs[each.found.name], deep, len(each.paths)):
            yield deep
        elif deep is not None and deep.found.base:
            yield replace(deep, override=None)  # its tags are tied to the images that the base names
        else:
            yield each


def _needs(estate: Estate, deep: Layered, own: int) -> bool:
    return _decides(estate, len(deep.paths) - own)
