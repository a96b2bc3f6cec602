"""Lists of tags from servers that page in their own ways: whole, or a clear no."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from promote.errors import RegistryError, RegistryUnreachable
from promote.image import Repository
from tests.clock import FakeClock
from tests.registry.conftest import Ask
from tests.servers import proxy as faults
from tests.servers.proxy import Fault, FaultyProxy


def _tags(count: int) -> list[str]:
    return [f"v{number:05}" for number in range(count)]


def _serves(tags: Callable[[str, int], tuple[list[str], str]]) -> Fault:
    """Answers by `last` and how many lists have been asked for before: tags, and a Link header or none."""
    asked = 0

    def fault(handler: faults.ProxyHandler) -> None:
        nonlocal asked
        last = parse_qs(urlsplit(handler.path).query).get("last", [""])[0]
        found, link = tags(last, asked)
        asked += 1
        faults.says(json.dumps({"tags": found}).encode(), Link=link)(handler)

    return fault


@pytest.mark.parametrize("count", [0, 1, 7, 30, 999, 1001, 5000])
def test_a_list_of_no_round_length_needs_one_request(ask: Ask, proxy: FaultyProxy, web: Repository, count: int) -> None:
    proxy.fail("tags", _serves(lambda last, asked: (_tags(count), "")))
    assert ask().tags(web) == tuple(_tags(count))
    assert len(proxy.log) == 1


@pytest.mark.parametrize("count", [10, 20, 50, 100, 150, 1000])
@pytest.mark.parametrize("heeds_last", [False, True])
def test_a_list_of_a_round_length_is_whole_if_nothing_new_follows(
    ask: Ask, proxy: FaultyProxy, web: Repository, count: int, heeds_last: bool
) -> None:
    proxy.fail("tags", _serves(lambda last, asked: ([] if heeds_last and last else _tags(count), "")))
    assert ask().tags(web) == tuple(_tags(count))
    assert proxy.paths()[1:] == [f"/v2/acme/web/tags/list?n=1000&last=v{count - 1:05}"]


@pytest.mark.parametrize("code", [400, 404, 405, 416, 422])
def test_a_server_that_knows_no_last_has_sent_all(ask: Ask, proxy: FaultyProxy, web: Repository, code: int) -> None:
    proxy.fail("last=", faults.status(code))
    proxy.fail("tags", _serves(lambda last, asked: (_tags(100), "")))
    assert ask().tags(web) == tuple(_tags(100))


@pytest.mark.parametrize("fault", [faults.status(500), faults.status(403), faults.html, faults.cut])
def test_a_page_that_may_be_there_and_cannot_be_had_fails_the_whole(
    ask: Ask, proxy: FaultyProxy, web: Repository, fault: Fault
) -> None:
    proxy.fail("last=", fault)
    proxy.fail("tags", _serves(lambda last, asked: (_tags(100), "")))
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1"):
        ask().tags(web)


@pytest.mark.parametrize("size", [10, 50, 100, 1000])
def test_pages_without_links_are_followed_by_their_last_tag(
    ask: Ask, proxy: FaultyProxy, web: Repository, size: int
) -> None:
    everything = _tags(2 * size + 3)
    proxy.fail("tags", _serves(lambda last, asked: ([tag for tag in everything if tag > last][:size], "")))
    assert ask().tags(web) == tuple(everything)
    assert len(proxy.log) == 4  # three pages, and one that brings nothing


def test_pages_that_shrink_are_followed_all_the_same(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    everything = _tags(300)
    sizes = [100, 7, 90, 1, 102]

    def serve(last: str, asked: int) -> tuple[list[str], str]:
        return [tag for tag in everything if tag > last][: sizes[min(asked, 4)]], ""

    proxy.fail("tags", _serves(serve))
    assert ask().tags(web) == tuple(everything)


SENSELESS = (
    "next: v2/acme/web",
    '<>; rel="next"',
    '<https://[broken/>; rel="next"',
    '<https://127.0.0.1:notaport/>; rel="next"',
)


@pytest.mark.parametrize("link", SENSELESS)
def test_a_link_that_nobody_understands_is_no_end(ask: Ask, proxy: FaultyProxy, web: Repository, link: str) -> None:
    everything = _tags(9)

    def serve(last: str, asked: int) -> tuple[list[str], str]:
        left = [tag for tag in everything if tag > last]
        return left[:3], link if left[3:] else ""

    proxy.fail("tags", _serves(serve))
    assert ask().tags(web) == tuple(everything)


@pytest.mark.parametrize("link", SENSELESS)
@pytest.mark.parametrize("heeds_last", [False, True])
def test_a_link_that_nobody_understands_costs_one_request(
    ask: Ask, proxy: FaultyProxy, web: Repository, link: str, *, heeds_last: bool
) -> None:
    """It was an error, or its pages "never ended", where the list was whole."""
    proxy.fail("tags", _serves(lambda last, asked: ([] if heeds_last and last else _tags(7), link)))
    assert ask().tags(web) == tuple(_tags(7))
    assert proxy.paths()[1:] == ["/v2/acme/web/tags/list?n=1000&last=v00006"]


def test_a_link_that_nobody_understands_is_no_end_after_one_that_made_sense(
    ask: Ask, proxy: FaultyProxy, web: Repository
) -> None:
    everything = _tags(9)

    def serve(last: str, asked: int) -> tuple[list[str], str]:
        left = [tag for tag in everything if tag > last]
        links = (f'</v2/acme/web/tags/list?last={left[2]}>; rel="next"' if left else "", "garbage", "", "")
        return left[:3], links[asked]

    proxy.fail("tags", _serves(serve))
    assert ask().tags(web) == tuple(everything)
    assert len(proxy.log) == 4  # three pages, and one that brings nothing


def test_a_link_to_another_repository_is_not_followed(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    """Its tags were taken for those of the repository that was asked for."""
    proxy.fail("acme/web/tags", faults.says(b'{"tags": ["1.0.0"]}', Link='</v2/acme/api/tags/list>; rel="next"'))
    proxy.fail("acme/api/tags", faults.says(b'{"tags": ["9.9.9"]}'))
    with pytest.raises(RegistryUnreachable, match="its next page is of another repository"):
        ask().tags(web)
    assert len(proxy.log) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/v2/web/tags/list",  # Artifactory
        "/artifactory/api/docker/acme/v2/web/tags/list",
        "/repository/hub/v2/acme/web/tags/list",  # Nexus
    ],
)
def test_a_link_by_a_path_that_is_not_the_clients_is_followed_by_the_clients(
    ask: Ask, proxy: FaultyProxy, web: Repository, path: str
) -> None:
    everything = _tags(6)

    def serve(last: str, asked: int) -> tuple[list[str], str]:
        left = [tag for tag in everything if tag > last]
        return left[:4], f'<http://{proxy.host}{path}?last={left[3]}&n=4>; rel="next"' if left[4:] else ""

    proxy.fail("/v2/acme/web/tags/list?", _serves(serve))
    assert ask().tags(web) == tuple(everything)
    assert proxy.paths()[1:] == ["/v2/acme/web/tags/list?last=v00003&n=4"]


def test_after_a_link_a_page_without_one_is_the_last(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    everything = _tags(200)

    def serve(last: str, asked: int) -> tuple[list[str], str]:
        left = [tag for tag in everything if tag > last]
        link = f'</v2/acme/web/tags/list?last={left[99]}>; rel="next"' if left[100:] else ""
        return left[:100], link

    proxy.fail("tags", _serves(serve))
    assert ask().tags(web) == tuple(everything)
    assert len(proxy.log) == 2


@pytest.mark.parametrize(
    "link",
    [
        '</v2/acme/web/tags/list?n=1000>; rel="next"',  # the page itself: `last` was left out
        '</v2/acme/web/tags/list>; rel="next"',
        '<?n=1000>; rel="next"',
    ],
)
def test_a_link_that_leads_nowhere_is_refused(ask: Ask, proxy: FaultyProxy, web: Repository, link: str) -> None:
    proxy.fail("tags", _serves(lambda last, asked: (_tags(3), link)))
    with pytest.raises(RegistryUnreachable, match=r"again|never end"):
        ask().tags(web)
    assert len(proxy.log) <= 2


def test_new_tags_without_end_are_refused(
    ask: Ask, proxy: FaultyProxy, web: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.registry.listing._PAGES", 20)
    proxy.fail("tags", _serves(lambda last, asked: ([f"a{asked}-{number}" for number in range(50)], "")))
    with pytest.raises(RegistryUnreachable, match="never end"):
        ask().tags(web)
    assert len(proxy.log) == 20


def test_a_tag_is_written_into_the_address_as_a_value(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    odd = [*_tags(9), "x&n=1#é/"]
    proxy.fail("tags", _serves(lambda last, asked: (odd if not asked else [], "")))
    assert ask().tags(web) == tuple(sorted(odd))
    assert proxy.paths()[1].endswith("&last=x%26n%3D1%23%C3%A9%2F")


def test_a_server_error_that_passes_is_waited_for(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("last=", faults.status(503), 2)
    proxy.fail("tags", _serves(lambda last, asked: (_tags(50) if not last else ["x"] if not asked > 1 else [], "")))
    assert "x" in ask().tags(web)


def _linked(pages: int, name: Callable[[int], str]) -> Fault:
    def serve(last: str, asked: int) -> tuple[list[str], str]:
        link = f'</v2/acme/web/tags/list?last={asked}>; rel="next"' if asked + 1 < pages else ""
        return [name(asked)], link

    return _serves(serve)


@pytest.mark.parametrize(("pages", "fine"), [(3, True), (4, False), (10_000, False)])
def test_a_list_that_is_too_large_as_a_whole_is_refused(
    ask: Ask, proxy: FaultyProxy, web: Repository, monkeypatch: pytest.MonkeyPatch, pages: int, fine: bool
) -> None:
    monkeypatch.setattr("promote.registry.listing._LIST_CAP", 1 << 20)
    proxy.fail("tags", _linked(pages, lambda number: str(number) + "x" * 300_000))
    if fine:
        assert len(ask().tags(web)) == pages
        return
    with pytest.raises(RegistryUnreachable, match="its list of tags is larger than 1 MiB"):
        ask().tags(web)
    assert len(proxy.log) == 4


@pytest.mark.parametrize(("pages", "fine"), [(1, True), (12, True), (13, False), (10_000, False)])
def test_a_patient_registry_has_ten_minutes_for_a_list(
    ask: Ask, proxy: FaultyProxy, web: Repository, clock: FakeClock, pages: int, fine: bool
) -> None:
    page, turn = _linked(pages, str), 0

    def busy_every_other_time(handler: faults.ProxyHandler) -> None:
        nonlocal turn
        turn += 1
        (faults.status(503, Retry_After="50") if turn % 2 else page)(handler)

    proxy.fail("tags", busy_every_other_time)
    if fine:
        assert len(ask().tags(web)) == pages
    else:
        with pytest.raises(RegistryUnreachable, match="its list of tags is not whole after 10 minutes"):
            ask().tags(web)
    # Each page but the last was asked for within the time.
    assert sum(clock.slept[:-1]) < 600 <= sum(clock.slept) or pages == 1


def test_of_a_name_that_is_far_too_long_the_beginning_is_kept(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    odd = [*_tags(9), "x" * 100_000]
    proxy.fail("tags", _serves(lambda last, asked: (odd if not asked else [], "")))
    assert ask().tags(web) == (*_tags(9), "x" * 300)
    assert proxy.paths()[1].endswith("&last=" + "x" * 300)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"name": "acme/web"}',
        b'{"errors": [{"code": "TOOMANYREQUESTS"}]}',
        b'{"tags": ["1.1.0"], "errors": [{"code": "UNKNOWN"}]}',
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_5_2_a_page_without_tags_is_no_empty_page(
    ask: Ask, proxy: FaultyProxy, web: Repository, body: bytes, *, first: bool
) -> None:
    """An error that was sent with 200 hid the newest tags, and the newest of the others was written."""
    if not first:
        link = '</v2/acme/web/tags/list?n=1000&last=1.0.0>; rel="next"'
        proxy.fail("tags", faults.says(b'{"tags": ["1.0.0"]}', Link=link), times=1)
    proxy.fail("tags", faults.says(body))
    with pytest.raises(RegistryUnreachable):
        ask().tags(web)


def test_an_empty_last_page_has_null_or_nothing_in_its_list(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    for body in (b'{"tags": null}', b'{"tags": []}'):
        link = '</v2/acme/web/tags/list?n=1000&last=1.0.0>; rel="next"'
        proxy.fail("tags", faults.says(b'{"tags": ["1.0.0"]}', Link=link), times=1)
        proxy.fail("tags", faults.says(body), times=1)
        assert ask().tags(web) == ("1.0.0",)
