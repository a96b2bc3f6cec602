"""A Proposal without what its check has found fault with: files that nobody could edit, then layers, then apps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.errors import UsageError
from promote.estate.estate import Estate
from promote.sites.site import Barred, where
from promote.survey.alter import without_app, without_environment
from promote.survey.look import is_named
from promote.survey.proposal import Environment, Proposal

# What is wrong with what an environment shares, and not with the place itself.
_SHARED = frozenset({"no-override", "shared-site"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a check says of one app in one environment, or of all of it; `bars` are the places that cannot be edited."""

    environment: str
    app: str | None
    code: str
    what: str
    bars: tuple[Barred, ...] = ()


def _hopeless(estate: Estate, trouble: Trouble) -> Mapping[str, Barred]:
    """The files of barred places in which the environment has no place that can be edited.

    Not one that is left out already: a target means its file all the same.
    """
    used = {path for path, _ in estate.spots}
    used.update(path.encode() for path in estate.environment.excludes)
    return {bar.path.decode(): bar for bar in trouble.bars if bar.path not in used and is_named(bar.path)}


def _without_files(proposal: Proposal, name: str, bars: Mapping[str, Barred]) -> Proposal:
    """The same without these files, of which another trouble may have left out some by now."""
    here = next(each for each in proposal.environments if each.name == name)
    notes = [
        f"{name} leaves {path} out: {where(bar)} cannot be edited, {bar.why}"
        for path, bar in bars.items()
        if path not in here.excludes
    ]
    less = replace(here, excludes=tuple(sorted({*here.excludes, *bars})))
    environments = tuple(less if each is here else each for each in proposal.environments)
    return replace(proposal, environments=environments, notes=(*proposal.notes, *notes))


def _has_layers(proposal: Proposal, name: str) -> bool:
    """Whether something that is shared is in the environment's `path`, and it has files of its own besides."""
    here = [each for each in proposal.environments if each.name == name]
    return any(0 < len({*each.paths} & {*each.beneath}) < len(each.paths) for each in here)


def _without_layers(proposal: Proposal, name: str) -> Proposal:
    def bare(each: Environment) -> Environment:
        own = tuple(path for path in each.paths if path not in each.beneath)
        return replace(each, paths=own or each.paths, override=None)

    environments = tuple(bare(each) if each.name == name else each for each in proposal.environments)
    return replace(proposal, environments=environments)


def _image(proposal: Proposal, name: str) -> str:
    return next((app.image for app in proposal.apps if app.name == name), name)


def amended(proposal: Proposal, troubles: Sequence[Trouble], estates: Mapping[str, Estate]) -> Proposal:
    """The same with one step taken against each trouble; it has less each time, so that it comes to an end."""
    cured: set[str] = set()
    for each in troubles:
        bars = _hopeless(estates[each.environment], each) if each.bars else {}
        if bars:
            proposal = _without_files(proposal, each.environment, bars)
        elif each.code in _SHARED and _has_layers(proposal, each.environment):
            cured.add(each.environment)
            proposal = _without_layers(proposal, each.environment)
        elif each.app is None:
            proposal = without_environment(proposal, each.environment)
        elif each.environment not in cured and any(app.name == each.app for app in proposal.apps):
            note = f"{_image(proposal, each.app)} in {each.environment}: {each.what}"
            proposal = without_app(proposal, each.app, note)
    return proposal


def without_place(proposal: Proposal, fault: UsageError) -> Proposal | None:
    """The same without the file of a place that two apps claim, by its image and by its marker.

    None where there is no such file, or it is left out already.
    """
    path = fault.where.rsplit(":", 2)[0]
    if not path or not is_named(path.encode()) or any(path in each.excludes for each in proposal.environments):
        return None
    environments = tuple(
        replace(each, excludes=tuple(sorted((*each.excludes, path)))) for each in proposal.environments
    )
    return replace(proposal, environments=environments, notes=(*proposal.notes, f"{path} is left out: {fault.what}"))


def pruned(proposal: Proposal, running: Collection[str]) -> Proposal:
    """The same without the apps that no environment runs, now that something was left out."""
    for app in proposal.apps:
        if app.name not in running:
            proposal = without_app(proposal, app.name, None)
    return proposal
