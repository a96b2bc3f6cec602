"""What is kept between runs: the same answers with it as without it, and fewer requests."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import RegistryDenied
from promote.image import Repository
from promote.question import Absent, Known, What
from promote.registry.cache import Cache, Page
from promote.registry.cache.store import Store
from promote.registry.registries import Registries
from promote.registry.settings import Credentials, HostSettings
from tests.clock import FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.seed import build, write_storage

DIGEST: frozenset[What] = frozenset({"digest"})
ALL: frozenset[What] = frozenset({"digest", "created", "platforms", "labels"})
LIMIT = 8 << 20


class Kept:
    """Caches over one folder; each `open` is a run of its own."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder, self.clock = folder, clock
        self.said: list[str] = []
        self._last: Store | None = None

    def open(self) -> Cache:
        self.close()
        self._last = Store(lambda: self.folder, clock=self.clock, limit=LIMIT, log=self.said.append)
        return Cache(self._last)

    def close(self) -> None:
        if self._last is not None:
            self._last.close()

    def bytes(self) -> bytes:
        self.close()
        return b"".join(path.read_bytes() for path in sorted(self.folder.iterdir()))


@pytest.fixture
def kept(tmp_path: Path, clock: FakeClock) -> Iterator[Kept]:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    made = Kept(folder, clock)
    yield made
    made.close()


def _methods(proxy: FaultyProxy) -> list[str]:
    said = [asked.method for asked in proxy.log]
    proxy.log.clear()
    return said


def test_without_a_cache_a_digest_behind_several_tags_is_fetched_once(
    ask: Ask, proxy: FaultyProxy, registry: RunningRegistry
) -> None:
    same = dict.fromkeys(("a", "b", "c", "d"), TAGS["1.1.0"])
    write_storage(registry.storage, "acme/same", same)
    place = Repository(proxy.host, "acme/same")
    registries = ask()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda tag: registries.facts(place, tag, ALL), [*same] * 4))
    assert len(set(answers)) == 1
    gets = proxy.paths()
    assert len(gets) == len(set(gets)) > 0


def test_what_another_repository_has_is_fetched_once_and_asked_for_nevertheless(
    ask: Ask, proxy: FaultyProxy, web: Repository, registry: RunningRegistry
) -> None:
    write_storage(registry.storage, "acme/copy", {"1.0": TAGS["1.0.0"]})
    registries = ask()
    first = registries.facts(web, "1.0.0", ALL)
    _methods(proxy)
    assert registries.facts(Repository(proxy.host, "acme/copy"), "1.0", ALL) == first
    assert _methods(proxy) == ["HEAD"]
    # To know the content is not to know that it is there.
    digest = cast(Known, first).digest
    assert isinstance(registries.facts(Repository(proxy.host, "acme/many"), digest, ALL), Absent)


