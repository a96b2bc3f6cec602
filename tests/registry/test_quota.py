"""What a registry says of how much it lets us pull: read from its answers, and from nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import RegistryError
from promote.image import Repository
from promote.question import Quota
from promote.registry.quota import quota_in
from promote.registry.settings import HostSettings, Mirror
from tests.registry.conftest import Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.seed import ImageSpec, write_layout


@pytest.mark.parametrize(
    ("limit", "remaining"),
    [
        ("", ""),
        ("100;w=21600", ""),
        ("", "76;w=21600"),
        ("many", "76"),
        ("-1", "76"),
        ("1e3", "1"),
        ("100", "76 left"),
        ("9999999999", "1"),
        ("²", "1"),
    ],
)
def test_what_says_no_limit_is_none(limit: str, remaining: str) -> None:
    assert quota_in({"ratelimit-limit": limit, "ratelimit-remaining": remaining}) is None


@pytest.mark.parametrize(
    ("limit", "remaining", "quota"),
    [
        ("100;w=21600", "76;w=21600", Quota(100, 76, 21600)),
        ("100", "0", Quota(100, 0, 0)),
        ("100", "76;w=60", Quota(100, 76, 60)),
        (" 100 ; w = 21600 ", "76", Quota(100, 76, 21600)),
        ('100;comment="x";w=60', "76", Quota(100, 76, 60)),
        ("10, 10;w=1, 1000;w=3600", "9", Quota(10, 9, 0)),
        ("10;w=1, 1000;w=3600", "9", Quota(10, 9, 1)),
        ("100;w=soon", "76", Quota(100, 76, 0)),
    ],
)
def test_the_headers_of_docker_hub_and_of_the_draft(limit: str, remaining: str, quota: Quota) -> None:
    assert quota_in({"ratelimit-limit": limit, "ratelimit-remaining": remaining}) == quota


def _counting(proxy: FaultyProxy, left: str) -> None:
    said = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": f"{left};w=21600"}
    proxy.change = lambda path, status, headers, body: (
        (status, headers | said, body) if "/manifests/" in path else (status, headers, body)
    )


def test_the_latest_answer_counts_and_nothing_is_asked_for_it(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    registries = ask()
    assert registries.limits(web) is None
    assert proxy.log == []
    _counting(proxy, "76")
    registries.facts(web, "1.0.0", frozenset({"digest"}))
    assert registries.limits(web) == Quota(100, 76, 21600)
    _counting(proxy, "75")
    registries.facts(web, "1.1.0", frozenset({"digest"}))
    registries.tags(web)  # says nothing of it
    asked = len(proxy.log)
    assert registries.limits(Repository(web.host, "acme/other")) == Quota(100, 75, 21600)
    assert len(proxy.log) == asked


@pytest.mark.parametrize("code", [403, 429])
def test_a_refusal_says_it_too(ask: Ask, proxy: FaultyProxy, web: Repository, code: int) -> None:
    registries = ask()
    limits = {"RateLimit_Limit": "100;w=21600", "RateLimit_Remaining": "0;w=21600", "Retry_After": "3600"}
    proxy.fail("tags", faults.status(code, **limits))
    with pytest.raises(RegistryError, match=str(code)):
        registries.tags(web)
    assert registries.limits(web) == Quota(100, 0, 21600)


def test_what_another_host_says_of_itself_is_not_taken(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    def elsewhere(handler: faults.ProxyHandler) -> None:
        faults.redirect(f"http://{proxy.elsewhere}{handler.path}")(handler)

    proxy.fail("/tags/list", elsewhere, 1)
    proxy.fail("/tags/list", faults.says(b'{"tags":["1.0"]}', RateLimit_Limit="1", RateLimit_Remaining="1"), 1)
    registries = ask()
    assert registries.tags(web) == ("1.0",)
    assert registries.limits(web) is None


def test_a_mirror_s_limits_are_those_of_its_host(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    registries = ask({"origin.example.com": HostSettings(mirror=Mirror(proxy.host))})
    origin = Repository("origin.example.com", web.path)
    _counting(proxy, "76")
    registries.facts(origin, "1.0.0", frozenset({"digest"}))
    assert registries.limits(origin) == Quota(100, 76, 21600)


def test_a_layout_has_no_limits(ask: Ask, tmp_path: Path) -> None:
    write_layout(tmp_path / "acme" / "web", {"1.0": ImageSpec()})
    registries = ask({"offline.example.com": HostSettings(layout=tmp_path)})
    assert registries.tags(Repository("offline.example.com", "acme/web")) == ("1.0",)
    assert registries.limits(Repository("offline.example.com", "acme/web")) is None
