"""Argo CD Image Updater: what annotations of Applications, and its own ImageUpdater objects, let it update.

Sources: the documentation of Argo CD Image Updater, "Configuring images for update" of v0.x for the annotations, and
of v1.x for the custom resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from promote.image import parse_repository, split_reference
from promote.sites import argocd
from promote.sites.object import Object
from promote.sites.reading import Reading, Spot, is_template
from promote.survey.flux import each_object
from promote.survey.watched import Raw, Watched, taken_over
from promote.text.document import Stream
from promote.tree import show

PREFIX = "argocd-image-updater.argoproj.io"
_ORDERS = {
    "latest": "created",
    "newest-build": "created",
    "name": "alphabetical",
    "alphabetical": "alphabetical",
}
_UNLIKE = ("force-update", "pull-secret")


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of one image: `get` reads a setting, of the image itself or of all of the application's."""

    image: str
    constraint: str | None
    get: Callable[[str], str | None]
    items: Callable[[str], tuple[str, ...]]


def _raw(said: _Said) -> tuple[Raw, list[str]]:
    raw: Raw = {}
    lost: list[str] = []
    strategy = said.get("update-strategy") or "semver"
    if strategy == "semver":
        raw["semver"] = said.constraint or "*"
    elif strategy == "digest":
        raw["order"] = {"digest": said.constraint or "latest"}
    elif strategy in _ORDERS:
        raw["order"] = _ORDERS[strategy]
    else:
        lost.append(f"update-strategy {strategy}")
    filters: Raw = {}
    allow, ignore = said.get("allow-tags"), said.items("ignore-tags")
    if allow is not None and allow.startswith("regexp:"):
        filters["match"] = allow.removeprefix("regexp:")
    elif allow not in (None, "any"):
        lost.append(f"allow-tags {allow}")
    if ignore:
        filters["ignore"] = ignore
    if filters and strategy == "digest":
        lost.append("allow-tags and ignore-tags, which say nothing of one tag that is followed")
    elif filters:
        raw["filter"] = filters
    platforms = said.items("platforms")
    if platforms:
        raw["platforms"] = platforms
    lost += [
        f"{key}: see `registries`" if key == "pull-secret" else key for key in _UNLIKE if said.get(key) is not None
    ]
    return raw, lost


def _watched(said: _Said, told: str, path: str, words: tuple[str, ...]) -> Watched | str:
    repository = parse_repository(said.image)
    if repository is None:
        wrong = "is a template" if is_template(said.image) else "is no image's name"
        return f"{told} ({path}): {said.image} {wrong}"
    raw, lost = _raw(said)
    policy, wrongs = taken_over(raw, lost) if raw else (None, tuple(lost))
    return Watched(repository, told, path, words, policy, None, wrongs)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in (text or "").split(",") if piece.strip())


def _annotated(reading: Reading, annotations: Spot, entry: str) -> _Said:
    """One image of an `image-list`, with what the other annotations say of it."""
    alias, equals, image = entry.partition("=")
    name, constraint, _ = split_reference(image if equals else entry)
    own = f"{PREFIX}/{alias}." if equals else f"{PREFIX}/"

    def get(key: str) -> str | None:
        return reading.said(annotations, f"{own}{key}") or reading.said(annotations, f"{PREFIX}/{key}")

    return _Said(name, constraint, get, lambda key: _split(get(key)))


def _camel(key: str) -> str:
    first, *rest = key.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _listed(reading: Reading, spec: Spot, ref: Spot, image: Spot) -> _Said:
    """One image of an applicationRef; its own settings stand above those of the ref, and these above the whole's."""
    name, constraint, _ = split_reference(reading.said(image, "imageName") or "")
    settings = (reading.child(at, "commonUpdateSettings") for at in (image, ref, spec))
    layers = [each for each in settings if each is not None]

    def get(key: str) -> str | None:
        return next((text for at in layers if (text := reading.said(at, _camel(key))) is not None), None)

    def items(key: str) -> tuple[str, ...]:
        found = [at for layer in layers if (at := reading.child(layer, _camel(key))) is not None]
        return tuple(text for item in reading.items(found[0]) if (text := reading.text(item.node))) if found else ()

    return _Said(name, constraint, get, items)


def _of(stream: Stream, reading: Reading, found: Object) -> Iterator[Watched | str]:
    path = show(stream.path)
    if found.group == argocd.GROUP and found.kind in argocd.KINDS:
        way = ("metadata",) if found.kind == "Application" else ("spec", "template", "metadata")
        annotations = reading.child(found.spot, *way, "annotations")
        told = f"Argo CD {found.kind} {found.name}"
        if annotations is not None:
            for entry in _split(reading.said(annotations, f"{PREFIX}/image-list")):
                yield _watched(_annotated(reading, annotations, entry), told, path, (found.name,))
    elif found.group == PREFIX and found.kind == "ImageUpdater":
        spec = reading.child(found.spot, "spec")
        if spec is not None:
            for ref in reading.items(reading.child(spec, "applicationRefs")):
                words = (reading.said(ref, "namePattern") or "", found.name)
                for image in reading.items(reading.child(ref, "images")):
                    said = _listed(reading, spec, ref, image)
                    yield _watched(said, f"Argo CD ImageUpdater {found.name}", path, words)


def watched(streams: Iterable[Stream]) -> tuple[tuple[Watched, ...], tuple[str, ...]]:
    """What Argo CD Image Updater watches, and a sentence for each entry that leads to no image."""
    every = [each for stream, reading, found in each_object(streams) for each in _of(stream, reading, found)]
    return (
        tuple(each for each in every if isinstance(each, Watched)),
        tuple(each for each in every if isinstance(each, str)),
    )
