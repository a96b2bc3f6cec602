"""Tags without an image beside them: what an environment's values set where a chart's values name the image."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.image import Repository
from promote.sites.finders import read_file
from promote.sites.site import Fragment
from promote.sites.wanted import Wanted
from promote.survey.environment import Found
from promote.survey.look import Look
from promote.survey.patterns import inside
from promote.text.yamlpath import spell_path

_EVERYTHING = Wanted((), everything=True)
_WORDS = re.compile(r"[^-_./]+")
_SAID = (b"tag", b"Tag", b"version", b"digest", b"sha", b"repository", b"image")


@dataclass(frozen=True, slots=True)
class Bare:
    """A tag alone: the file, with `{environment}` where the environment is named, and the YAML path in it."""

    repository: Repository
    file: str
    path: str


def _values(look: Look, paths: Collection[str]) -> Iterator[Fragment]:
    """What files of values among `paths` say of images, and of tags alone."""
    for entry, data in look.tree.read(look.entries[path] for path in sorted(paths)):
        if not isinstance(data, bytes) or not any(word in data for word in _SAID):
            continue
        _, hits = read_file(entry.path, data, _EVERYTHING, ())
        yield from (hit for hit in hits if isinstance(hit, Fragment) and hit.joins == "value" and not hit.object)


def _slot(found: Found, path: str) -> str | None:
    """The file with a placeholder for the environment; None where its path does not say its name as a segment."""
    for slot in found.slots:
        if slot.replace("{environment}", found.name) == path:
            return slot
    segments = path.split("/")
    if segments.count(found.name) != 1:
        return None
    return "/".join("{environment}" if segment == found.name else segment for segment in segments)


def _words(path: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(path.lower())) - {"values", "yaml", "yml", "charts", "chart", "helm"}


def _named_by(path: str, named: Sequence[Fragment], base: Collection[str]) -> Fragment | None:
    """The place that names the image of a tag in this file, if it is plain which one does."""
    near = [each for each in named if each.path.decode() in base]
    if len(near) == 1:
        return near[0]
    folders = {each: _words(each.path.decode().rpartition("/")[0].rpartition("/")[2]) for each in named}
    alike = [each for each, words in folders.items() if words & _words(path)]
    if len(alike) == 1:
        return alike[0]
    return named[0] if len(named) == 1 else None


def bare(look: Look, every: Sequence[Found]) -> tuple[tuple[Bare, ...], tuple[str, ...]]:
    """The tags alone of all environments, each target once, and the files whose tags lead to no image."""
    folders = frozenset(one for each in every for one in each.own)
    own = frozenset(path for path in look.paths if inside(path, folders) is not None)
    alone = [hit for hit in _values(look, own) if hit.repository is None and (hit.tag or hit.digest)]
    if not alone:
        return (), ()
    named: dict[tuple[str, ...], list[Fragment]] = {}
    for hit in _values(look, frozenset(look.paths) - own):
        if hit.repository is not None:
            named.setdefault(hit.identity, []).append(hit)
    return _joined(alone, named, every)


def _joined(
    alone: Iterable[Fragment], named: Mapping[tuple[str, ...], Sequence[Fragment]], every: Sequence[Found]
) -> tuple[tuple[Bare, ...], tuple[str, ...]]:
    out: dict[Bare, None] = {}
    lost: dict[str, None] = {}
    for hit in alone:
        candidates = named.get(hit.identity, ())
        part = hit.tag or hit.digest
        if not candidates or part is None:
            continue  # `tag` and `version` are keys of many things that are no images
        path = hit.path.decode()
        found = next(each for each in every if inside(path, each.own) is not None)
        base, slot = _named_by(path, candidates, found.base), _slot(found, path)
        if base is None or base.repository is None or slot is None:
            lost[path] = None
        else:
            out[Bare(base.repository, slot, spell_path(part.keys))] = None
    return tuple(out), tuple(lost)
