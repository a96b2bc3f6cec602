"""An OCI image layout on disk (OCI image spec, "Image Layout"): the same answers as a server's."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from promote.errors import RegistryAbsent, RegistryError, RegistryUnreachable, RegistryUnreadable
from promote.image import is_digest, is_tag, parse_reference
from promote.ordinary import read_ordinary
from promote.question import Known, What
from promote.registry.decode import decode
from promote.registry.facts import known
from promote.registry.manifest import (
    INDEXES,
    Config,
    Descriptor,
    Manifest,
    digest_of,
    is_manifest,
    parse_config,
    parse_manifest,
    prove,
    prove_manifest,
)

_INDEX_CAP = 64 << 20
_MANIFEST_CAP = 4 << 20
_CONFIG_CAP = 8 << 20
_VERSION = "1.0.0"
_DEPTH = 4
_NESTED = 10_000  # indexes without a tag that are looked into


class _Marker(msgspec.Struct, rename={"version": "imageLayoutVersion"}):
    version: str


_WRITE = "write the layout again"
_COPY = "copy the image into the layout again"


class _TooLarge(RegistryUnreachable):
    pass


@contextmanager
def _cured_by(cure: str) -> Generator[None]:
    """What is wrong with a file has its cure here: there is no registry to ask, and nobody to push again."""
    try:
        yield
    except RegistryError as error:
        raise type(error)(error.what, where=error.where, cure=cure) from error


def _read(path: Path, cap: int) -> bytes:
    try:
        raw = read_ordinary(path, cap + 1)
    except FileNotFoundError as error:
        raise RegistryAbsent("there is no such file", where=str(path), cure="copy the image into the layout") from error
    except OSError as error:
        raise RegistryUnreachable(
            f"cannot be read ({error.strerror})", where=str(path), cure="check the folder and its permissions"
        ) from error
    if len(raw) > cap:
        raise _TooLarge(f"is larger than {cap >> 20} MiB", where=str(path), cure="check what it is")
    return raw


def _tag(entry: Descriptor) -> str | None:
    """The tag of an entry, by the first of its names that has one: tools write the bare tag, or the whole reference."""
    for name in entry.names:
        if is_tag(name):
            return name
        reference = parse_reference(name)
        if reference is not None and reference.version.tag is not None:
            return reference.version.tag
    return None


class Layout:
    """One repository as a folder with `oci-layout`, `index.json` and `blobs`; its index is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._tagged: dict[str, Descriptor] | None = None
        self._named: set[str] = set()  # digests in the indexes that were read for the tags

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
        with _cured_by(_WRITE):
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
            raise self._broken("is missing", str(path)) from error
        noun = "the index of a layout"
        with _cured_by(_WRITE):
            index = parse_manifest(raw, digest_of(raw), where=str(path), proven=False, noun=noun)
        if not index.is_index:
            raise self._broken("is not an index", str(path))
        return index

    def _tags(self) -> dict[str, Descriptor]:
        with self._lock:
            if self._tagged is None:
                self._tagged = self._read_tags()
            return self._tagged

    def _read_tags(self) -> dict[str, Descriptor]:
        """All tagged entries of the index, and of the indexes in it that have no tag: one with a tag is an image."""
        found: dict[str, Descriptor] = {}
        level = [self._index()]
        seen = {level[0].digest}
        for depth in range(_DEPTH + 1):
            inner: list[str] = []
            for index in level:
                for child in index.children:
                    self._named.add(child.digest)
                    tag = _tag(child)
                    if tag is not None:
                        if found.setdefault(tag, child).digest != child.digest:
                            raise self._broken(f"the tag {tag} is there for two images", index.where)
                    elif child.media_type in INDEXES and child.digest not in seen:
                        seen.add(child.digest)
                        inner.append(child.digest)
            if inner and (depth == _DEPTH or len(seen) > _NESTED):
                raise self._broken(f"holds indexes more than {_DEPTH} deep, or more than {_NESTED}", str(self.folder))
            level = [self._nested(digest) for digest in inner]
        return found

    def _nested(self, digest: str) -> Manifest:
        try:
            return self.manifest(digest)
        except (RegistryAbsent, RegistryUnreadable) as error:
            # Its tags are not known, so that no list of them is whole.
            what = f"the index {digest} that it names cannot be read: {error.what}"
            raise self._broken(what, str(self.folder)) from error

    @staticmethod
    def _broken(what: str, where: str) -> RegistryUnreachable:
        return RegistryUnreachable(what, where=where, cure=_WRITE)

    def tags(self) -> tuple[str, ...]:
        """All tags, sorted."""
        return tuple(sorted(self._tags()))

    def facts(self, reference: str, what: frozenset[What]) -> Known:
        """What was asked for of a tag or digest; RegistryAbsent where the layout has none such.

        Layers and configurations lie among the images: a digest is an image's if an index names it, or what has it
        is made like a manifest.
        """
        tags = self._tags()
        if is_digest(reference):
            if reference not in self._named and not self._has_manifest(reference):
                raise RegistryAbsent(
                    f"{reference} is a part of an image, and none itself",
                    where=str(self.folder),
                    cure="give the digest of the image",
                )
            return self._known(reference, what)
        if reference not in tags:
            raise RegistryAbsent(
                f"the tag {reference[:128]!r} is not there", where=str(self.folder), cure="check how it is spelled"
            )
        digest = tags[reference].digest
        try:
            return self._known(digest, what)
        except RegistryAbsent as error:
            raise RegistryUnreadable(
                f"the tag {reference} names {digest}, which is not there",
                where=str(self.folder),
                cure=_COPY,
            ) from error

    def _known(self, digest: str, what: frozenset[What]) -> Known:
        if what <= {"digest"}:
            # What it is does not matter then: it need not be an image that can be read.
            self._manifest(digest)
            return Known(digest)
        root = self.manifest(digest)
        with _cured_by(_COPY):
            return known(root, what, self)

    def _blob(self, digest: str) -> Path:
        # Only a digest's own characters reach the path: no separators, no dots.
        if not is_digest(digest):
            raise self._broken(f"{digest[:80]!r} is no digest", str(self.folder))
        algorithm, _, encoded = digest.partition(":")
        return self.folder / "blobs" / algorithm / encoded

    def _has_manifest(self, digest: str) -> bool:
        try:
            return is_manifest(self._manifest(digest))
        except _TooLarge:
            return False

    def _manifest(self, digest: str) -> bytes:
        path = self._blob(digest)
        raw = _read(path, _MANIFEST_CAP)
        with _cured_by(_COPY):
            prove_manifest(raw, digest, str(path))
        return raw

    def manifest(self, digest: str) -> Manifest:
        """The manifest `digest`."""
        raw = self._manifest(digest)
        with _cured_by(_COPY):
            return parse_manifest(raw, digest, where=str(self._blob(digest)), proven=True)

    def config(self, digest: str) -> Config:
        """The image configuration `digest`."""
        path = self._blob(digest)
        raw = _read(path, _CONFIG_CAP)
        with _cured_by(_COPY):
            prove(raw, digest, str(path))
            return parse_config(raw, str(path))
