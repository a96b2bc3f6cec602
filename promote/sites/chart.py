"""A Helm chart in an OCI registry: its version is a tag of the repository that the chart is.

Chart.yaml names the charts that a chart depends on, and the `appVersion` that stands in for an empty image tag.
Sources: the Helm documentation, "Use OCI-based registries"; Flux, "OCI Repositories".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promote.image import Repository
from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import CHART, Barred, Fragment, Joins
from promote.sites.wanted import Wanted
from promote.text.document import Document, Mapping
from promote.text.part import Part

FORMAT = CHART
FILE = b"Chart.yaml"
_SCHEME = "oci://"
_EXACT = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\Z")
LOCK = Bar("lock", "Chart.lock beside it holds a checksum of it, and Helm would refuse the chart")
RANGE = Bar("range", "it is a range of versions, which is resolved elsewhere")


def accepts(path: bytes, document: Document) -> bool:
    """Whether this is a chart's own file."""
    return path.rpartition(b"/")[2] == FILE and isinstance(document.root, Mapping)


def joined(registry: str | None, name: str | None) -> str | None:
    """The repository of a chart below an `oci://` registry, or None where either is missing or it is another kind."""
    if not registry or not registry.startswith(_SCHEME):
        return None
    bare = registry.removeprefix(_SCHEME).rstrip("/")
    return f"{bare}/{name}" if name else bare


def find(reading: Reading, wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The dependencies that are wanted charts, and the appVersion."""
    for spot in reading.items(reading.child(reading.root, "dependencies")):
        name, registry = reading.said(spot, "name"), reading.said(spot, "repository")
        identity = tuple(str(key) for key in spot.keys)
        yield from versioned(reading, spot, "version", joined(registry, name) if name else None, wanted, identity)
    version = reading.child(reading.root, "appVersion")
    if version is not None:
        part = reading.part(version.node, version.keys, version.bar)
        if isinstance(part, Part):
            yield Fragment(reading.stream.path, FORMAT, ("appVersion",), None, part, None, joins="app-version")


def is_exact(version: str) -> bool:
    """Whether Helm takes this for one version (semver.org); anything else it takes for a range, or not at all."""
    return _EXACT.match(version) is not None


def exact(part: Part | Bar) -> Part | Bar:
    """The version as a Part, or what bars it: a range is no tag."""
    return RANGE if isinstance(part, Part) and part.value and not is_exact(part.value) else part


def fragment(
    reading: Reading, identity: tuple[str, ...], tag: Part | None, repository: Repository | None, owner: tuple[str, ...]
) -> Fragment:
    """A chart's version as a Fragment; with an `owner` a stronger layer may set it for the same object."""
    joins: Joins = "value" if owner else "alone"
    return Fragment(reading.stream.path, FORMAT, identity, None, tag, None, repository, joins=joins, object=owner)


def versioned(
    reading: Reading,
    spot: Spot,
    key: str,
    written: str | None,
    wanted: Wanted,
    identity: tuple[str, ...],
    *,
    owner: tuple[str, ...] = (),
) -> Iterator[Fragment | Barred]:
    """The version under `key` of the chart that is the repository `written`, if that is wanted."""
    repository = wanted.match(written) if written else None
    field = reading.field(spot, key)
    if repository is None or field is None:
        return
    tag = exact(reading.part(field.pair.value, (*spot.keys, key), field.bar))
    if isinstance(tag, Bar):
        yield reading.barred(field.pair.value, tag, repository)
    else:
        yield fragment(reading, identity, tag, repository, owner)
