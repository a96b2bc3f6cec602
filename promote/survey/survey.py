"""What a repository holds → a Proposal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from promote.config import fault
from promote.config.check_apps import MAX_APPS
from promote.config.check_environments import MAX_ENVIRONMENTS
from promote.errors import UsageError
from promote.image import Repository
from promote.survey import flux, updater
from promote.survey.appset import unknown as unknown_sets
from promote.survey.bare import Bare, bare
from promote.survey.environment import Found
from promote.survey.images import barred_in, images_of, mirrored, named
from promote.survey.layers import Layered, estates, layered, own_images
from promote.survey.layout import environments
from promote.survey.look import Look, look
from promote.survey.patterns import inside
from promote.survey.pipeline import pipeline
from promote.survey.proposal import App, Environment, Keys, Proposal, Target
from promote.survey.spelling import several
from promote.survey.takeover import Taken, taken
from promote.survey.unreadable import unreadable
from promote.tree import Tree, show


def _marked(seen: Look, every: Sequence[Layered]) -> Mapping[str, frozenset[str]]:
    """The policies that the markers in each environment's own files name."""
    return {
        each.found.name: frozenset(
            policy
            for path, policies in seen.markers.items()
            if inside(path, each.found.own) is not None
            for policy in policies
        )
        for each in every
    }


def _bound(gained: Mapping[Repository, Taken], marked: Mapping[str, frozenset[str]]) -> frozenset[Repository]:
    """The images that markers of an environment set."""
    said = frozenset[str]().union(*marked.values())
    return frozenset(
        repository
        for repository, each in gained.items()
        if {each.keys.imagepolicy, *(keys.imagepolicy for keys in each.overrides.values())} & said
    )


def _kept(
    every: Sequence[Layered],
    runs: Mapping[str, Collection[Repository]],
    marked: Mapping[str, frozenset[str]],
    targets: Iterable[Bare],
) -> tuple[Layered, ...]:
    """Those that set an image, in whatever way; all of them where none does."""
    files = [each.file for each in targets]

    def sets(each: Layered) -> bool:
        name = each.found.name
        own = (inside(file.replace("{environment}", name), each.found.own) for file in files)
        return bool(runs[name] or marked[name] or any(one is not None for one in own))

    return tuple(filter(sets, every)) or tuple(every)


def _proposed(
    each: Layered, every: Sequence[Layered], sources: Mapping[str, str], overrides: Mapping[str, Keys]
) -> Environment:
    found = each.found
    staged = any(other.found.stage is not None for other in every)
    return Environment(
        found.name,
        found.stage,
        found.told,
        each.paths,
        from_=sources.get(found.name),
        fed=found.stage is not None or not staged,
        branch=found.branch,
        within=found.within,
        override=each.override,
        beneath=each.beneath,
        overrides=overrides,
    )


def _valid(every: Sequence[Found]) -> tuple[Found, ...]:
    """Those whose names promote.yaml can have; UsageError where they are too many."""
    valid = tuple(each for each in every if fault.of_name(each.name) is None)
    if len(valid) > MAX_ENVIRONMENTS:
        what = f"{len(valid)} environments were found, and there may be {MAX_ENVIRONMENTS}"
        raise UsageError(what, cure="write promote.yaml by hand: one name with a {placeholder} means one a folder")
    return valid


def _only_shared(seen: Look, every: Sequence[Layered], images: Mapping[Repository, str]) -> Iterator[str]:
    """A sentence for the images that stand in shared layers alone."""
    paths = tuple(sorted({path for each in every for path in (*each.beneath, *each.found.base)}))
    if paths:
        layer = Layered(Found("shared", None, paths, ""), paths)
        alone = sorted(
            str(each) for each in images_of(estates((layer,), {None: seen.tree})["shared"]) if each not in images
        )
        if alone:
            yield f"in shared layers alone, and set by no environment: {several(alone, 12)}"


def _overridden(images: Mapping[Repository, str], gained: Mapping[Repository, Taken]) -> Mapping[str, dict[str, Keys]]:
    """The keys of apps that differ in an environment, by its name."""
    out: dict[str, dict[str, Keys]] = {}
    for repository, name in images.items():
        if repository in gained:
            for environment, keys in gained[repository].overrides.items():
                out.setdefault(environment, {})[name] = keys
    return out


def _apps(images: Mapping[Repository, str], gained: Mapping[Repository, Taken]) -> Iterator[App]:
    if len(images) > MAX_APPS:
        what = f"{len(images)} images were found, and there may be {MAX_APPS} apps"
        raise UsageError(what, cure="write promote.yaml by hand: a family is one entry for many")
    for repository, name in sorted(images.items(), key=lambda item: item[1]):
        yield App(name, str(repository), gained[repository].keys if repository in gained else Keys())


def survey(tree: Tree, branches: Mapping[str, Tree]) -> Proposal:
    """What is proposed for a repository whose files are `tree`; `branches` are its other branches.

    Raises UsageError where there is more than a promote.yaml may hold.
    """
    seen = look(tree)
    named_so = environments(seen, branches)
    found = _valid(named_so)
    trees: dict[str | None, Tree] = {
        None: tree,
        **{each.branch: branches[each.branch] for each in found if each.branch is not None},
    }
    every = tuple(layered(seen, found))
    there = estates(every, trees)
    runs = {each.found.name: own_images(there[each.found.name], each) for each in every}
    alone, lost = bare(seen, [each.found for each in every if not set(each.found.base) & set(each.paths)])
    marked = _marked(seen, every)
    streams = seen.streams.values()
    watched, unknown = flux.watched(streams, (one for each in seen.markers.values() for one in each))
    updated, odd = updater.watched(streams)
    every = _kept(every, runs, marked, alone)
    gained = taken((*watched, *updated), every, marked)
    times = Counter(repository for each in every for repository in runs[each.found.name])
    times.update((*(each.repository for each in alone), *_bound(gained, marked)))
    images = named(times)
    sources, overrides = pipeline([each.found for each in every]), _overridden(images, gained)
    notes = [*unreadable(there, trees)]
    notes += [*(f"{path}: a tag whose image could not be told; `targets` can" for path in lost), *unknown, *odd]
    notes += unknown_sets(seen)
    notes += [note for each in every for note in barred_in(there[each.found.name], images)]
    notes += [note for repository, each in gained.items() if repository in images for note in each.notes]
    notes += [
        f"{show(each.own[0].encode())}: no environment can be called so" for each in named_so if each not in found
    ]
    notes += _only_shared(seen, every, images)
    notes += mirrored({each.found.name: runs[each.found.name] for each in every})
    if seen.unnamed:
        notes.append(f"{seen.unnamed} files have names that no path of promote.yaml can hold")
    return Proposal(
        tuple(_proposed(each, every, sources, overrides.get(each.found.name, {})) for each in every),
        tuple(_apps(images, gained)),
        tuple(sorted({Target(images[each.repository], each.file, each.path) for each in alone})),
        tuple(dict.fromkeys(notes)),
    )
