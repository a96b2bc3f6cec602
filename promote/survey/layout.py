"""Which environments a repository has, by the way in which it is laid out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from promote.survey import appset
from promote.survey.applied import applied
from promote.survey.appset import Generated
from promote.survey.branches import branches
from promote.survey.environment import Found, merged
from promote.survey.files import files
from promote.survey.fleet import customizations
from promote.survey.folders import folders
from promote.survey.look import Look
from promote.survey.patterns import below, inside

_ALONE = Found("main", None, (".",), "All of the repository: nothing in it says dev, test or prod.")


def _by_files(look: Look) -> tuple[Found, ...]:
    """The environments that folders, files, and customizations of Fleet are."""
    found = list(folders(look.paths))
    own = {path for each in found for path in each.own}
    found += files((path for path in look.paths if inside(path, own) is None), {each.name for each in found})
    known = {each.name for each in found}
    own = {path for each in found for path in each.own}
    found += [
        each
        for each in customizations(look.streams.values())
        if each.name not in known and not any(inside(path, own) is not None for path in each.own)
    ]
    return merged(found)


def _free(each: Found, taken: Collection[Found]) -> Found:
    """The same with what lies in no folder of an environment that is known, and holds none."""
    every = {path for one in taken for path in one.own}
    own = tuple(way for way in each.own if inside(way, every) is None and not any(below(one, way) for one in every))
    return replace(each, own=own)


def _with_sets(look: Look, found: tuple[Found, ...], made: Collection[Generated]) -> tuple[Found, ...]:
    """The same with the environments that ApplicationSets make, and with what they give to those that are known."""
    free = (_free(each, found) for each in appset.environments(made, look))
    return merged((*found, *(each for each in free if each.own)))


def _applied(look: Look, found: Sequence[Found], made: Collection[Generated]) -> Mapping[str, frozenset[str]]:
    """The folders that objects of each environment apply to it."""
    led = [(path, to) for path, to in applied(look.streams.values(), made) if any(below(one, to) for one in look.paths)]
    return {each.name: frozenset(to for path, to in led if inside(path, each.own) is not None) for each in found}


def _followed(look: Look, found: tuple[Found, ...], made: Collection[Generated]) -> tuple[Found, ...]:
    """The same with the folders that are applied to one environment alone as its own."""
    led = _applied(look, found, made)
    every = {path for each in found for path in each.own}

    def alone(name: str, folder: str) -> bool:
        if any(below(folder, own) or below(own, folder) for own in every):
            return False
        others = (one for other, to in led.items() if other != name for one in to)
        return not any(below(folder, other) or below(other, folder) for other in others)

    out: list[Found] = []
    for each in found:
        own = {one for one in led[each.name] if alone(each.name, one)}
        others = {one for one in led[each.name] - own if not any(below(one, mine) for mine in each.own)}
        out.append(replace(each, own=tuple(sorted({*each.own, *own})), applied=tuple(sorted({*each.applied, *others}))))
    return tuple(out)


def environments(look: Look, branch_names: Iterable[str]) -> tuple[Found, ...]:
    """The environments of a repository in the order of the pipeline: of its files, else its branches, else one."""
    made = appset.generated(look)
    found = _with_sets(look, _by_files(look), made)
    return _followed(look, found, made) or branches(branch_names) or (_ALONE,)
