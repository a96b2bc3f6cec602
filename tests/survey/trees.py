"""Small repositories of every layout, and what `init` makes of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promote.api.starting import Settled, settle, start
from tests.config.loading import validate

NOTHING: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}


def deployment(image: str, name: str = "web") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
"""


def kustomization(*resources: str, **images: str) -> str:
    """A kustomization; `images` are tags by the last segments of images of acme."""
    entries = "".join(f"  - name: ghcr.io/acme/{name}\n    newTag: {tag}\n" for name, tag in images.items())
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    return f"{head}resources: [{', '.join(resources)}]\n" + (f"images:\n{entries}" if entries else "")


def values(name: str, tag: str | None) -> str:
    said = "" if tag is None else f"  tag: {tag}\n"
    return f"image:\n  repository: ghcr.io/acme/{name}\n{said}"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def settled(root: Path, files: Mapping[str, str | bytes]) -> Settled:
    """What `init --yes` would write for these files; it fits the JSON Schema."""
    begun = start(write(root, files), NOTHING, force=False)
    made = settle(begun, begun.proposal)
    validate(made.text)
    return made
