from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promote.errors import RegistryAbsent, RegistryError, RegistryUnreachable, RegistryUnreadable
from promote.image import Repository
from promote.question import Absent, Known, What
from promote.registry.layout import Layout
from promote.registry.settings import HostSettings
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers.registry import RunningRegistry, needed
from tests.servers.seed import OCI_INDEX, Built, ImageSpec, build, digest, write_layout

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
    for tag in TAGS:
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


def _changed_config(folder: Path) -> None:
    manifest = json.loads(_blob(folder, build(ImageSpec()).root).read_bytes())
    _blob(folder, manifest["config"]["digest"]).write_bytes(b"{}")


COPY, WRITE = "copy the image into the layout again", "write the layout again"


@pytest.mark.parametrize(
    ("harm", "said", "cure"),
    [
        (_digest_with_dots, "which is no digest", WRITE),
        (_two_with_one_tag, "two images", WRITE),
        (_changed_blob, "does not have its digest", COPY),
        (_changed_config, "does not have its digest", COPY),
        (_no_manifest, "which is not there", COPY),
        (_no_config, "the image names sha256:.*, which is not there", COPY),
        (_huge_manifest, "larger than 4 MiB", "check what it is"),
        (_folder_as_index, "cannot be read", "check the folder and its permissions"),
        (lambda folder: (folder / "oci-layout").unlink(), "not an OCI image layout", "check the path"),
        (lambda folder: (folder / "oci-layout").write_text("x"), "not an OCI image layout: JSON is malf", WRITE),
        (
            lambda folder: (folder / "oci-layout").write_text('{"imageLayoutVersion":"9"}'),
            "version '9'",
            "write it as version 1.0.0",
        ),
        (lambda folder: (folder / "index.json").unlink(), "is missing", WRITE),
        (lambda folder: (folder / "index.json").write_text("<html>"), "not the index of a layout: JSON is m", WRITE),
        (lambda folder: (folder / "index.json").write_bytes(b"[" * 200_000), "not the index of a layout", WRITE),
        (lambda folder: (folder / "index.json").write_text("{}"), "neither an image nor an index", WRITE),
        (lambda folder: (folder / "index.json").write_text(IMAGE), "is not an index", WRITE),
    ],
)
def test_a_broken_layout_is_named_by_its_path(
    ask: Ask, tmp_path: Path, harm: Callable[[Path], object], said: str, cure: str
) -> None:
    write_layout(tmp_path / PATH, {"1.0": ImageSpec()})
    harm(tmp_path / PATH)
    with pytest.raises(RegistryError, match=said) as caught:
        offline(ask, tmp_path)("1.0")
    assert not isinstance(caught.value, RegistryAbsent)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not JSON", "not an image manifest: JSON is malformed"), (b"{}", "neither an image nor an index")],
)
def test_a_blob_that_is_no_image_is_told_with_the_cure_of_a_layout(tmp_path: Path, content: bytes, said: str) -> None:
    blob = Built(digest(content), OCI_INDEX, {digest(content): content}, {})
    with pytest.raises(RegistryUnreadable, match=said) as caught:
        _laid(tmp_path / "web", [_named(blob, "1.0")], blob).facts("1.0", ALL)
    assert caught.value.cure == COPY


NAME = "org.opencontainers.image.ref.name"
CONTAINERD = "io.containerd.image.name"
SPEC = ImageSpec(platforms=("linux/amd64", "linux/arm64"))


def _entry(built: Built) -> dict[str, object]:
    return {"mediaType": built.media_type, "digest": built.root}


def _named(built: Built, name: str) -> dict[str, object]:
    return _entry(built) | {"annotations": {NAME: name}}


def _wrapped(*entries: object) -> Built:
    raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    return Built(digest(raw), OCI_INDEX, {digest(raw): raw}, {digest(raw): OCI_INDEX})


def _laid(folder: Path, entries: list[object], *built: Built) -> Layout:
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for each in built:
        for name, raw in each.blobs.items():
            (blobs / name.removeprefix("sha256:")).write_bytes(raw)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return Layout(folder)


def test_tags_in_an_index_without_a_tag_are_found(tmp_path: Path) -> None:
    one, two, three = build(ImageSpec()), build(SPEC), build(ImageSpec(created="2020-01-01T00:00:00Z"))
    inner = _wrapped(_named(two, "2.0"), _named(three, "3.0"), _entry(one))
    outer = _wrapped(_entry(inner))
    layout = _laid(tmp_path / "web", [_named(one, "1.0"), _entry(outer)], one, two, three, inner, outer)
    assert layout.tags() == ("1.0", "2.0", "3.0")
    assert layout.facts("3.0", ALL).created == datetime(2020, 1, 1, tzinfo=UTC)
    assert layout.facts("2.0", ALL).platforms == ("linux/amd64", "linux/arm64")


