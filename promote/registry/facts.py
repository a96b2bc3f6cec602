"""The facts of an image, from its manifests and configurations, wherever these are kept.

An image for several platforms says `created` and labels once for each: those of linux/amd64 are taken, else those of
the first platform in the index; attestations are no platform. All of its platforms are listed. What an annotation
answers is not looked for any further.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Protocol

from promote.errors import RegistryAbsent, RegistryError
from promote.question import Known, What
from promote.registry.dating import CREATED, dated
from promote.registry.manifest import CONFIGS, INDEXES, Config, Descriptor, Manifest, unfit

_DEPTH = 4
_MOST = 200  # manifests that are fetched for one image
_FIRST = "linux/amd64"
_ASK = "push the image again"


class Source(Protocol):
    """Where manifests and configurations come from; each is proven against its digest."""

    def manifest(self, digest: str) -> Manifest: ...

    def config(self, digest: str) -> Config: ...


def _other_kind(image: Manifest) -> str:
    """The media type of what is not an image (a chart, a signature); "" of an image."""
    kind = image.config.media_type if image.config is not None else ""
    return "" if kind in CONFIGS else kind


class _Reader:
    """Reads one image, and each part of it at most once."""

    def __init__(self, root: Manifest, source: Source) -> None:
        self._root = root
        self._source = source
        self._manifests = {root.digest: root}
        self._configs: dict[str, Config] = {}

    def _manifest(self, digest: str) -> Manifest:
        if digest not in self._manifests:
            if len(self._manifests) > _MOST:
                raise self._broken(f"has more than {_MOST} parts")
            try:
                self._manifests[digest] = self._source.manifest(digest)
            except RegistryAbsent as error:
                raise self._broken(f"names {digest}, which is not there") from error
        return self._manifests[digest]

    def _config(self, image: Manifest) -> Config | None:
        config = image.config
        # What is not an image says nothing here, and that is no fault.
        if config is None or _other_kind(image):
            return None
        if config.digest not in self._configs:
            try:
                self._configs[config.digest] = self._source.config(config.digest)
            except RegistryAbsent as error:
                raise self._broken(f"names {config.digest}, which is not there") from error
        return self._configs[config.digest]

    def _broken(self, what: str) -> RegistryError:
        return unfit(proven=self._root.proven)(f"the image {what}", where=self._root.where, cure=_ASK)

    def _images(self, at: Manifest, depth: int = 0) -> Generator[tuple[Descriptor, Manifest | None]]:
        """All children that are images, through nested indexes; the manifest where it had to be read anyway."""
        if depth >= _DEPTH:
            raise self._broken(f"is an index nested more than {_DEPTH} deep")
        for child in at.children:
            if not child.runs:
                continue
            if child.media_type in INDEXES or not (child.platform or child.media_type):
                manifest = self._manifest(child.digest)
                if manifest.is_index:
                    yield from self._images(manifest, depth + 1)
                    continue
                yield child, manifest
            else:
                yield child, None

    def platforms(self) -> tuple[str, ...]:
        if not self._root.is_index:
            config = self._config(self._root)
            return (config.platform,) if config and config.platform else ()
        found: set[str] = set()
        for child, manifest in self._images(self._root):
            platform = child.platform
            if not platform:
                config = self._config(manifest or self._manifest(child.digest))
                platform = config.platform if config else ""
            if platform:
                found.add(platform)
        return tuple(sorted(found))

    def _speaker(self) -> Manifest | None:
        """The manifest that speaks for the whole image; None where an index holds none."""
        if not self._root.is_index:
            return self._root
        images = list(self._images(self._root))
        if not images:
            return None
        child, manifest = next((each for each in images if each[0].platform == _FIRST), images[0])
        return manifest or self._manifest(child.digest)

    def labels(self) -> tuple[tuple[str, str], ...]:
        speaker = self._speaker()
        config = self._config(speaker) if speaker is not None else None
        return config.labels if config is not None else ()

    def _dates(self) -> Generator[tuple[str, object]]:
        yield f"annotation {CREATED}", self._root.created
        speaker = self._speaker()
        if speaker is None:
            return
        if speaker is not self._root:
            yield f"annotation {CREATED} of one platform", speaker.created
        config = self._config(speaker)
        if config is not None:
            yield "`created`", config.created
            yield f"label {CREATED}", dict(config.labels).get(CREATED)

    def created(self) -> tuple[datetime | None, str]:
        other = _other_kind(self._root)
        if other:
            return None, f"it is no image, but has a configuration of type {other[:80]!r}"
        return dated(self._dates())


def known(root: Manifest, what: frozenset[What], source: Source) -> Known:
    """What was asked for of the image `root`; the rest is left empty, and so is what the image does not say."""
    reader = _Reader(root, source)
    created, undated = reader.created() if "created" in what else (None, "")
    return Known(
        root.digest,
        created=created,
        platforms=reader.platforms() if "platforms" in what else (),
        labels=reader.labels() if "labels" in what else (),
        undated=undated,
    )
