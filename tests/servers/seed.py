"""Images for tests: built in memory, then written as a layout, pushed over HTTP, or put into a registry's storage."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import json
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class ImageSpec:
    """An image to be: one platform makes a plain image, several make an index, `nested` an index of an index.

    `created` is written as it stands, None leaves it out. `name` is the annotation in a layout, else the tag.
    """

    created: str | None = "2024-01-02T03:04:05Z"
    labels: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ("linux/amd64",)
    nested: bool = False
    attested: bool = False
    docker: bool = False
    name: str | None = None
    # Of one platform: its own date, so that it can be seen whose is taken.
    dates: Mapping[str, str] = field(default_factory=dict)
    # What annotations say of the date: of the index, and of each manifest in it.
    of_index: str | None = None
    of_manifest: str | None = None


@dataclass
class Built:
    """All blobs of an image by digest; `manifests` are those that are manifests, children first, root last."""

    root: str
    media_type: str
    blobs: dict[str, bytes]
    manifests: dict[str, str]


def digest(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(raw).hexdigest()


@cache
def _layer() -> tuple[bytes, str]:
    """One small real layer and the digest of what is in it, for tools that unpack."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        entry = tarfile.TarInfo("hello")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"world"))
    return gzip.compress(plain.getvalue(), mtime=0), digest(plain.getvalue())


def _image(spec: ImageSpec, platform: str, built: Built) -> dict[str, object]:
    layer, inside = _layer()
    system, architecture, *variant = platform.split("/")
    config: dict[str, object] = {"os": system, "architecture": architecture}
    if variant:
        config["variant"] = variant[0]
    created = spec.dates.get(platform, spec.created)
    if created is not None:
        config["created"] = created
    config["config"] = {"Labels": dict(spec.labels)} if spec.labels else {}
    config["rootfs"] = {"type": "layers", "diff_ids": [inside]}
    raw = json.dumps(config).encode()
    built.blobs |= {digest(raw): raw, digest(layer): layer}
    kinds = (DOCKER_IMAGE, DOCKER_CONFIG, DOCKER_LAYER) if spec.docker else (OCI_IMAGE, OCI_CONFIG, OCI_LAYER)
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": kinds[0],
        "config": {"mediaType": kinds[1], "digest": digest(raw), "size": len(raw)},
        "layers": [{"mediaType": kinds[2], "digest": digest(layer), "size": len(layer)}],
    }
    manifest |= _annotated(spec.of_manifest)
    named: dict[str, object] = {"os": system, "architecture": architecture}
    if variant:
        named["variant"] = variant[0]
    return _add(manifest, kinds[0], built) | {"platform": named}


def _annotated(created: str | None) -> dict[str, object]:
    return {} if created is None else {"annotations": {"org.opencontainers.image.created": created}}


def _add(manifest: Mapping[str, object], media_type: str, built: Built) -> dict[str, object]:
    raw = json.dumps(manifest).encode()
    built.root, built.media_type = digest(raw), media_type
    built.blobs[built.root] = raw
    built.manifests[built.root] = media_type
    return {"mediaType": media_type, "digest": built.root, "size": len(raw)}


def build(spec: ImageSpec) -> Built:
    """The blobs of `spec`."""
    built = Built("", "", {}, {})
    children = [_image(spec, platform, built) for platform in spec.platforms]
    if len(children) == 1 and not spec.nested and not spec.attested and spec.of_index is None:
        return built
    kind = DOCKER_INDEX if spec.docker else OCI_INDEX
    if spec.attested:
        attestation = _image(ImageSpec(created=None), "unknown/unknown", built)
        children.append(attestation | {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}})
    if spec.nested:
        children = [_add({"schemaVersion": 2, "mediaType": kind, "manifests": children}, kind, built)]
    _add({"schemaVersion": 2, "mediaType": kind, "manifests": children} | _annotated(spec.of_index), kind, built)
    return built


def write_layout(folder: Path, images: Mapping[str, ImageSpec]) -> dict[str, str]:
    """Write an OCI layout with these tags; the digest of each tag comes back."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    entries, digests = [], {}
    for tag, spec in images.items():
        built = build(spec)
        for name, raw in built.blobs.items():
            (blobs / name.removeprefix("sha256:")).write_bytes(raw)
        digests[tag] = built.root
        entries.append(
            {
                "mediaType": built.media_type,
                "digest": built.root,
                "size": len(built.blobs[built.root]),
                "annotations": {"org.opencontainers.image.ref.name": spec.name or tag},
            }
        )
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return digests


def _put(folder: Path, content: bytes, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def write_storage(storage: Path, repository: str, images: Mapping[str, ImageSpec]) -> dict[str, str]:
    """Put images into the files of a docker-registry, which lists them at once; the digest of each tag comes back."""
    root = storage / "docker" / "registry" / "v2"
    here = root / "repositories" / repository
    digests = {}
    for tag, spec in images.items():
        built = build(spec)
        for name, raw in built.blobs.items():
            encoded = name.removeprefix("sha256:")
            _put(root / "blobs" / "sha256" / encoded[:2] / encoded, raw, "data")
            place = here / ("_manifests/revisions" if name in built.manifests else "_layers") / "sha256" / encoded
            _put(place, name.encode(), "link")
        of_tag = here / "_manifests" / "tags" / tag
        _put(of_tag / "current", built.root.encode(), "link")
        _put(of_tag / "index" / "sha256" / built.root.removeprefix("sha256:"), built.root.encode(), "link")
        digests[tag] = built.root
    return digests


def push(host: str, repository: str, images: Mapping[str, ImageSpec]) -> dict[str, str]:
    """Push images over plain HTTP as a client would; the digest of each tag comes back."""
    digests = {}
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:

        def ask(method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream") -> str:
            connection.request(method, path, body, {"Content-Type": kind, "Content-Length": str(len(body))})
            response = connection.getresponse()
            said = response.read()
            assert response.status in (201, 202), (path, response.status, said)
            return response.headers.get("Location", "")

        for tag, spec in images.items():
            built = build(spec)
            for name, raw in built.blobs.items():
                if name not in built.manifests:
                    at = urlsplit(ask("POST", f"/v2/{repository}/blobs/uploads/"))
                    ask("PUT", f"{at.path}?{at.query}&digest={name}", raw)
            for name, kind in built.manifests.items():
                reference = tag if name == built.root else name
                ask("PUT", f"/v2/{repository}/manifests/{reference}", built.blobs[name], kind)
            digests[tag] = built.root
    return digests
