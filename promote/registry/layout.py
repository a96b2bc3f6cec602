"""An OCI image layout on disk (OCI image spec, "Image Layout"): the same answers as a server's."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from promote.errors import RegistryAbsent, RegistryUnreachable
from promote.image import is_digest, is_tag, parse_reference
from promote.question import Known, What
from promote.registry.decode import decode
from promote.registry.facts import known
from promote.registry.manifest import Config, Descriptor, Manifest, digest_of, parse_config, parse_manifest, prove

_INDEX_CAP = 64 << 20
_MANIFEST_CAP = 4 << 20
_CONFIG_CAP = 8 << 20
_VERSION = "1.0.0"


class _Marker(msgspec.Struct, rename={"version": "imageLayoutVersion"}):
    version: str


def _read(path: Path, cap: int) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(cap + 1)
    except FileNotFoundError as error:
        raise RegistryAbsent("there is no such file", where=str(path), cure="copy the image into the layout") from error
    except OSError as error:
        raise RegistryUnreachable(
            f"cannot be read ({error.strerror})", where=str(path), cure="check the folder and its permissions"
        ) from error
    if len(raw) > cap:
        raise RegistryUnreachable(f"is larger than {cap >> 20} MiB", where=str(path), cure="check what it is")
    return raw


def _tag(name: str) -> str | None:
    """The tag of a reference name: tools write the bare tag, or the whole reference."""
    if is_tag(name):
        return name
    reference = parse_reference(name)
    return reference.version.tag if reference is not None else None


class Layout:
    """One repository as a folder with `oci-layout`, `index.json` and `blobs`; its index is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._tagged: dict[str, Descriptor] | None = None

    def _index(self) -> Manifest:
        marker = self.folder / "oci-layout"
        try:
            raw = _read(marker, 4096)
        except RegistryAbsent as error:
            if self.folder.exists():
                raise RegistryUnreachable(
                    "is not an OCI image layout: it has no file oci-layout",
                    where=str(self.folder),
                    cure="check the path",
                ) from error
            raise RegistryAbsent("there is no such layout", where=str(self.folder), cure="check the path") from error
        version = decode(raw, _Marker, where=str(marker), noun="an OCI image layout").version
        if version != _VERSION:
            raise RegistryUnreachable(
                f"layout version {version[:20]!r} is not known",
                where=str(marker),
                cure=f"write it as version {_VERSION}",
            )
        path = self.folder / "index.json"
        try:
            raw = _read(path, _INDEX_CAP)
        except RegistryAbsent as error:
            raise RegistryUnreachable("is missing", where=str(path), cure="write the layout again") from error
        index = parse_manifest(raw, digest_of(raw), where=str(path))
        if not index.is_index:
            raise RegistryUnreachable("is not an index", where=str(path), cure="write the layout again")
        return index

    def _tags(self) -> dict[str, Descriptor]:
        with self._lock:
            if self._tagged is None:
                self._tagged = self._read_tags()
            return self._tagged

    def _read_tags(self) -> dict[str, Descriptor]:
        index = self._index()
        found: dict[str, Descriptor] = {}
        for child in index.children:
            tag = _tag(child.name)
            if tag is None:
                continue
            if found.setdefault(tag, child).digest != child.digest:
                raise RegistryUnreachable(
                    f"the tag {tag} is there for two images", where=index.where, cure="remove one of its entries"
                )
        return found

    def tags(self) -> tuple[str, ...]:
        """All tags, sorted."""
        return tuple(sorted(self._tags()))

    def facts(self, reference: str, what: frozenset[What]) -> Known:
        """What was asked for of a tag or digest; RegistryAbsent where the layout has none such."""
        tags = self._tags()
        if is_digest(reference):
            return known(self.manifest(reference), what, self)
        if reference not in tags:
            raise RegistryAbsent(
                f"the tag {reference[:128]!r} is not there", where=str(self.folder), cure="check how it is spelled"
            )
        digest = tags[reference].digest
        try:
            manifest = self.manifest(digest)
        except RegistryAbsent as error:
            raise RegistryUnreachable(
                f"the tag {reference} names {digest}, which is not there",
                where=str(self.folder),
                cure="copy the image into the layout again",
            ) from error
        return known(manifest, what, self)

    def _blob(self, digest: str) -> Path:
        # Only a digest's own characters reach the path: no separators, no dots.
        if not is_digest(digest):
            raise RegistryUnreachable(
                f"{digest[:80]!r} is no digest", where=str(self.folder), cure="write the layout again"
            )
        algorithm, _, encoded = digest.partition(":")
        return self.folder / "blobs" / algorithm / encoded

    def manifest(self, digest: str) -> Manifest:
        """The manifest `digest`."""
        path = self._blob(digest)
        raw = _read(path, _MANIFEST_CAP)
        prove(raw, digest, str(path))
        return parse_manifest(raw, digest, where=str(path))

    def config(self, digest: str) -> Config:
        """The image configuration `digest`."""
        path = self._blob(digest)
        raw = _read(path, _CONFIG_CAP)
        prove(raw, digest, str(path))
        return parse_config(raw, str(path))
