"""How much of what the environments of a repository set a promote.yaml names, by a plain reading of the files.

It knows nothing of how promote finds environments or images: folders are told by hand for each repository, images by
`tests.naive`, and what Flux's markers mean by PyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.naive import KUSTOMIZATIONS, is_template, places

# Which folders of a repository are environments; None where all of it is one.
ENVIRONMENTS: Mapping[str, str | None] = {
    "argoproj+argocd-example-apps": None,
    "cds-snc+notification-manifests": None,
    "equinor+radix-flux": r"clusters/([^/]+)/",
    "kostis-codefresh+gitops-environment-promotion": r"envs/([^/]+)/",
    "thoth-station+thoth-application": r"[^/]+/overlays/([^/]+)/",
}
_MARKER = re.compile(rb'^[^#\n]*#\s*\{"\$imagepolicy": "([^":]+):([^":]+)(?::\w+)?"\}', re.MULTILINE)
_NOT_RUN = re.compile(r"(?:^|/)(?:templates|crds)/|^\.git")


@dataclass(frozen=True, slots=True)
class Measured:
    """The images that each environment sets, by its name; `missed` are those that a promote.yaml does not name."""

    environments: frozenset[str]
    set: frozenset[tuple[str, str]]
    missed: frozenset[tuple[str, str]]

    @property
    def images(self) -> int:
        return len({image for _, image in self.set})

    @property
    def named(self) -> int:
        """Of these images, how many are named wherever they are set."""
        return self.images - len({image for _, image in self.missed})


def canonical(name: str) -> str:
    """An image's name with its registry, as Docker completes it."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def _documents(data: bytes) -> Iterator[Any]:
    try:
        yield from yaml.load_all(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return


def _policies(files: Mapping[str, bytes]) -> Mapping[tuple[str, str], str]:
    """The image of each ImagePolicy by its namespace and name."""
    images: dict[tuple[str, str], str] = {}
    policies: dict[tuple[str, str], tuple[str, str]] = {}
    for data in files.values():
        if b"image.toolkit.fluxcd.io" not in data:
            continue
        for document in _documents(data):
            if not isinstance(document, dict) or document.get("kind") not in ("ImagePolicy", "ImageRepository"):
                continue
            key = (document["metadata"].get("namespace", ""), document["metadata"]["name"])
            if document["kind"] == "ImageRepository":
                images[key] = document["spec"]["image"]
            else:
                policies[key] = (key[0], document["spec"]["imageRepositoryRef"]["name"])
    return {key: canonical(images[source]) for key, source in policies.items() if source in images}


def _replaced(files: Mapping[str, bytes], folder: str) -> frozenset[str]:
    """The names that the kustomization of a folder gives another name: what stands beside it under them is not run."""
    out: set[str] = set()
    for name in KUSTOMIZATIONS:
        for document in _documents(files.get(f"{folder}/{name}", b"")):
            if isinstance(document, dict):
                entries = [entry for entry in document.get("images") or () if isinstance(entry, dict)]
                out.update(entry["name"] for entry in entries if entry.get("newName"))
    return frozenset(out)


def _images(files: Mapping[str, bytes], path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    replaced = _replaced(files, folder)
    for place in places(path, files[path]) or ():
        if is_template(place.said) or re.fullmatch(r"[^/:]+@.*", place.said):
            continue  # the latter is a tag with its digest, apart from its image
        name = place.said.partition(" ")[0] if place.kind == "entry" else place.said.partition("@")[0]
        if place.kind != "entry" and ":" in name.rpartition("/")[2]:
            name = name.rpartition(":")[0]
        if place.kind == "entry" or name not in replaced:
            yield canonical(name)


def measure(repository: str, root: Path, named: Mapping[str, frozenset[str]]) -> Measured:
    """What the environments of a repository set; `named` are the images that promote finds, by environment."""
    every = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in (".yaml", ".yml"))
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in every}
    policies = _policies(files)
    shape = ENVIRONMENTS[repository]
    found: set[tuple[str, str]] = set()
    environments: set[str] = set()
    for path, data in files.items():
        match = re.match(shape, path) if shape else None
        if _NOT_RUN.search(path) or (shape and match is None):
            continue
        environment = match[1] if match else "main"
        environments.add(environment)
        found.update((environment, image) for image in _images(files, path))
        for namespace, name in _MARKER.findall(data):
            image = policies.get((namespace.decode(), name.decode()))
            found.add((environment, image or f"{namespace.decode()}:{name.decode()}"))
    missed = frozenset((name, image) for name, image in found if image not in named.get(name, frozenset()))
    return Measured(frozenset(environments), frozenset(found), missed)
