"""Which environments a repository has, by the way in which it is laid out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promote.survey.applied import applied
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


def _applied(look: Look, found: Sequence[Found]) -> Mapping[str, frozenset[str]]:
    """The folders that objects of each environment apply to it."""
    led = [(path, to) for path, to in applied(look.streams.values()) if any(below(one, to) for one in look.paths)]
    return {each.name: frozenset(to for path, to in led if inside(path, each.own) is not None) for each in found}


def _followed(look: Look, found: tuple[Found, ...]) -> tuple[Found, ...]:
    """The same with the folders that are applied to one environment alone as its own."""
    led = _applied(look, found)
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
        out.append(replace(each, own=tuple(sorted({*each.own, *own})), applied=tuple(sorted(others))))
    return tuple(out)


def environments(look: Look, branch_names: Iterable[str]) -> tuple[Found, ...]:
    """The environments of a repository in the order of the pipeline: of its files, else its branches, else one."""
    found = _by_files(look)
    return _followed(look, found) or branches(branch_names) or (_ALONE,)
