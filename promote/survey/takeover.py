"""What apps take over of what Flux and Argo CD Image Updater watch: for all environments, and where one differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promote.image import Repository
from promote.survey.layers import Layered
from promote.survey.patterns import below
from promote.survey.proposal import Keys
from promote.survey.watched import Watched


@dataclass(frozen=True, slots=True)
class Taken:
    """The keys of one app: its own, and for the environments that differ; `notes` are sentences of what clashed."""

    keys: Keys
    overrides: Mapping[str, Keys]
    notes: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.lower().replace("_", "-").replace(".", "-").split("-"))


def _says(name: str, environment: str) -> bool:
    """Whether a name has an environment's name in it, by whole words: `web-prod-eu` has `prod-eu`."""
    words, wanted = _words(name), _words(environment)
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words)))


def _environments_of(
    each: Watched, layered: Sequence[Layered], marked: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """The environments that one is for; none where it is for all of them.

    Those whose files hold its marker, else those whose folder it lies in, else the one whose name it says.
    """
    by_marker = [one.found.name for one in layered if each.imagepolicy in marked.get(one.found.name, ())]
    if by_marker:
        return tuple(by_marker)
    at_home = [one.found.name for one in layered if any(below(each.path, own) and own != "." for own in one.found.own)]
    if at_home:
        return tuple(at_home)
    said = [one.found.name for one in layered if any(_says(word, one.found.name) for word in each.words)]
    return (max(said, key=len),) if said else ()


def _keys(each: Watched) -> Keys:
    return Keys(each.policy, each.imagepolicy, each.told, each.lost)


def taken(
    watched: Iterable[Watched], layered: Sequence[Layered], marked: Mapping[str, frozenset[str]]
) -> Mapping[Repository, Taken]:
    """What each watched image takes over; the first environment of the pipeline tells what holds for all."""
    order = [one.found.name for one in layered]
    by_image: dict[Repository, list[Watched]] = {}
    for each in watched:
        by_image.setdefault(each.repository, []).append(each)
    out: dict[Repository, Taken] = {}
    for repository, several in by_image.items():
        everywhere: list[Watched] = []
        there: dict[str, list[Watched]] = {}
        for each in several:
            names = _environments_of(each, layered, marked)
            everywhere += [] if names else [each]
            for name in names:
                there.setdefault(name, []).append(each)
        firsts = [*everywhere, *(one for name in order for one in there.get(name, ()))]
        own = _keys(firsts[0])
        overrides = {name: _keys(there[name][0]) for name in order if name in there and not _alike(there[name][0], own)}
        clashes = [(None, everywhere), *((name, there.get(name, [])) for name in order)]
        notes = tuple(
            f"{more.told} ({more.path}) watches {repository} too{'' if name is None else f' in {name}'}: left out"
            for name, each_of in clashes
            for more in each_of[1:]
            if not _alike(more, _keys(each_of[0]))
        )
        out[repository] = Taken(own, overrides, notes)
    return out


def _alike(each: Watched, keys: Keys) -> bool:
    return (each.policy, each.imagepolicy) == (keys.policy, keys.imagepolicy)
