from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promote.errors import RegistryAbsent, RegistryError, RegistryUnreachable
from promote.image import Repository
from promote.question import Absent, Known, What
from promote.registry.layout import Layout
from promote.registry.settings import HostSettings
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers.registry import RunningRegistry
from tests.servers.seed import ImageSpec, build, write_layout

ALL: frozenset[What] = frozenset({"digest", "created", "platforms", "labels"})

IMAGE = json.dumps({"config": {"digest": "sha256:" + "0" * 64}})


def offline(ask: Ask, root: Path) -> Callable[[str], Known | Absent]:
    registries = ask({"offline.example.com": HostSettings(layout=root)})
    return lambda reference: registries.facts(Repository("offline.example.com", PATH), reference, ALL)


def test_a_layout_says_the_same_as_a_server(ask: Ask, tmp_path: Path, registry: RunningRegistry) -> None:
    digests = write_layout(tmp_path / PATH, TAGS)
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    here, there = Repository("offline.example.com", PATH), Repository(registry.host, PATH)
    assert registries.tags(here) == registries.tags(there) == tuple(sorted(TAGS))
    for tag in TAGS.keys() - {"wrong-date"}:
        for reference in (tag, digests[tag]):
            assert registries.facts(here, reference, ALL) == registries.facts(there, reference, ALL)


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("1.0", ("1.0",)),
        ("ghcr.io/acme/web:1.0", ("1.0",)),
        ("localhost:5000/acme/web:1.0", ("1.0",)),
        # a reference without a tag, and nothing at all
        ("ghcr.io/acme/web", ()),
        ("../../etc/passwd", ()),
    ],
)
def test_tags_are_annotations_bare_or_in_a_reference(tmp_path: Path, name: str, tags: tuple[str, ...]) -> None:
    write_layout(tmp_path / "web", {"x": ImageSpec(name=name)})
    assert Layout(tmp_path / "web").tags() == tags


def test_facts_of_a_nested_index(ask: Ask, tmp_path: Path) -> None:
    dates = {"linux/arm64": "2001-01-01T00:00:00Z"}
    spec = ImageSpec(
        platforms=("linux/arm64", "linux/amd64"), nested=True, attested=True, labels={"b": "2", "a": "1"}, dates=dates
    )
    digests = write_layout(tmp_path / PATH, {"1.0": spec})
    assert offline(ask, tmp_path)("1.0") == Known(
        digests["1.0"],
        created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        platforms=("linux/amd64", "linux/arm64"),
        labels=(("a", "1"), ("b", "2")),
    )


def test_what_is_not_there_is_absent(ask: Ask, tmp_path: Path) -> None:
    write_layout(tmp_path / PATH, {"1.0": ImageSpec()})
    facts = offline(ask, tmp_path)
    assert isinstance(facts("2.0"), Absent)
    assert isinstance(facts("sha256:" + "0" * 64), Absent)
    with pytest.raises(RegistryAbsent, match="no such layout"):
        Layout(tmp_path / "acme" / "other").tags()


def test_a_root_that_is_not_there_is_no_absence(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(RegistryUnreachable, match="folder of layouts"):
        offline(ask, tmp_path / "typo")("1.0")


@pytest.mark.parametrize("path", ["../../etc", "acme/../../etc", "/etc", "acme//web", ""])
def test_a_repository_never_leaves_the_folder_of_layouts(ask: Ask, tmp_path: Path, path: str) -> None:
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    with pytest.raises(RegistryUnreachable, match="not a repository's name"):
        registries.tags(Repository("offline.example.com", path))


def _index(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "index.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / "sha256" / digest.removeprefix("sha256:")


def _digest_with_dots(folder: Path) -> None:
    _index(folder, lambda value: value["manifests"][0].update(digest="sha256:../../../../etc/passwd"))  # type: ignore[index]


def _two_with_one_tag(folder: Path) -> None:
    other = {"digest": "sha256:" + "1" * 64, "annotations": {"org.opencontainers.image.ref.name": "1.0"}}
    _index(folder, lambda value: value["manifests"].append(other))  # type: ignore[attr-defined]


def _changed_blob(folder: Path) -> None:
    _blob(folder, build(ImageSpec()).root).write_bytes(b"{}")


def _no_manifest(folder: Path) -> None:
    _blob(folder, build(ImageSpec()).root).unlink()


def _no_config(folder: Path) -> None:
    manifest = json.loads(_blob(folder, build(ImageSpec()).root).read_bytes())
    _blob(folder, manifest["config"]["digest"]).unlink()


def _huge_manifest(folder: Path) -> None:
    _blob(folder, build(ImageSpec()).root).write_bytes(b" " * ((4 << 20) + 1))


def _folder_as_index(folder: Path) -> None:
    (folder / "index.json").unlink()
    (folder / "index.json").mkdir()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_digest_with_dots, "no digest"),
        (_two_with_one_tag, "two images"),
        (_changed_blob, "does not have its digest"),
        (_no_manifest, "which is not there"),
        (_no_config, "which is not there"),
        (_huge_manifest, "larger than 4 MiB"),
        (_folder_as_index, "cannot be read"),
        (lambda folder: (folder / "oci-layout").unlink(), "not an OCI image layout"),
        (lambda folder: (folder / "oci-layout").write_text('{"imageLayoutVersion":"9"}'), "version '9'"),
        (lambda folder: (folder / "index.json").unlink(), "is missing"),
        (lambda folder: (folder / "index.json").write_text("<html>"), "not an image manifest"),
        (lambda folder: (folder / "index.json").write_bytes(b"[" * 200_000), "not an image manifest"),
        (lambda folder: (folder / "index.json").write_text(IMAGE), "not an index"),
    ],
)
def test_a_broken_layout_is_named_by_its_path(
    ask: Ask, tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    write_layout(tmp_path / PATH, {"1.0": ImageSpec()})
    harm(tmp_path / PATH)
    with pytest.raises(RegistryError, match=said) as caught:
        offline(ask, tmp_path)("1.0")
    assert not isinstance(caught.value, RegistryAbsent)
    assert str(tmp_path) in str(caught.value)
