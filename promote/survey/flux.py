"""Flux: what its image automation watches, and its setter markers.

Source: the Flux API reference of image.toolkit.fluxcd.io.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.image import parse_repository
from promote.sites.manifest import FORMAT
from promote.sites.object import Object, objects
from promote.sites.reading import Reading, Spot, is_template
from promote.survey.watched import Raw, Watched, taken_over
from promote.text.document import Stream
from promote.tree import show

GROUP = "image.toolkit.fluxcd.io"
_MARKER = re.compile(
    rb"""\{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"([a-z0-9-]+:[a-z0-9.-]+)(?::(?:tag|name|digest))?"[ \t]*\}"""
)
# Go writes a named group in two ways, Python in one.
_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class _Policy:
    """An ImagePolicy before its ImageRepository is known: (namespace, name) of that one."""

    namespace: str
    name: str
    source: tuple[str, str]
    path: str
    raw: Raw
    lost: tuple[str, ...]


def each_object(streams: Iterable[Stream]) -> Iterator[tuple[Stream, Reading, Object]]:
    """Every Kubernetes object of these files, as a reading of it."""
    for stream in streams:
        for document in stream.documents:
            reading = Reading(stream, document, FORMAT)
            for found in objects(reading):
                yield stream, reading, found


def markers(data: bytes) -> tuple[str, ...]:
    """The policies, as `namespace:name`, that the setter markers of a file name."""
    return tuple(dict.fromkeys(found[1].decode("ascii") for found in _MARKER.finditer(data)))


def _raw(reading: Reading, spec: Spot) -> tuple[Raw, list[str]]:
    """The `policy` that an ImagePolicy comes to, and what has no like."""
    raw: Raw = {}
    lost: list[str] = []
    ranges = reading.child(spec, "policy", "semver")
    if ranges is not None:
        raw["semver"] = reading.said(ranges, "range") or ""
    for key, order in (("alphabetical", "alphabetical"), ("numerical", "numeric")):
        ordered = reading.child(spec, "policy", key)
        if ordered is not None:
            raw["order"] = order
            raw |= {"direction": "desc"} if (reading.said(ordered, "order") or "").lower() == "desc" else {}
    tags = reading.child(spec, "filterTags")
    if tags is not None:
        pattern, extract = reading.said(tags, "pattern"), reading.said(tags, "extract")
        named = {"match": None if pattern is None else _GROUP.sub("(?P<", pattern), "extract": extract}
        raw |= {"filter": {key: value for key, value in named.items() if value}}
    reflects = reading.said(spec, "digestReflectionPolicy")
    if reflects not in (None, "Never"):
        lost.append(f"digestReflectionPolicy {reflects}: `pin: both` writes digests")
    return raw, lost


def _policy(stream: Stream, reading: Reading, found: Object) -> _Policy | None:
    spec = reading.child(found.spot, "spec")
    ref = None if spec is None else reading.child(spec, "imageRepositoryRef")
    if spec is None or ref is None:
        return None
    raw, lost = _raw(reading, spec)
    source = (reading.said(ref, "namespace") or found.namespace, reading.said(ref, "name") or "")
    return _Policy(found.namespace, found.name, source, show(stream.path), raw, tuple(lost))


def _named(policy: _Policy, marked: Iterable[str]) -> str | None:
    """What markers call a policy; where no file gives it a namespace, the marker that names it tells."""
    if policy.namespace:
        return f"{policy.namespace}:{policy.name}"
    return next((each for each in sorted(marked) if each.partition(":")[2] == policy.name), None)


def watched(streams: Iterable[Stream], marked: Iterable[str]) -> tuple[tuple[Watched, ...], tuple[str, ...]]:
    """What ImagePolicies watch, and a sentence for each that leads to no image; `marked` are all markers' policies."""
    images: dict[tuple[str, str], str] = {}
    lost: dict[tuple[str, str], list[str]] = {}
    policies: list[_Policy] = []
    for stream, reading, found in each_object(streams):
        spec = reading.child(found.spot, "spec")
        if found.group != GROUP or spec is None:
            continue
        if found.kind == "ImageRepository":
            key = (found.namespace, found.name)
            images[key] = reading.said(spec, "image") or ""
            if reading.child(spec, "exclusionList") is not None:
                lost.setdefault(key, []).append("exclusionList: `filter.ignore` takes globs")
        elif found.kind == "ImagePolicy":
            policy = _policy(stream, reading, found)
            policies += [] if policy is None else [policy]
    return _joined(policies, images, lost, tuple(marked))


def _joined(
    policies: Sequence[_Policy],
    images: Mapping[tuple[str, str], str],
    lost: Mapping[tuple[str, str], list[str]],
    marked: tuple[str, ...],
) -> tuple[tuple[Watched, ...], tuple[str, ...]]:
    out: list[Watched] = []
    unknown: list[str] = []
    for each in policies:
        told = f"Flux ImagePolicy {each.namespace}:{each.name}".replace(" :", " ")
        repository = parse_repository(images.get(each.source, ""))
        if repository is None:
            wanting = "is a template" if is_template(images.get(each.source, "")) else "is not in this repository"
            unknown.append(f"{told} ({each.path}): the image of its ImageRepository {each.source[1]} {wanting}")
            continue
        policy, wrong = taken_over(each.raw, (*each.lost, *lost.get(each.source, ())))
        name = _named(each, marked)
        out.append(Watched(repository, told, each.path, (each.name,), policy, name, wrong))
    known, names = {each.imagepolicy for each in out}, {each.name for each in policies}
    unknown += [
        f"markers of {name}: no ImagePolicy of this repository tells its image"
        for name in sorted({*marked} - known)
        if name.partition(":")[2] not in names
    ]
    return tuple(out), tuple(unknown)
