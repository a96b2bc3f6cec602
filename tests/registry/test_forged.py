"""Content with a signature that claims another's digest: it is never taken for that, and never kept or passed on.

In a signed manifest of schema 1 the signature itself says which bytes are signed. Taken at its word, any JSON has any
digest whose content is known.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import RegistryUnreachable, RegistryUnreadable
from promote.image import Repository
from promote.question import Known, What
from promote.registry.cache import Cache
from promote.registry.cache.store import Store
from promote.registry.layout import Layout
from promote.registry.manifest import prove, prove_manifest
from promote.registry.settings import HostSettings
from tests.clock import FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.registry import RunningRegistry
from tests.servers.seed import OCI_CONFIG, OCI_IMAGE, build, digest, write_layout

CREATED: frozenset[What] = frozenset({"created"})
TAG = "1.0.0"
BUILT = build(TAGS[TAG])
MANIFEST = BUILT.blobs[BUILT.root]
CONFIG_DIGEST: str = json.loads(MANIFEST)["config"]["digest"]
CONFIG = BUILT.blobs[CONFIG_DIGEST]
SCHEMA_1 = b'{"schemaVersion": 1, "name": "acme/web"}'
WRONG_DIGEST = "does not have its digest"


def _word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _forged(body: dict[str, object], signed: bytes) -> bytes:
    """`body`, with a signature that says that `signed` is all that is signed."""
    protected = json.dumps({"formatLength": 0, "formatTail": _word(signed)}).encode()
    return json.dumps(body | {"signatures": [{"protected": _word(protected)}]}).encode()


OTHER = digest(b"another image's configuration")
FORGED_MANIFEST = _forged({"schemaVersion": 2, "config": {"mediaType": OCI_CONFIG, "digest": OTHER}}, MANIFEST)
FORGED_CONFIG = _forged({"created": "2031-01-01T00:00:00Z", "os": "linux", "architecture": "amd64"}, CONFIG)


@pytest.fixture
def cache(tmp_path: Path, clock: FakeClock) -> Iterator[Cache]:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    store = Store(lambda: folder, clock=clock, limit=8 << 20, log=lambda line: None)
    yield Cache(store)
    store.close()


def _forge(proxy: FaultyProxy) -> None:
    proxy.fail("/manifests/", faults.says(FORGED_MANIFEST, OCI_IMAGE, Docker_Content_Digest=BUILT.root))


def _forge_config(proxy: FaultyProxy) -> None:
    proxy.fail("/blobs/", faults.says(FORGED_CONFIG, "application/octet-stream"))


@pytest.mark.parametrize("forge", [_forge, _forge_config])
@pytest.mark.parametrize("reference", [TAG, BUILT.root])
@pytest.mark.parametrize("immutable", [False, True])
def test_a_forged_signature_proves_nothing_here_or_anywhere_else(
    ask: Ask,
    proxy: FaultyProxy,
    web: Repository,
    registry: RunningRegistry,
    cache: Cache,
    forge: object,
    reference: str,
    immutable: bool,
) -> None:
    there = Repository(registry.host, PATH)
    truth = ask().facts(there, reference, CREATED)
    assert isinstance(truth, Known)
    assert callable(forge)
    forge(proxy)
    registries = ask(cache=cache)
    with pytest.raises(RegistryUnreachable, match=WRONG_DIGEST):
        registries.facts(web, reference, CREATED, immutable=immutable)
    # in the same run, and in the next one, an honest registry is believed
    assert registries.facts(there, reference, CREATED) == truth
    assert ask(cache=cache).facts(there, reference, CREATED) == truth
    assert cache.content(BUILT.root) == MANIFEST
    assert cache.content(CONFIG_DIGEST) == CONFIG


def test_what_was_forged_into_the_cache_is_fetched_again(ask: Ask, web: Repository, cache: Cache) -> None:
    truth = ask().facts(web, TAG, CREATED)
    cache.keep_content(BUILT.root, FORGED_MANIFEST)
    cache.keep_content(CONFIG_DIGEST, FORGED_CONFIG)
    assert cache.content(BUILT.root) is cache.content(CONFIG_DIGEST) is None
    assert ask(cache=cache).facts(web, TAG, CREATED) == truth
    assert cache.content(BUILT.root) == MANIFEST


def test_a_signed_manifest_is_not_kept_for_the_digest_of_what_it_signs(
    ask: Ask, proxy: FaultyProxy, web: Repository, cache: Cache
) -> None:
    raw = _forged({"schemaVersion": 2, "config": {"digest": OTHER}}, SCHEMA_1)
    proxy.fail("/manifests/", faults.says(raw, Docker_Content_Digest=digest(SCHEMA_1)))
    for _ in range(2):
        with pytest.raises(RegistryUnreadable, match="old schema 1"):
            ask(cache=cache).facts(web, TAG, CREATED)
    assert cache.content(digest(SCHEMA_1)) is None


def test_a_configuration_is_no_signed_manifest(ask: Ask, proxy: FaultyProxy, web: Repository, cache: Cache) -> None:
    manifest = json.dumps({"config": {"mediaType": OCI_CONFIG, "digest": digest(SCHEMA_1)}}).encode()
    proxy.fail("/manifests/", faults.says(manifest, OCI_IMAGE, Docker_Content_Digest=digest(manifest)))
    proxy.fail("/blobs/", faults.says(_forged({}, SCHEMA_1), "application/octet-stream"))
    with pytest.raises(RegistryUnreachable, match=WRONG_DIGEST):
        ask(cache=cache).facts(web, TAG, CREATED)
    assert cache.content(digest(SCHEMA_1)) is None


@pytest.mark.parametrize(("name", "raw"), [(BUILT.root, FORGED_MANIFEST), (CONFIG_DIGEST, FORGED_CONFIG)])
def test_a_layout_is_not_believed_either(ask: Ask, tmp_path: Path, name: str, raw: bytes) -> None:
    folder = tmp_path / PATH
    write_layout(folder, {TAG: TAGS[TAG]})
    (folder / "blobs" / "sha256" / name.removeprefix("sha256:")).write_bytes(raw)
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    with pytest.raises(RegistryUnreachable, match=WRONG_DIGEST):
        registries.facts(Repository("offline.example.com", PATH), TAG, CREATED)
    assert Layout(folder).tags() == (TAG,)


@given(st.binary(max_size=60) | st.sampled_from([MANIFEST, CONFIG, SCHEMA_1]), st.integers(-5, 200))
def test_nothing_but_the_bytes_themselves_has_their_digest(signed: bytes, length: int) -> None:
    protected = json.dumps({"formatLength": length, "formatTail": _word(signed)}).encode()
    raw = json.dumps({"schemaVersion": 1, "signatures": [{"protected": _word(protected)}]}).encode()
    prove(raw, digest(raw), "x")
    prove_manifest(raw, digest(raw), "x")
    payload = raw[: max(0, length)] + signed
    for claimed in {digest(signed), digest(payload)} - {digest(raw)}:
        with pytest.raises(RegistryUnreachable, match=WRONG_DIGEST):
            prove(raw, claimed, "x")
        with pytest.raises((RegistryUnreachable, RegistryUnreadable)):
            prove_manifest(raw, claimed, "x")