def test_an_index_with_a_tag_is_one_image_whatever_its_parts_are_called(tmp_path: Path) -> None:
    part = build(ImageSpec())
    image = _wrapped(_named(part, "1.0-amd64"))
    nested = _wrapped(_entry(image))
    layout = _laid(tmp_path / "web", [_named(nested, "1.0")], part, image, nested)
    assert layout.tags() == ("1.0",)
    assert layout.facts("1.0", ALL) == Known(
        nested.root, created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), platforms=("linux/amd64",)
    )


def test_an_index_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    one = build(ImageSpec())
    inner = _wrapped(_named(one, "1.0"))
    outer = _wrapped(_entry(inner))
    layout = _laid(tmp_path / "web", [_entry(inner), _entry(inner), _entry(outer)], one, inner, outer)
    assert layout.tags() == ("1.0",)


@pytest.mark.parametrize(("depth", "fine"), [(4, True), (5, False)])
def test_indexes_are_looked_into_four_deep(tmp_path: Path, depth: int, fine: bool) -> None:
    one = build(ImageSpec())
    built = [one]
    at = _named(one, "1.0")
    for _ in range(depth):
        built.append(_wrapped(at))
        at = _entry(built[-1])
    layout = _laid(tmp_path / "web", [at], *built)
    if fine:
        assert layout.tags() == ("1.0",)
        return
    with pytest.raises(RegistryUnreachable, match="more than 4 deep"):
        layout.tags()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("missing", "web: the index {} that it names cannot be read: there is no such file; " + WRITE),
        ("changed", "the content does not have its digest '{}'; " + COPY),
        ("no index", "web: the index {} that it names cannot be read: it is neither an image nor an index; " + WRITE),
    ],
)
def test_an_index_that_cannot_be_read_leaves_no_list(tmp_path: Path, harm: str, said: str) -> None:
    one = build(ImageSpec())
    inner = _wrapped(_named(one, "1.0"))
    if harm == "no index":
        inner = Built(digest(b"{}"), OCI_INDEX, {digest(b"{}"): b"{}"}, {})
    layout = _laid(tmp_path / "web", [_named(one, "2.0"), _entry(inner)], one, inner)
    blob = _blob(tmp_path / "web", inner.root)
    if harm == "missing":
        blob.unlink()
    elif harm == "changed":
        blob.write_bytes(b"{}")
    with pytest.raises(RegistryUnreachable) as caught:
        layout.tags()
    assert str(caught.value).endswith(said.format(inner.root))


@pytest.mark.parametrize(
    ("annotations", "tags"),
    [
        # docker buildx --output type=oci,name=…
        ({CONTAINERD: "docker.io/acme/web:1.0", NAME: "1.0"}, ("1.0",)),
        ({CONTAINERD: "docker.io/acme/web:1.0"}, ("1.0",)),
        # a name without a tag does not hide one that has one
        ({NAME: "ghcr.io/acme/web", CONTAINERD: "ghcr.io/acme/web:1.0"}, ("1.0",)),
        ({NAME: "2.0", CONTAINERD: "ghcr.io/acme/web:1.0"}, ("2.0",)),
        ({NAME: "ghcr.io/acme/web:2.0@sha256:" + "1" * 64}, ("2.0",)),
        ({"org.opencontainers.image.created": "2024-01-01T00:00:00Z"}, ()),
    ],
)
def test_names_as_builders_write_them(tmp_path: Path, annotations: dict[str, str], tags: tuple[str, ...]) -> None:
    one = build(ImageSpec())
    assert _laid(tmp_path / "web", [_entry(one) | {"annotations": annotations}], one).tags() == tags


def test_the_date_of_an_export_is_not_the_date_of_the_image(tmp_path: Path) -> None:
    one = build(ImageSpec())
    annotations = {NAME: "1.0", "org.opencontainers.image.created": "2030-01-01T00:00:00Z"}
    layout = _laid(tmp_path / "web", [_entry(one) | {"annotations": annotations}], one)
    assert layout.facts("1.0", ALL).created == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_blobs_by_sha512_are_read(tmp_path: Path) -> None:
    one = build(ImageSpec())
    layout = _laid(tmp_path / "web", [], one)
    raw = one.blobs[one.root]
    name = hashlib.sha512(raw).hexdigest()
    (tmp_path / "web" / "blobs" / "sha512").mkdir()
    (tmp_path / "web" / "blobs" / "sha512" / name).write_bytes(raw)
    entry = {"mediaType": one.media_type, "digest": f"sha512:{name}", "annotations": {NAME: "1.0"}}
    (tmp_path / "web" / "index.json").write_text(json.dumps({"manifests": [entry]}))
    assert layout.facts("1.0", ALL).digest == f"sha512:{name}"
    assert layout.facts(f"sha512:{name}", ALL).platforms == ("linux/amd64",)


