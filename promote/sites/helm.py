"""Helm values: an image split over sibling keys, or in one string, at any depth; and overlays that set only a tag.

Spellings: `repository` (with `registry` before it, or a registry named further up) and `tag`; `image`, `imageName` or
`name` beside `tag`, `imageTag` or `version`; `digest` or `sha` beside either; `image: repository:tag@digest`;
`tag: 1.2@sha256:…`. Values stand in files of their own, and in the objects that bring them to a chart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from promote.image import Repository, has_host
from promote.sites import chart
from promote.sites.comment import is_marked
from promote.sites.object import at, is_object
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
_KEYS = frozenset((*(key for key, tags in _SPELLINGS for key in (key, *tags)), *_TAGS, *_DIGESTS))
# Where charts keep the registry of all their images.
_REGISTRIES = ("registry", "imageRegistry")
_GLOBALS: tuple[Keys, ...] = (("global", "imageRegistry"), ("global", "registry"), ("global", "image", "registry"))
OTHER = Bar("other-image", "a stronger layer puts another image in its place, or its name without the registry")


def accepts(path: bytes, document: Document) -> bool:
    """Any mapping that is no Kubernetes object can be Helm values; Chart.yaml is a chart's own file."""
    return path.rpartition(b"/")[2] != chart.FILE and isinstance(document.root, Mapping) and not is_object(document)


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """Every place of a values file that names a wanted image, and every tag or digest without a name beside it."""
    return Values(reading, wanted, reading.root).find()