def test_a_failed_fetch_is_nobody_elses(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("/manifests/sha256:", faults.status(403), 1)
    registries = ask()
    with pytest.raises(RegistryDenied):
        registries.facts(web, "1.0.0", ALL)
    assert isinstance(registries.facts(web, "1.0.0", ALL), Known)


def test_a_second_run_asks_one_head(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    first = ask(cache=kept.open()).facts(web, "1.1.0", ALL)
    assert _methods(proxy)[0] == "HEAD"
    assert ask(cache=kept.open()).facts(web, "1.1.0", ALL) == first
    assert _methods(proxy) == ["HEAD"]


def test_a_second_run_asks_nothing_of_an_immutable_tag(
    ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept
) -> None:
    first = ask(cache=kept.open()).facts(web, "1.1.0", ALL, immutable=True)
    _methods(proxy)
    assert ask(cache=kept.open()).facts(web, "1.1.0", ALL, immutable=True) == first
    assert ask(cache=kept.open()).facts(web, "1.1.0", DIGEST, immutable=True) == Known(cast(Known, first).digest)
    assert _methods(proxy) == []


def test_what_an_immutable_tag_named_is_not_said_of_one_that_may_move(
    ask: Ask, proxy: FaultyProxy, registry: RunningRegistry, kept: Kept
) -> None:
    place = Repository(proxy.host, "acme/moves")
    write_storage(registry.storage, "acme/moves", {"1": TAGS["1.0.0"]})
    assert ask(cache=kept.open()).facts(place, "1", ALL, immutable=True) == ask().facts(place, "1", ALL)
    write_storage(registry.storage, "acme/moves", {"1": TAGS["1.1.0"]})
    moved = cast(Known, ask(cache=kept.open()).facts(place, "1", ALL))
    assert moved.digest == build(TAGS["1.1.0"]).root


def test_a_tag_that_was_not_called_immutable_is_not_remembered(
    ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept
) -> None:
    ask(cache=kept.open()).facts(web, "1.0.0", DIGEST)
    _methods(proxy)
    ask(cache=kept.open()).facts(web, "1.0.0", DIGEST, immutable=True)
    assert _methods(proxy) == ["HEAD"]


def test_what_no_digest_proves_is_not_remembered(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    proxy.fail("/manifests/", faults.says(b"<html>"), 2)
    ask(cache=kept.open()).facts(web, "1.0.0", DIGEST, immutable=True)
    assert ask(cache=kept.open()).facts(web, "1.0.0", DIGEST, immutable=True) == Known(build(TAGS["1.0.0"]).root)


def test_a_remembered_digest_that_is_gone_is_asked_for_anew(
    ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept
) -> None:
    cache = kept.open()
    cache.keep_digest(web.host, web.path, "1.0.0", "sha256:" + "1" * 64)
    found = ask(cache=cache).facts(web, "1.0.0", ALL, immutable=True)
    assert found == ask().facts(web, "1.0.0", ALL)
    assert cache.digest(web.host, web.path, "1.0.0") == build(TAGS["1.0.0"]).root


def test_a_list_is_asked_for_by_its_etag(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    proxy.etags, proxy.page_size = True, 2
    assert ask(cache=kept.open()).tags(web) == tuple(sorted(TAGS))
    assert [asked.etag for asked in proxy.log] == ["", "", ""]
    proxy.log.clear()
    assert ask(cache=kept.open()).tags(web) == tuple(sorted(TAGS))
    assert len(proxy.log) == 3
    assert all(asked.etag for asked in proxy.log)


def test_a_list_that_changed_is_read_and_kept_anew(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    proxy.etags = True
    for tags in (["1"], ["1", "2"], ["2"], ["2"]):
        body = json.dumps({"tags": tags}).encode()
        proxy.change = lambda path, status, headers, _, body=body: (status, headers, body)
        assert ask(cache=kept.open()).tags(web) == tuple(tags)


@pytest.mark.parametrize("etag", ["", "bare", '"a', '"' + "x" * 300 + '"', '"a" "b"'])
def test_a_list_without_a_good_etag_is_read_each_time(
    ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept, etag: str
) -> None:
    proxy.fail("tags", faults.says(b'{"tags":["1"]}', ETag=etag))
    for _ in range(2):
        assert ask(cache=kept.open()).tags(web) == ("1",)
    assert [asked.etag for asked in proxy.log] == ["", ""]


def test_a_304_about_another_page_is_not_believed(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    proxy.fail("tags", faults.says(b'{"tags":["old"]}', ETag='"1"'), 1)
    assert ask(cache=kept.open()).tags(web) == ("old",)
    proxy.fail("tags", faults.says(b"", code=304, ETag='"2"'), 1)
    proxy.fail("tags", faults.says(b'{"tags":["new"]}', ETag='"2"'), 1)
    assert ask(cache=kept.open()).tags(web) == ("new",)


def test_a_page_that_was_not_understood_is_not_kept(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    proxy.fail("tags", faults.says(b'{"tags":["1"', ETag='"1"'), 1)
    with pytest.raises(Exception, match="not a list of tags"):
        ask(cache=kept.open()).tags(web)
    assert ask(cache=kept.open()).tags(web) == tuple(sorted(TAGS))
    assert proxy.log[-1].etag == ""


def test_a_page_whose_address_may_hold_a_secret_is_not_kept(
    ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept
) -> None:
    link = '</v2/acme/web/tags/list?cursor=s3cret>; rel="next"'
    proxy.fail("cursor=", faults.says(b'{"tags":["2"]}', ETag='"2"'))
    proxy.fail("tags", faults.says(b'{"tags":["1"]}', ETag='"1"', Link=link))
    for _ in range(2):
        assert ask(cache=kept.open()).tags(web) == ("1", "2")
    assert [asked.etag for asked in proxy.log] == [""] * 4
    assert b"s3cret" not in kept.bytes()


def test_no_credentials_are_kept(ask: Ask, kept: Kept) -> None:
    with docker_registry(htpasswd={"ci": "s3cret-word"}) as locked:
        write_storage(locked.storage, PATH, TAGS)
        place = Repository(locked.host, PATH)
        mine = {locked.host: HostSettings(credentials=Credentials("ci", "s3cret-word"))}
        registries = ask(mine, cache=kept.open())
        registries.tags(place)
        registries.facts(place, "1.0.0", ALL, immutable=True)
    content = kept.bytes()
    assert b"1.0.0" in content
    assert b"s3cret-word" not in content
    assert b"Y2k6czNjcmV0" not in content  # the same in base64


def test_a_broken_content_is_fetched_and_replaced(ask: Ask, proxy: FaultyProxy, web: Repository, kept: Kept) -> None:
    first = ask(cache=kept.open()).facts(web, "1.0.0", ALL)
    cache = kept.open()
    cache.keep_content(build(TAGS["1.0.0"]).root, b"{}")  # whole as an entry, and not what it says
    _methods(proxy)
    assert ask(cache=kept.open()).facts(web, "1.0.0", ALL) == first
    assert _methods(proxy) == ["HEAD", "GET"]
    assert ask(cache=kept.open()).facts(web, "1.0.0", ALL) == first
    assert _methods(proxy) == ["HEAD"]


@pytest.mark.parametrize("raw", [b"", b"sha256:x", b"\xff" * 71, b"sha256:" + b"A" * 64])
def test_a_broken_tag_is_a_miss(kept: Kept, clock: FakeClock, raw: bytes) -> None:
    store = Store(lambda: kept.folder, clock=clock, limit=LIMIT, log=kept.said.append)
    store.put("tag h/p:1", raw)
    assert Cache(store).digest("h", "p", "1") is None
    store.close()


@pytest.mark.parametrize("raw", [b"", b"\x93\x01", b"\xc0" * 9])
def test_a_broken_page_is_a_miss(kept: Kept, clock: FakeClock, raw: bytes) -> None:
    store = Store(lambda: kept.folder, clock=clock, limit=LIMIT, log=kept.said.append)
    store.put("page https://h/", raw)
    assert Cache(store).page("https://h/") is None
    Cache(store).keep_page("https://h/", Page('"1"', "", "", b"{}"))
    assert Cache(store).page("https://h/") == Page('"1"', "", "", b"{}")
    store.close()


@pytest.mark.parametrize("page", [False, True])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    questions=st.lists(
        st.tuples(
            st.sampled_from([*TAGS, "no-such", build(TAGS["1.1.0"]).root]),
            st.sets(st.sampled_from(sorted(ALL)), min_size=1),
            st.booleans(),
        ),
        max_size=6,
    ),
    lists=st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=4),
)
def test_the_answers_are_the_same_with_and_without_a_cache(
    ask: Ask,
    proxy: FaultyProxy,
    web: Repository,
    kept: Kept,
    page: bool,
    questions: list[tuple[str, set[What], bool]],
    lists: list[list[str]],
) -> None:
    proxy.etags, proxy.page_size = True, 3 if page else 0

    def answers(registries: Registries) -> list[object]:
        return [registries.facts(web, tag, frozenset(what), immutable=fixed) for tag, what, fixed in questions]

    proxy.change = None
    expected = answers(ask())
    for _ in range(2):
        assert answers(ask(cache=kept.open())) == expected
    for tags in lists:
        body = json.dumps({"tags": tags}).encode()
        proxy.change = lambda path, status, headers, was, body=body: (
            status,
            headers,
            body if "/tags/list" in path else was,
        )
        proxy.page_size = 0
        assert ask(cache=kept.open()).tags(web) == ask().tags(web) == tuple(sorted(tags))


def test_the_file_is_nobody_elses(kept: Kept, ask: Ask, web: Repository) -> None:
    ask(cache=kept.open()).facts(web, "1.0.0", ALL)
    kept.close()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in kept.folder.iterdir()}
    assert modes == {0o600}
    assert kept.said == []