@pytest.mark.parametrize("what", [ALL, frozenset({"digest"})])
def test_a_tag_whose_image_is_not_there_is_a_fact_of_that_tag(tmp_path: Path, what: frozenset[What]) -> None:
    digests = write_layout(tmp_path / "web", {"1.0": ImageSpec(), "2.0": SPEC})
    _blob(tmp_path / "web", digests["2.0"]).unlink()
    layout = Layout(tmp_path / "web")
    with pytest.raises(RegistryUnreadable, match=r"names sha256:.*, which is not there"):
        layout.facts("2.0", what)
    assert layout.tags() == ("1.0", "2.0")
    assert layout.facts("1.0", what).digest == digests["1.0"]


def test_what_is_no_image_has_a_digest_all_the_same(tmp_path: Path) -> None:
    raw = b'{"schemaVersion": 1}'
    odd = Built(digest(raw), "application/x", {digest(raw): raw}, {})
    layout = _laid(tmp_path / "web", [_named(odd, "1.0")], odd)
    assert layout.facts("1.0", frozenset({"digest"})) == Known(digest(raw))
    with pytest.raises(RegistryUnreadable, match="old schema 1"):
        layout.facts("1.0", ALL)


@pytest.mark.parametrize("what", [ALL, frozenset({"digest"})])
def test_a_part_of_an_image_is_no_image(tmp_path: Path, what: frozenset[What]) -> None:
    write_layout(tmp_path / "web", TAGS)
    layout = Layout(tmp_path / "web")
    images = {name for spec in TAGS.values() for name in build(spec).manifests}
    parts = {name for spec in TAGS.values() for name in build(spec).blobs} - images
    assert len(parts) > len(TAGS)
    for name in sorted(parts):
        with pytest.raises(RegistryAbsent, match="a part of an image, and none itself"):
            layout.facts(name, what)
    for name in sorted(images):
        assert layout.facts(name, what).digest == name


LAYERS = [
    b"",
    b"\x1f\x8b\x08 a layer",
    b"x" * (5 << 20),  # larger than any manifest
    b"[" * 100_000,
    b"[]",
    b"{}",
    b'{"schemaVersion": 2}',
    b'{"config": {}, "os": "linux"}',
]


@pytest.mark.parametrize("what", [ALL, frozenset({"digest"})])
@pytest.mark.parametrize("layer", LAYERS)
def test_what_no_index_names_and_is_made_like_no_manifest_is_absent(
    tmp_path: Path, layer: bytes, what: frozenset[What]
) -> None:
    one = build(SPEC)
    part = Built(digest(layer), "", {digest(layer): layer}, {})
    layout = _laid(tmp_path / "web", [_named(one, "1.0")], one, part)
    with pytest.raises(RegistryAbsent, match="a part of an image, and none itself"):
        layout.facts(part.root, what)
    # What an index names is there, whatever it is.
    named = _laid(tmp_path / "named", [_entry(part)], part)
    if len(layer) < 4 << 20 and what != ALL:
        assert named.facts(part.root, what) == Known(part.root)
    else:
        with pytest.raises((RegistryUnreadable, RegistryUnreachable)):
            named.facts(part.root, what)


def test_an_image_that_only_a_tagged_index_names_is_there(tmp_path: Path) -> None:
    built = build(ImageSpec(platforms=("linux/amd64", "linux/arm64"), nested=True))
    layout = _laid(tmp_path / "web", [_named(built, "1.0")], built)
    assert all(layout.facts(name, frozenset({"digest"})) == Known(name) for name in built.manifests)


@pytest.mark.parametrize("name", ["3.0.0", "ghcr.io/acme/web:3.0.0"])
def test_a_layout_written_by_skopeo_says_the_same_as_the_registry_that_it_is_from(
    ask: Ask, tmp_path: Path, registry: RunningRegistry, name: str
) -> None:
    (tmp_path / "acme").mkdir()
    command = [needed("skopeo"), "--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false"]
    for tag, written in (("1.1.0", name), ("undated", "undated"), ("1.0.0", "1.0.0")):
        subprocess.run(
            [*command, f"docker://{registry.host}/{PATH}:{tag}", f"oci:{tmp_path / PATH}:{written}"],
            check=True,
            capture_output=True,
            timeout=60,
        )
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    here, there = Repository("offline.example.com", PATH), Repository(registry.host, PATH)
    assert registries.tags(here) == ("1.0.0", "3.0.0", "undated")
    for tag, source in (("3.0.0", "1.1.0"), ("undated", "undated"), ("1.0.0", "1.0.0")):
        assert registries.facts(here, tag, ALL) == registries.facts(there, source, ALL)
