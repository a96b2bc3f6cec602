"""Manifests and image configurations as values, proven by their digests (OCI image spec; docker's own are read too)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from promote.errors import RegistryUnreachable
from promote.image import is_digest
from promote.registry.decode import decode

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
_ASK = "ask who pushed it"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
# One spelling for one machine, as containerd has it: what a builder leaves out means the common variant.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_IMPLIED = frozenset({("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")})


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


class _Settings(msgspec.Struct, rename={"labels": "Labels"}):
    labels: dict[str, str] | None = None


class _Config(msgspec.Struct):
    created: str | None = None
    os: str = ""
    architecture: str = ""
    variant: str | None = None
    config: _Settings | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest points to; `platform` is "" where it does not say, `name` is the annotated reference name."""

    digest: str
    media_type: str
    platform: str
    runs: bool  # not an attestation beside the images
    name: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest: an index with `children`, or an image with a `config`."""

    digest: str
    where: str
    is_index: bool
    children: tuple[Descriptor, ...]
    config: Descriptor | None


@dataclass(frozen=True, slots=True)
class Config:
    """What an image says of itself; `created` is None where it does not say."""

    created: datetime | None
    platform: str
    labels: tuple[tuple[str, str], ...]


def digest_of(raw: bytes, algorithm: str = "sha256") -> str:
    """The digest of `raw`."""
    return f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"


def prove(raw: bytes, digest: str, where: str) -> None:
    """Refuse `raw` unless it is what `digest` names."""
    if not is_digest(digest) or digest_of(raw, digest.partition(":")[0]) != digest:
        raise RegistryUnreachable(
            f"the content does not have its digest {digest[:80]!r}",
            where=where,
            cure="try again, or push the image again",
        )


def _platform(platform: _Platform | _Config | None) -> str:
    if platform is None or not platform.os or not platform.architecture:
        return ""
    architecture = _ARCHITECTURES.get(platform.architecture, platform.architecture)
    variant = platform.variant or ""
    if (architecture, variant) in _IMPLIED:
        variant = ""
    return "/".join(filter(None, (platform.os, architecture, variant)))


def _descriptor(raw: _Descriptor, where: str) -> Descriptor:
    if not is_digest(raw.digest):
        raise RegistryUnreachable(f"it names {raw.digest[:80]!r}, which is no digest", where=where, cure=_ASK)
    annotations = raw.annotations or {}
    platform = _platform(raw.platform)
    runs = "vnd.docker.reference.type" not in annotations and platform != "unknown/unknown"
    name = annotations.get("org.opencontainers.image.ref.name", "")
    return Descriptor(raw.digest, raw.media_type, platform, runs, name)


def parse_manifest(raw: bytes, digest: str, *, where: str, content_type: str = "") -> Manifest:
    """The manifest in `raw`, which has that digest; RegistryUnreachable where it is none that can be understood."""
    read = decode(raw, _Manifest, where=where, noun="an image manifest", content_type=content_type)
    if read.schema == 1:
        raise RegistryUnreachable("the image has the old schema 1", where=where, cure="push it again with a newer tool")
    if (read.manifests is None) == (read.config is None):
        # Both at once may be read as either: the image spec warns of it, and so nobody's reading is taken.
        raise RegistryUnreachable("it is neither an image nor an index", where=where, cure=_ASK)
    if (read.media_type in INDEXES and read.manifests is None) or (read.media_type in IMAGES and read.config is None):
        raise RegistryUnreachable("it is not what its media type says", where=where, cure=_ASK)
    children = tuple(_descriptor(child, where) for child in read.manifests or ())
    config = None if read.config is None else _descriptor(read.config, where)
    return Manifest(digest, where, read.manifests is not None, children, config)


def _created(text: str | None, where: str) -> datetime | None:
    # Go writes its zero time where nothing was set.
    if not text or text.startswith("0001-01-01T00:00:00"):
        return None
    try:
        if _RFC_3339.fullmatch(text) is None:
            raise ValueError(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RegistryUnreachable(f"its `created` {text[:80]!r} is not a date", where=where, cure=_ASK) from None


def parse_config(raw: bytes, where: str) -> Config:
    """The image configuration in `raw`; RegistryUnreachable where it cannot be understood."""
    read = decode(raw, _Config, where=where, noun="an image configuration")
    labels = (read.config.labels if read.config else None) or {}
    return Config(_created(read.created, where), _platform(read), tuple(sorted(labels.items())))
