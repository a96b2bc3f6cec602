"""OCI image layouts of images without content: enough for a registry to tell tags, digests, dates and platforms.

Source: OCI image-spec, image-layout.md, manifest.md, config.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_REF_NAME = "org.opencontainers.image.ref.name"

Descriptor = dict[str, object]


def _blob(folder: Path, kind: str, value: object) -> Descriptor:
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    hexed = hashlib.sha256(data).hexdigest()
    (folder / "blobs" / "sha256" / hexed).write_bytes(data)
    return {"mediaType": kind, "digest": f"sha256:{hexed}", "size": len(data)}


def write_layout(folder: Path, tags: Mapping[str, str]) -> None:
    """A layout in `folder` with an image a tag, made at the time (RFC 3339) that `tags` gives for it."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')
    manifests = []
    for tag, created in tags.items():
        config = _blob(
            folder,
            _CONFIG,
            {
                "created": created,
                "architecture": "amd64",
                "os": "linux",
                "config": {"Labels": {"org.opencontainers.image.version": tag}},
                "rootfs": {"type": "layers", "diff_ids": []},
            },
        )
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": []}
        manifests.append(_blob(folder, _MANIFEST, manifest) | {"annotations": {_REF_NAME: tag}})
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests}
    (folder / "index.json").write_text(json.dumps(index, indent=2) + "\n")
