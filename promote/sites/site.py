"""Fragments and Sites: what files say of an image, before and after the join over an environment's layers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from promote.image import Repository, Version
from promote.text.edit import Span
from promote.text.part import Part
from promote.tree import show

_HEX = re.compile(r"[0-9a-f]{64}")

# How a fragment meets others (SEMANTICS 3.1): values are folded key by key; an object's string is replaced whole by a
# stronger layer's; a kustomize entry sets over what its resources reach; a chart's appVersion fills an empty tag; a
# Git revision counts where it is the tag; the rest stands for itself.
Joins = Literal["value", "object", "entry", "app-version", "revision", "alone"]
CHART = "chart"


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one place in one file says of an image; any of name, tag and digest may be missing.

    `identity` says what shadows what: a key path for values; for manifests the API group, kind, namespace and name of
    the object, and the container (SEMANTICS 3.1).
    `app` is set by a marker or a target. `object` are the API group, kind, namespace and name of the object that brings
    the values, empty for a file of values; `charts` are the folders of the charts that they are for; `rank` orders what
    one file says of one key path, the weakest first.
    `reaches` are the folders that an entry sets over, where its file's resources do not tell. `guessed` says that the
    app has several images, and that nothing tells which of them this is.
    """

    path: bytes
    format: str
    identity: tuple[str, ...]
    name: Part | None
    tag: Part | None
    digest: Part | None
    repository: Repository | None = None
    app: str | None = None
    joins: Joins = "alone"
    object: tuple[str, ...] = ()
    rank: int = 0
    charts: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Barred:
    """A place that names an image and cannot be edited safely: a stable code, and why (SEMANTICS 11.6)."""

    path: bytes
    span: Span
    format: str
    code: str
    why: str
    repository: Repository | None = None
    app: str | None = None
    version: Version | None = None
    identity: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charted:
    """A chart's version beside a reference to the HelmRepository that holds it: (namespace, name), as written there."""

    hit: Fragment | Barred
    chart: str
    source: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """One place that decides what an app runs, after the join; its parts may lie in two files."""

    app: str
    repository: Repository
    format: str
    identity: tuple[str, ...]
    layer: int
    name: Part | None
    tag: Part | None
    digest: Part | None
    shadowed_by: str | None = None
    joins: Joins = "alone"
    object: tuple[str, ...] = ()
    guessed: bool = False

    @property
    def version(self) -> Version:
        """What the site says now; both None where the image is named and nothing else."""
        digest = _said(self.digest)
        if digest is not None and self.digest is not None and is_bare(self.digest):
            digest = f"sha256:{digest}"
        tag = _said(self.tag)
        # A registry's tag has no +, so Helm writes the build metadata of a chart's version behind an underscore.
        return Version(tag.replace("+", "_") if tag is not None and self.format == CHART else tag, digest)

    @property
    def anchor(self) -> Part:
        """The part that a message points at: the tag, else the digest, else the name, else where one would go."""
        parts = [part for part in (self.tag, self.digest, self.name) if part is not None]
        for part in [part for part in parts if part.insert is None] or parts:
            return part
        raise ValueError("a site without a part")


def where(at: Part | Barred) -> str:
    """FILE:LINE:COLUMN of a place, as every message has it."""
    return f"{show(at.path)}:{at.span.line}:{at.span.column}"


def is_bare(digest: Part) -> bool:
    """Whether a digest is spelled without its algorithm, as charts have it that write `@sha256:` in their templates."""
    if digest.insert is not None:
        return False
    return _HEX.fullmatch(digest.value) is not None or (not digest.value and digest.keys[-1:] == ("sha",))


def _said(part: Part | None) -> str | None:
    return (part.value or None) if part is not None and part.insert is None else None
