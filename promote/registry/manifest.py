"""Manifests and image configurations as values, proven by their digests (OCI image spec; docker's own are read too)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from promote.errors import RegistryError, RegistryUnreachable, RegistryUnreadable
from promote.image import is_digest
from promote.platform import spell
from promote.registry.dating import CREATED
from promote.registry.decode import decode
from promote.registry.schema1 import is_schema_1, signed_payload

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
IMAGES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join((*INDEXES, *IMAGES))
CONFIGS = frozenset({"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"})
_PARTS = ("manifests", "config", "fsLayers")  # the last of schema 1
_ASK = "ask who pushed it"
_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""
    variant: str | None = None


class _Descriptor(msgspec.Struct, rename={"media_type": "mediaType"}):
    digest: str
    media_type: str = ""
    platform: _Platform | None = None
    annotations: dict[str, str] | None = None


class _Manifest(msgspec.Struct, rename={"media_type": "mediaType", "schema": "schemaVersion"}):
    schema: int = 2
    media_type: str = ""
    manifests: list[_Descriptor] | None = None
    config: _Descriptor | None = None
    annotations: dict[str, str] | None = None


class _Settings(msgspec.Struct, rename={"labels": "Labels"}):
    labels: dict[str, str] | None = None


class _Config(msgspec.Struct):
    created: object = None  # of any kind: a wrong one is a date that is not known, and no more
    os: str = ""
    architecture: str = ""
    variant: str | None = None
    config: _Settings | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest points to; `platform` is "" where it does not say.

    `names` are the annotated names that tools give an image in a layout, the one of the image spec first.
    """

    digest: str
    media_type: str
    platform: str
    runs: bool  # not an attestation beside the images
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest: an index with `children`, or an image with a `config`; `created` is its annotation, as it stands.

    `proven` is whether a digest said beforehand that these bytes are meant: then they never mean anything else.
    """

    digest: str
    where: str
    is_index: bool
    children: tuple[Descriptor, ...]
    config: Descriptor | None
    created: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Config:
    """What an image says of itself; `created` is of any kind, as it stands there."""

    created: object
    platform: str
    labels: tuple[tuple[str, str], ...]


def digest_of(raw: bytes, algorithm: str = "sha256") -> str:
    """The digest of `raw`."""
    return f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"


def _has(raw: bytes, digest: str) -> bool:
    return is_digest(digest) and digest_of(raw, digest.partition(":")[0]) == digest


def prove(raw: bytes, digest: str, where: str) -> None:
    """Refuse `raw` unless it is what `digest` names."""
    if not _has(raw, digest):
        raise RegistryUnreachable(
            f"the content does not have its digest {digest[:80]!r}",
            where=where,
            cure="try again, or push the image again",
        )


def _old(kind: type[RegistryError], where: str) -> RegistryError:
    return kind("the image has the old schema 1", where=where, cure="push it again with a newer tool")


def prove_manifest(raw: bytes, digest: str, where: str) -> None:
    """Refuse `raw` unless it is what `digest` names; RegistryUnreadable where that names a signed one of schema 1.

    A signature says itself what of `raw` is signed, and so it never makes `raw` what `digest` names.
    """
    if not _has(raw, digest):
        signed = signed_payload(raw)
        if signed is not None and _has(signed, digest) and is_schema_1(signed):
            raise _old(RegistryUnreadable, where)
    prove(raw, digest, where)


def _platform(platform: _Platform | _Config | None) -> str:
    return "" if platform is None else spell(platform.os, platform.architecture, platform.variant or "")


def _descriptor(raw: _Descriptor, where: str, unfit: type[RegistryError]) -> Descriptor:
    if not is_digest(raw.digest):
        raise unfit(f"it names {raw.digest[:80]!r}, which is no digest", where=where, cure=_ASK)
    annotations = raw.annotations or {}
    platform = _platform(raw.platform)
    runs = "vnd.docker.reference.type" not in annotations and platform != "unknown/unknown"
    names = tuple(annotations[name] for name in _NAMES if name in annotations)
    return Descriptor(raw.digest, raw.media_type, platform, runs, names)


def unfit(*, proven: bool) -> type[RegistryError]:
    """The error for content that cannot be understood: what is proven will never be, what is not may be a mishap."""
    return RegistryUnreadable if proven else RegistryUnreachable


def parse_manifest(
    raw: bytes, digest: str, *, where: str, proven: bool, content_type: str = "", noun: str = "an image manifest"
) -> Manifest:
    """The manifest in `raw`, which has that digest; where it is none that can be understood: see `unfit`.

    The content type of what is proven does not matter: its bytes cannot be another server's web page.
    """
    wrong = unfit(proven=proven)
    sent = "" if proven else content_type
    read = decode(raw, _Manifest, where=where, noun=noun, content_type=sent, unfit=wrong)
    if read.schema == 1:
        raise _old(wrong, where)
    if (read.manifests is None) == (read.config is None):
        # Both at once may be read as either: the image spec warns of it, and so nobody's reading is taken.
        raise wrong("it is neither an image nor an index", where=where, cure=_ASK)
    if (read.media_type in INDEXES and read.manifests is None) or (read.media_type in IMAGES and read.config is None):
        raise wrong("it is not what its media type says", where=where, cure=_ASK)
    children = tuple(_descriptor(child, where, wrong) for child in read.manifests or ())
    config = None if read.config is None else _descriptor(read.config, where, wrong)
    created = (read.annotations or {}).get(CREATED, "")
    return Manifest(digest, where, read.manifests is not None, children, config, created, proven)


def is_manifest(raw: bytes) -> bool:
    """Whether `raw` is made like a manifest: with a schema version, and parts or a configuration."""
    try:
        read = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return "schemaVersion" in read and not read.keys().isdisjoint(_PARTS)


def parse_config(raw: bytes, where: str) -> Config:
    """The image configuration in `raw`, which is proven; RegistryUnreadable where it cannot be understood."""
    read = decode(raw, _Config, where=where, noun="an image configuration", unfit=RegistryUnreadable)
    labels = (read.config.labels if read.config else None) or {}
    return Config(read.created, _platform(read), tuple(sorted(labels.items())))
