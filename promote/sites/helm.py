"""Helm values: an image split over sibling keys, or in one string, at any depth; and overlays that set only a tag.

Spellings: `repository` (with `registry` before it) and `tag`; `image`, `imageName` or `name` beside `tag`, `imageTag`
or `version`; `digest` or `sha` beside either; `image: repository:tag@digest`; `tag: 1.2@sha256:…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promote.image import Repository
from promote.sites.reading import Bar, Field, Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import tag_and_digest, whole
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping, Scalar
from promote.text.part import Part

FORMAT = "helm"
# (key of the name, keys that may hold its tag: the first one found counts, and the first one is inserted).
_SPELLINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("repository", ("tag", "version")),
    ("image", ("tag", "version", "imageTag")),
    ("imageName", ("imageTag", "tag")),
    ("name", ("tag",)),
)
_TAGS = ("tag", "imageTag", "version")
_DIGESTS = ("digest", "sha")
_OTHER = Bar("other-image", "a stronger layer puts another image in its place, or its name without the registry")


def accepts(path: bytes, document: Document) -> bool:
    """Any mapping that is no Kubernetes object can be Helm values; Chart.yaml is a chart's own file."""
    if path.rpartition(b"/")[2] == b"Chart.yaml":
        return False
    root = document.root
    return isinstance(root, Mapping) and not (root.get("apiVersion") is not None and root.get("kind") is not None)


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Every place of a values file that names a wanted image, and every tag or digest without a name beside it."""
    taken: set[int] = set()
    for spot in reading.walk():
        if isinstance(spot.node, Mapping):
            yield from _mapping(reading, spot, wanted, taken)
        elif spot.node.start not in taken:
            found = _string(reading, spot, wanted)
            if found is not None:
                yield found


def _identity(keys: Keys) -> tuple[str, ...]:
    return tuple(str(key) for key in keys)


def _string(reading: Reading, spot: Spot, wanted: Wanted) -> Fragment | Barred | None:
    bare = bool(spot.keys) and spot.keys[-1] == "image"
    return whole(reading, spot.node, spot.keys, spot.bar, wanted, _identity(spot.keys), bare=bare)


def _mapping(reading: Reading, spot: Spot, wanted: Wanted, taken: set[int]) -> Iterator[Fragment | Barred]:
    names = False
    for key, tag_keys in _SPELLINGS:
        named = reading.field(spot, key)
        if named is None:
            continue
        tag = next((field for field in (reading.field(spot, name) for name in tag_keys) if field is not None), None)
        names = names or isinstance(named.pair.value, Scalar)
        repository = _repository(reading, spot, key, named, wanted)
        alone = tag is None and (key == "name" or (key == "image" and _digest(reading, spot) is None))
        if repository is None or alone:
            continue
        taken.add(named.pair.value.start)
        if tag is not None:
            taken.add(tag.pair.value.start)
        yield _split(reading, spot, named, tag, tag_keys[0], repository)
        return
    other = reading.field(spot, "repository")
    if not names:
        yield from _overlay(reading, spot)
    elif other is not None and isinstance(other.pair.value, Scalar):
        # Over a weaker layer's image this takes its place; the join drops what lies over nothing.
        yield replace(reading.barred(other.pair.value, _OTHER, None), identity=_identity(spot.keys))


def _repository(reading: Reading, spot: Spot, key: str, named: Field, wanted: Wanted) -> Repository | None:
    written = reading.text(named.pair.value)
    if not written:
        return None
    if key == "repository":
        registry = reading.field(spot, "registry")
        host = reading.text(registry.pair.value) if registry is not None else None
        if host:
            return wanted.match(f"{host.rstrip('/')}/{written}")
    return wanted.match(written)


def _field_part(reading: Reading, spot: Spot, field: Field) -> tuple[Part | Bar, Part | Bar | None]:
    return tag_and_digest(reading, field.pair.value, (*spot.keys, _key(field)), field.bar)


def _key(field: Field) -> str:
    return field.pair.key.value if isinstance(field.pair.key, Scalar) else ""


def _digest(reading: Reading, spot: Spot) -> Part | Bar | None:
    for key in _DIGESTS:
        field = reading.field(spot, key)
        if field is not None:
            return reading.part(field.pair.value, (*spot.keys, key), field.bar)
    return None


def _split(
    reading: Reading, spot: Spot, named: Field, tagged: Field | None, tag_key: str, repository: Repository
) -> Fragment | Barred:
    name = reading.part(named.pair.value, (*spot.keys, _key(named)), named.bar)
    tag: Part | Bar | None = None
    digest: Part | Bar | None = None
    if tagged is not None:
        tag, digest = _field_part(reading, spot, tagged)
    else:
        tag = reading.missing(spot, tag_key, named.pair)
    if digest is None:
        digest = _digest(reading, spot)
    for part in (tag, digest):
        if isinstance(part, Bar):
            return reading.barred(spot.node, part, repository)
    if isinstance(name, Bar) and tag is None and digest is None:
        return reading.barred(spot.node, name, repository)
    return Fragment(
        reading.stream.path,
        FORMAT,
        _identity(spot.keys),
        name if isinstance(name, Part) else None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
        repository,
    )


def _overlay(reading: Reading, spot: Spot) -> Iterator[Fragment | Barred]:
    """A tag or a digest whose image a weaker layer names (SEMANTICS 3.1); the join drops what no layer names."""
    tag: Part | Bar | None = None
    digest: Part | Bar | None = None
    for key in _TAGS:
        field = reading.field(spot, key)
        if field is not None and isinstance(field.pair.value, Scalar):
            tag, digest = _field_part(reading, spot, field)
            break
    if digest is None:
        digest = _digest(reading, spot)
    if tag is None and digest is None:
        return
    for part in (tag, digest):
        if isinstance(part, Bar):
            yield replace(reading.barred(spot.node, part, None), identity=_identity(spot.keys))
            return
    yield Fragment(
        reading.stream.path,
        FORMAT,
        _identity(spot.keys),
        None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
    )

