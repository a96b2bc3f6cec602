"""Where images are named, as a plain walk with PyYAML sees it: it knows neither promote's parser nor its formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_SEGMENT = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?|localhost(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+)"
_NAME = rf"(?:{_HOST}/)?{_SEGMENT}(?:/{_SEGMENT})*"
_TAG, _DIGEST = r":[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", r"@sha256:[0-9a-f]{64}"
_IMAGE = re.compile(rf"{_NAME}{_TAG}(?:{_DIGEST})?")
_PINNED = re.compile(rf"{_NAME}{_DIGEST}")
# What another program fills in before anybody reads it: no reader can tell what it is.
_TEMPLATE = re.compile(r"\{\{|\$\{")
# Flux's: it names an image to look for, and none that runs (SEMANTICS 1.5).
_NOT_RUN = frozenset({"ImageRepository", "ImagePolicy", "CustomResourceDefinition"})


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One value that names an image or its version: the file, the line of the value (from 1), and what is said."""

    path: str
    line: int
    kind: str
    said: str


def is_image(text: str, *, keyed: bool) -> bool:
    """Whether a string reads as `repository:tag` or `repository@digest`.

    Without a slash only where its key speaks of an image (`keyed`): `redis:6379` and `system:node` are none. Neither is
    `http://x:80`.
    """
    return _PINNED.fullmatch(text) is not None or (
        _IMAGE.fullmatch(text) is not None and (keyed or "/" in text)
    )


def _pairs(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _text(node: yaml.Node | None) -> str | None:
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:null" else None


def _walk(path: str, node: yaml.Node | None, key: str) -> Iterator[Place]:
    if isinstance(node, yaml.ScalarNode):
        if is_image(node.value, keyed=key.lower().endswith("image")):
            yield Place(path, node.start_mark.line + 1, "string", node.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if key == "images":
                yield from _entry(path, item)
            yield from _walk(path, item, key)
    elif isinstance(node, yaml.MappingNode):
        fields = _pairs(node)
        repository, tag = _text(fields.get("repository")), _text(fields.get("tag"))
        if repository and tag:
            yield Place(path, fields["tag"].start_mark.line + 1, "split", f"{repository}:{tag}")
        for name, value in node.value:
            yield from _walk(path, value, str(name.value))


def _entry(path: str, item: yaml.Node) -> Iterator[Place]:
    """An entry of a list `images`, as kustomize has them: a name, and what is put in its place."""
    fields = _pairs(item)
    name = _text(fields.get("newName")) or _text(fields.get("name"))
    for key in ("newTag", "digest"):
        value = _text(fields.get(key))
        if name and value:
            yield Place(path, fields[key].start_mark.line + 1, "entry", f"{name} {value}")


def places(path: str, data: bytes) -> list[Place] | None:
    """Every place of a file, in any of its documents; None where PyYAML cannot read it."""
    try:
        roots = list(yaml.compose_all(data, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return sorted({place for root in roots for place in _walk(path, root, "")})


def images(rendered: str) -> Iterator[str]:
    """Every string under a key `image` in rendered manifests."""
    for document in yaml.load_all(rendered, Loader=yaml.CSafeLoader):
        if document["kind"] not in _NOT_RUN:
            yield from _images(document)


def is_template(text: str) -> bool:
    """Whether a value is filled in by another program before anybody reads it as an image."""
    return _TEMPLATE.search(text) is not None


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _images(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "image" and isinstance(item, str) and item:
                yield item
            else:
                yield from _images(item)


def kustomization(folder: Path) -> Path | None:
    """The kustomization file of a folder."""
    return next((folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()), None)


def reached(folder: Path) -> set[Path]:
    """The files of a kustomization and of all that it builds on, as its lists name them."""
    found: set[Path] = set()
    waiting = [folder.resolve()]
    while waiting:
        here = waiting.pop()
        start = kustomization(here)
        if start is None or start in found:
            continue
        found.add(start)
        root = yaml.load(start.read_bytes(), Loader=yaml.CSafeLoader) or {}
        for key in ("resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902"):
            for item in root.get(key) or ():
                name = item.get("path") if isinstance(item, dict) else item
                if not isinstance(name, str) or "\n" in name:
                    continue
                target = (here / name).resolve()
                if target.is_dir():
                    waiting.append(target)
                elif target.is_file():
                    found.add(target)
    return found
