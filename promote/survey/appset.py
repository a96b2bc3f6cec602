"""Argo CD's ApplicationSets: the applications that they make of folders and files here, and the environments of these.

Source: the Argo CD documentation, "ApplicationSet" and its "Template".
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.config import fault
from promote.sites import argocd, flux
from promote.sites.object import Object
from promote.sites.reading import Reading, Spot
from promote.survey.environment import Found
from promote.survey.flux import each_object
from promote.survey.generators import Params, filled, is_told_by_files, kinds, parameters
from promote.survey.ground import Ground
from promote.survey.look import Look
from promote.survey.patterns import below
from promote.survey.stage import is_region, stage_of
from promote.tree import show

# The parameters that say which environment an application is for, the surest first; written in any case.
_NAMING = ("environment", "env", "stage", "clustername", "cluster", "cluster.name")
_TOLD = "The ApplicationSet {name} of Argo CD."
_VALUES = "values.yaml"


@dataclass(frozen=True, slots=True)
class Generated:
    """One application of a set: the folders and the files of values that it has here, and the environment it is for.

    `path` is where its set stands; `environment` is None where nothing says one.
    """

    set: str
    path: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    environment: str | None


def _is_stage(name: str) -> bool:
    """Whether a name is a stage's, of a region at most."""
    stage = stage_of(name)
    return stage is not None and (not stage.region or is_region(stage.region))


def _environment(params: Params, folders: Sequence[str], cluster: str, texts: Sequence[str]) -> str | None:
    """What is said of the environment: by a parameter, by the cluster, by a segment of the path, by a name."""
    said = {key.lower().replace("-", "").replace("_", "").removeprefix("values."): params[key] for key in params}
    for named in (*(said[key] for key in _NAMING if key in said), cluster):
        if named and fault.of_name(named) is None:
            return named
    own = [value for key, value in params.items() if "path" not in key.partition("[")[0].split(".")]
    segments = [segment for folder in folders for segment in reversed(folder.split("/"))]
    return next((each for each in (*own, *segments, *texts) if fault.of_name(each) is None and _is_stage(each)), None)


def _files(reading: Reading, source: Spot, params: Params, folder: str, look: Look) -> Iterator[str]:
    """The files of values that a source names; one of another source of this repository begins with that one's name."""
    for item in reading.items(reading.child(source, "helm", "valueFiles")):
        written = filled(reading.text(item.node) or "", params)
        if written:
            path = written.partition("/")[2] if written.startswith("$") else f"{folder}/{written}"
            path = posixpath.normpath(written.lstrip("/") if written.startswith("/") else path)
            if path in look.paths:
                yield path


def _application(reading: Reading, found: Object, params: Params, ground: Ground, path: str) -> Generated:
    template = reading.child(found.spot, "spec", "template")
    spec = None if template is None else reading.child(template, "spec")
    folders: dict[str, None] = {}
    files: dict[str, None] = {}
    for source in argocd.sources(reading, spec) if spec is not None else ():
        written = filled(reading.said(source, "path") or "", params)
        here = next(iter(flux.folder(written)), "")
        files.update(dict.fromkeys(_files(reading, source, params, here, ground.look)))
        if here and here in ground.folders:
            folders[here] = None
    ways = (("spec", "destination", "name"), ("spec", "destination", "namespace"), ("metadata", "name"))
    spots = (None if template is None else reading.child(template, *way) for way in ways)
    said = ("" if spot is None else filled(reading.text(spot.node) or "", params) or "" for spot in spots)
    cluster, *texts = said
    name = _environment(params, tuple(folders), cluster, texts)
    return Generated(found.name, path, tuple(folders), tuple(files), name)


def _sets(look: Look) -> Iterator[tuple[str, Reading, Object, list[Spot]]]:
    for stream, reading, found in each_object(look.streams.values()):
        if (found.group, found.kind) == (argocd.GROUP, "ApplicationSet"):
            listed = reading.child(found.spot, "spec", "generators")
            yield show(stream.path), reading, found, list(reading.items(listed))


def generated(look: Look) -> tuple[Generated, ...]:
    """Every application that the sets make of something here."""
    out: list[Generated] = []
    ground = Ground(look)
    for path, reading, found, generators in _sets(look):
        for spot in generators:
            made = (_application(reading, found, each, ground, path) for each in parameters(reading, spot, ground))
            out += [each for each in made if each.folders or each.files]
    return tuple(dict.fromkeys(out))


def unknown(look: Look) -> Iterator[str]:
    """A sentence for each set that makes nothing of files here, since only a cluster or a forge knows what it makes."""
    seen = {(each.set, each.path) for each in generated(look)}
    for path, reading, found, generators in _sets(look):
        outside = [spot for spot in generators if not is_told_by_files(reading, spot)]
        if outside and (found.name, path) not in seen:
            said = ", ".join(dict.fromkeys(kind for spot in outside for kind in kinds(spot)))
            yield f"Argo CD ApplicationSet {found.name} ({path}): files alone do not tell what it makes ({said})"


def _alone(by_name: Mapping[str, Collection[str]], name: str) -> tuple[str, ...]:
    """What one environment has and no other has a part of, or all of."""
    others = [one for other, each in by_name.items() if other != name for one in each]
    return tuple(
        sorted({one for one in by_name[name] if not any(below(one, each) or below(each, one) for each in others)})
    )


def environments(every: Collection[Generated], look: Look) -> Iterator[Found]:
    """The environments that applications are for: two at least of one set, or one that says a stage."""
    for name in dict.fromkeys(each.set for each in every):
        here = [each for each in every if each.set == name and each.environment is not None]
        names = list(dict.fromkeys(each.environment for each in here if each.environment is not None))
        if len(names) > 1 or any(map(stage_of, names)):
            yield from _of_set(name, names, here, look)


def _of_set(name: str, names: Sequence[str], here: Sequence[Generated], look: Look) -> Iterator[Found]:
    folders = {one: {way for each in here if each.environment == one for way in each.folders} for one in names}
    files = {one: {way for each in here if each.environment == one for way in each.files} for one in names}
    for one in names:
        own_files = _alone(files, one)
        own = (*_alone(folders, one), *own_files)
        charts = {f"{folder}/{_VALUES}" for folder in folders[one]} & set(look.paths)
        base = tuple(sorted(({*files[one]} | (charts if own_files else set())) - {*own}))
        slots = tuple(path.replace(one, "{environment}") for path in own_files if path.count(one) == 1)
        shared = tuple(sorted(way for way in folders[one] if way not in own))
        if own:
            told = _TOLD.format(name=name)
            yield Found(one, stage_of(one), tuple(sorted(own)), told, base=base, slots=slots, applied=shared)