@dataclass(frozen=True, slots=True)
class Values:
    """The values below `root`; `object`, `rank` and `charts` are those of the fragments that they make.

    Nothing is inserted into values that are `closed`.
    """

    reading: Reading
    wanted: Wanted
    root: Spot
    object: tuple[str, ...] = ()
    rank: int = 0
    charts: tuple[str, ...] = ()
    skip: Collection[Keys] = ()
    closed: bool = False

    def find(self) -> Iterator[Fragment | Barred]:
        """Every place that names a wanted image, and every tag or digest without a name beside it."""
        taken: set[int] = set()
        for spot in self.reading.walk(self.root, self.skip, self._holds()):
            if isinstance(spot.node, Mapping):
                yield from self._mapping(spot, taken)
            elif spot.node.start not in taken:
                found = self._string(spot)
                if found is not None:
                    yield found

    def _holds(self) -> Callable[[bytes], bool] | None:
        """What tells of a mapping or list whether it can say anything that counts; None where its bytes do not tell."""
        reading, wanted = self.reading, self.wanted
        elsewhere = self.object or reading.document.aliased or is_marked(
            reading.stream.data, reading.document.start, reading.document.end
        )
        return wanted.may_name if wanted.spelled_out and not elsewhere else None

    def _identity(self, spot: Spot) -> tuple[str, ...]:
        return tuple(str(key) for key in spot.keys[len(self.root.keys) :])

    def _mine(self, hit: Fragment | Barred, spot: Spot) -> Fragment | Barred:
        """The hit with what these values know of themselves."""
        if isinstance(hit, Fragment):
            identity = self._identity(spot)
            return replace(
                hit, identity=identity, joins="value", object=self.object, rank=self.rank, charts=self.charts
            )
        return replace(hit, identity=self._identity(spot), object=self.object, charts=self.charts)

    def _string(self, spot: Spot) -> Fragment | Barred | None:
        bare = bool(spot.keys) and spot.keys[-1] == "image"
        hit = whole(self.reading, spot, self.wanted, (), bare=bare)
        # What is barred by itself bars whatever stands above it.
        return self._mine(hit, spot) if isinstance(hit, Fragment) else hit

    def _mapping(self, spot: Spot, taken: set[int]) -> Iterator[Fragment | Barred]:
        fields = self.reading.fields(spot, _KEYS)
        if not fields:
            return
        names = False
        for key, tag_keys in _SPELLINGS:
            named = fields.get(key)
            if named is None:
                continue
            tag = _first(fields, tag_keys)
            names = names or isinstance(named.pair.value, Scalar)
            repository = self._repository(spot, key, named)
            alone = tag is None and (key == "name" or (key == "image" and _first(fields, _DIGESTS) is None))
            if repository is None or alone:
                continue
            taken.add(named.pair.value.start)
            if tag is not None:
                taken.add(tag.pair.value.start)
            yield self._split(spot, named, tag, tag_keys[0], repository, fields)
            return
        other = fields.get("repository")
        if not names:
            yield from self._overlay(spot, fields)
        elif other is not None and isinstance(other.pair.value, Scalar):
            # Over a weaker layer's image this takes its place; the join drops what lies over nothing.
            yield self._mine(self.reading.barred(other.pair.value, OTHER, None), spot)

    def _repository(self, spot: Spot, key: str, named: Field) -> Repository | None:
        written = self.reading.text(named.pair.value)
        if not written:
            return None
        if key == "repository":
            own = self.reading.said(spot, "registry")
            if own:
                return self.wanted.match(f"{own.rstrip('/')}/{written}")
            if not has_host(written):
                host = next(self._registries(spot), None)
                found = None if host is None else self.wanted.match(f"{host.rstrip('/')}/{written}")
                if found is not None:
                    return found
        return self.wanted.match(written)

    def _registries(self, spot: Spot) -> Iterator[str]:
        """The registries that are named once for several images: nearest first, then the chart's global ones."""
        inner = spot.keys[len(self.root.keys) :]
        ways = [(*inner[:end], key) for end in reversed(range(len(inner))) for key in _REGISTRIES]
        for keys in (*ways, *_GLOBALS):
            node = at(self.root.node, keys)
            if isinstance(node, Scalar) and node.value:
                yield node.value

    def _tag(self, spot: Spot, field: Field) -> tuple[Part | Bar, Part | Bar | None]:
        return tag_and_digest(self.reading, field.pair.value, (*spot.keys, _key(field)), field.bar)

    def _digest(self, spot: Spot, fields: dict[str, Field]) -> Part | Bar | None:
        field = _first(fields, _DIGESTS)
        return None if field is None else self.reading.part(field.pair.value, (*spot.keys, _key(field)), field.bar)

    def _split(
        self,
        spot: Spot,
        named: Field,
        tagged: Field | None,
        tag_key: str,
        repository: Repository,
        fields: dict[str, Field],
    ) -> Fragment | Barred:
        reading = self.reading
        name = reading.part(named.pair.value, (*spot.keys, _key(named)), named.bar)
        tag: Part | Bar | None = None
        digest: Part | Bar | None = None
        if tagged is not None:
            tag, digest = self._tag(spot, tagged)
        elif not self.closed:
            tag = reading.missing(spot, tag_key, named.pair)
        if digest is None:
            digest = self._digest(spot, fields)
        for part in (tag, digest):
            if isinstance(part, Bar):
                return reading.barred(spot.node, part, repository)
        if isinstance(name, Bar) and tag is None and digest is None:
            return reading.barred(spot.node, name, repository)
        return self._fragment(spot, name, tag, digest, repository)

    def _fragment(
        self,
        spot: Spot,
        name: Part | Bar | None,
        tag: Part | Bar | None,
        digest: Part | Bar | None,
        repository: Repository | None,
    ) -> Fragment:
        parts = [part if isinstance(part, Part) else None for part in (name, tag, digest)]
        return Fragment(
            self.reading.stream.path,
            self.reading.format,
            self._identity(spot),
            parts[0],
            parts[1],
            parts[2],
            repository,
            joins="value",
            object=self.object,
            rank=self.rank,
            charts=self.charts,
        )

    def _overlay(self, spot: Spot, fields: dict[str, Field]) -> Iterator[Fragment | Barred]:
        """A tag or a digest whose image a weaker layer names (SEMANTICS 3.1); the join drops what no layer names."""
        tag: Part | Bar | None = None
        digest: Part | Bar | None = None
        for key in _TAGS:
            field = fields.get(key)
            if field is not None and isinstance(field.pair.value, Scalar):
                tag, digest = self._tag(spot, field)
                break
        if digest is None:
            digest = self._digest(spot, fields)
        if tag is None and digest is None:
            return
        for part in (tag, digest):
            if isinstance(part, Bar):
                yield self._mine(self.reading.barred(spot.node, part, None), spot)
                return
        yield self._fragment(spot, None, tag, digest, None)


def _first(fields: dict[str, Field], keys: tuple[str, ...]) -> Field | None:
    return next((fields[key] for key in keys if key in fields), None)


def _key(field: Field) -> str:
    return field.pair.key.value if isinstance(field.pair.key, Scalar) else ""
