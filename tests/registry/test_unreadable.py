"""What is there and is no image that can be read: proven by its digest, it is a fact of that tag and no outage."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.clock import SystemClock
from promote.errors import RegistryError, RegistryUnreachable, RegistryUnreadable
from promote.gather import Gather
from promote.image import Repository
from promote.question import Facts, Known, Tags, Unreadable, What
from promote.registry.manifest import parse_config, parse_manifest
from promote.registry.settings import HostSettings
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.seed import OCI_CONFIG, OCI_IMAGE, OCI_INDEX, build, digest

ALL: frozenset[What] = frozenset({"digest", "created", "platforms", "labels"})
CREATED: frozenset[What] = frozenset({"created"})
NOWHERE = "sha256:" + "1" * 64
CHART = "application/vnd.cncf.helm.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"

ODD = [
    (b"", "not an image manifest"),
    (b"\x00\xff", "not an image manifest"),
    (b"<!doctype html>", "not an image manifest"),
    (b"[" * 200_000, "not an image manifest"),
    (b'{"schemaVersion": 1, "fsLayers": []}', "old schema 1"),
    (b'{"schemaVersion": 2}', "neither an image nor an index"),
    (b'{"manifests": [], "config": {"digest": "%s"}}' % NOWHERE.encode(), "neither an image nor an index"),
    (b'{"mediaType": "%s", "config": {"digest": "x"}}' % OCI_INDEX.encode(), "not what its media type says"),
    (b'{"mediaType": "%s", "manifests": []}' % OCI_IMAGE.encode(), "not what its media type says"),
    (b'{"manifests": [{"digest": "sha256:../../x"}]}', "no digest"),
    (b'{"manifests": {}}', "not an image manifest"),
]


def _served(proxy: FaultyProxy, body: bytes, content_type: str = OCI_IMAGE) -> Callable[[str], None]:
    """The tag 1.0.0 has this content, and its digest is said with it."""

    def serve(reference: str) -> None:
        fault = faults.says(body, content_type, Docker_Content_Digest=digest(body))
        proxy.fail(f"/manifests/{reference}", fault)

    serve("1.0.0")
    serve(digest(body))
    return serve


@pytest.mark.parametrize(("body", "said"), ODD)
@pytest.mark.parametrize("content_type", [OCI_IMAGE, "text/html"])
def test_proven_content_that_is_no_image_is_unreadable(
    ask: Ask, proxy: FaultyProxy, web: Repository, body: bytes, said: str, content_type: str
) -> None:
    _served(proxy, body, content_type)
    for reference in ("1.0.0", digest(body)):
        with pytest.raises(RegistryUnreadable, match=said):
            ask().facts(web, reference, CREATED)
        # what it is does not matter to who only wants its digest
        assert ask().facts(web, reference, frozenset({"digest"})) == Known(digest(body))


@pytest.mark.parametrize(("body", "said"), ODD)
def test_content_that_nothing_proves_is_an_outage(
    ask: Ask, proxy: FaultyProxy, web: Repository, body: bytes, said: str
) -> None:
    proxy.fail("/manifests/", faults.says(body))
    with pytest.raises(RegistryUnreachable, match=said):
        ask().facts(web, "1.0.0", CREATED)


def test_a_digest_without_a_head_needs_no_image(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("/manifests/", faults.status(405), 1)
    proxy.fail("/manifests/", faults.says(b"{}"))
    assert ask().facts(web, "1.0.0", frozenset({"digest"})) == Known(digest(b"{}"))


def test_a_signed_manifest_of_schema_1_is_named_as_one(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    payload = b'{\n   "schemaVersion": 1,\n   "name": "acme/web"\n}'
    cut = payload.rindex(b"\n}")
    protected = {"formatLength": cut, "formatTail": base64.urlsafe_b64encode(payload[cut:]).decode().rstrip("=")}
    word = base64.urlsafe_b64encode(json.dumps(protected).encode()).decode().rstrip("=")
    raw = payload[:cut] + b',\n   "signatures": [{"protected": "%s"}]\n}' % word.encode()
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    proxy.fail("/manifests/", faults.says(raw, kind, Docker_Content_Digest=digest(payload)))
    for reference in ("1.0.0", digest(payload)):
        with pytest.raises(RegistryUnreadable, match="old schema 1"):
            ask().facts(web, reference, CREATED)
        assert ask().facts(web, reference, frozenset({"digest"})) == Known(digest(payload))


@pytest.mark.parametrize("signatures", [[], [{"protected": "&"}], [{"protected": "e30"}], [{"protected": "a"}], {}, 5])
def test_a_signature_that_says_nothing_proves_nothing(
    ask: Ask, proxy: FaultyProxy, web: Repository, signatures: object
) -> None:
    raw = json.dumps({"schemaVersion": 1, "signatures": signatures}).encode()
    proxy.fail("/manifests/", faults.says(raw, Docker_Content_Digest=NOWHERE))
    with pytest.raises(RegistryUnreachable, match="does not have its digest"):
        ask().facts(web, "1.0.0", CREATED)


@pytest.mark.parametrize(
    "config",
    [b"", b"[]", b"\xff", b'{"os": 5}', b'{"config": {"Labels": ["a"]}}', b"{" * 100_000],
)
def test_a_proven_configuration_that_is_none_is_unreadable(
    ask: Ask, proxy: FaultyProxy, web: Repository, config: bytes
) -> None:
    manifest = {"config": {"mediaType": OCI_CONFIG, "digest": digest(config)}}
    _served(proxy, json.dumps(manifest).encode())
    proxy.fail("/blobs/", faults.says(config, "application/octet-stream"))
    with pytest.raises(RegistryUnreadable, match="not an image configuration"):
        ask().facts(web, "1.0.0", CREATED)


@pytest.mark.parametrize("tag", ["1.0.0", "1.1.0"])
def test_parts_that_are_clearly_not_there_are_a_fact_and_parts_that_fail_are_not(
    ask: Ask, proxy: FaultyProxy, web: Repository, tag: str
) -> None:
    part = "/blobs/" if tag == "1.0.0" else f"/manifests/{next(iter(build(TAGS[tag]).manifests))}"
    unknown = b'{"errors":[{"code":"BLOB_UNKNOWN"}]}'
    proxy.fail(part, faults.says(unknown, code=404), 1)
    with pytest.raises(RegistryUnreadable, match="which is not there"):
        ask().facts(web, tag, CREATED)
    proxy.fail(part, faults.says(b"<html>", "text/html", 404), 1)
    with pytest.raises(RegistryUnreachable, match="not as a registry does"):
        ask().facts(web, tag, CREATED)
    proxy.fail(part, faults.cut, 1)
    with pytest.raises(RegistryUnreachable, match=r"cut before|does not have its digest"):
        ask().facts(web, tag, CREATED)


@pytest.mark.parametrize("kind", [CHART, EMPTY, "application/vnd.unknown.config.v1+json", "\x1b[2J"])
def test_an_artifact_that_is_no_image_is_known_and_has_no_date(
    ask: Ask, proxy: FaultyProxy, web: Repository, kind: str
) -> None:
    # Helm writes a date into the manifest: one of a chart, not of an image.
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {"mediaType": kind, "digest": NOWHERE},
        "annotations": {"org.opencontainers.image.created": "2024-01-01T00:00:00Z"},
    }
    raw = json.dumps(manifest).encode()
    _served(proxy, raw)
    known = ask().facts(web, "1.0.0", ALL)
    assert known == Known(digest(raw), undated=f"it is no image, but has a configuration of type {kind!r}")
    assert not proxy.paths("GET") or not any("/blobs/" in path for path in proxy.paths())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([NOWHERE, OCI_INDEX, OCI_IMAGE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["schemaVersion", "mediaType", "manifests", "config", "digest", "platform", "annotations"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def _error(read: Callable[[], object]) -> RegistryError | None:
    try:
        read()
    except RegistryError as error:
        return error
    return None


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40), st.booleans())
def test_whatever_is_no_manifest_is_one_error_by_whether_it_is_proven(raw: bytes, proven: bool) -> None:
    error = _error(lambda: parse_manifest(raw, digest(raw), where="x", proven=proven))
    if error is None:
        read = parse_manifest(raw, digest(raw), where="x", proven=proven)
        assert read.is_index is (read.config is None)
    else:
        assert type(error) is (RegistryUnreadable if proven else RegistryUnreachable)
        assert str(error).isprintable()


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40))
def test_whatever_is_no_configuration_is_unreadable(raw: bytes) -> None:
    error = _error(lambda: parse_config(raw, "x"))
    assert error is None or (type(error) is RegistryUnreadable and str(error).isprintable())


def test_an_index_of_nothing_that_runs_is_known(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
    _served(proxy, raw, OCI_INDEX)
    assert ask().facts(web, "1.0.0", ALL) == Known(digest(raw))


def test_an_index_in_itself_or_too_deep_is_unreadable(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / PATH
    (folder / "blobs" / "sha256").mkdir(parents=True)
    at = {"mediaType": OCI_INDEX, "digest": NOWHERE}
    for _ in range(8):
        raw = json.dumps({"mediaType": OCI_INDEX, "manifests": [at]}).encode()
        (folder / "blobs" / "sha256" / digest(raw).removeprefix("sha256:")).write_bytes(raw)
        at = {"mediaType": OCI_INDEX, "digest": digest(raw)}
    named = at | {"annotations": {"org.opencontainers.image.ref.name": "1.0"}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"manifests": [named]}))
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    with pytest.raises(RegistryUnreadable, match="nested more than 4 deep"):
        registries.facts(Repository("offline.example.com", PATH), "1.0", CREATED)


def test_a_decision_is_told_and_the_list_is_whole(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    _served(proxy, b'{"schemaVersion": 1}')
    gather = Gather(ask(), jobs=4, clock=SystemClock())
    asked = Facts(web, "1.0.0", CREATED)
    good = Facts(web, "1.1.0", CREATED)
    answers = gather(frozenset({asked, good, Tags(web)}))
    assert isinstance(answers[asked], Unreadable)
    known = answers[good]
    assert isinstance(known, Known)
    assert known.digest == build(TAGS["1.1.0"]).root
    assert answers[Tags(web)] == tuple(sorted(TAGS))
