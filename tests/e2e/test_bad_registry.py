"""Registries that do not say what is needed: exit 4, where and what, nothing written."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Create
from tests.e2e.program import Inside
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, free_port


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    with faulty_proxy(registry.host) as running:
        yield running


REGISTRY_FAULTS: tuple[tuple[str, str, faults.Fault, tuple[str, ...]], ...] = (
    ("401", "/v2/", faults.status(401, WWW_Authenticate='Basic realm="x"'), ("credentials|docker login|401",)),
    ("403", "/v2/", faults.status(403), ("403",)),
    ("404", "/tags/list", faults.status(404), ("acme/web",)),
    ("429", "/v2/", faults.status(429, Retry_After="600"), ("429", "600")),
    ("html", "/v2/", faults.html, ("html|JSON|registry",)),
    ("not-json", "/tags/list", faults.says(b"{{{"), ("JSON",)),
    ("another-json", "/tags/list", faults.says(b'{"tags": {"a": 1}}'), ("tags",)),
    ("endless", "/tags/list", faults.endless, ("MiB|larger|long",)),
    ("cut", "/tags/list", faults.cut, ("acme/web",)),
    ("elsewhere", "/tags/list", faults.redirect("http://localhost:1/x"), ("redirect|localhost",)),
)


@pytest.mark.parametrize(("name", "part", "fault", "says"), REGISTRY_FAULTS, ids=[row[0] for row in REGISTRY_FAULTS])
def test_a_registry_that_does_not_say_what_is_needed(
    name: str, part: str, fault: faults.Fault, says: tuple[str, ...], proxy: FaultyProxy, create: Create, inside: Inside
) -> None:
    text = f"version: 1\napps: {{web: {{image: {proxy.host}/acme/web, policy: {{semver: '^1'}}}}}}\n"
    settings = f"{text}environments: {{dev: {{path: envs/dev}}}}\n"
    gitops = create(
        {"promote.yaml": settings.encode(), "envs/dev/web.yaml": f"image: {proxy.host}/acme/web:1.4.0".encode()}
    )
    refs = gitops.refs()
    proxy.fail(part, fault)
    for words in (("update",), ("tags", "web"), ("check",)):
        result = inside(*words, "--repo", gitops.url)
        assert result.code == 4, result
        told = result.stdout if words == ("check",) else result.stderr
        assert proxy.host in told
        assert all(re.search(pattern, told) for pattern in says), told
        assert words == ("check",) or len(result.messages) == 1
    # A board is drawn all the same, and says what it does not know.
    drawn = inside("status", "--repo", gitops.url)
    assert drawn.code == 0
    assert "1.4.0" in drawn.stdout
    assert gitops.refs() == refs


def test_a_registry_that_is_down(create: Create, inside: Inside) -> None:
    host = f"127.0.0.1:{free_port()}"
    settings = f"version: 1\napps: {{web: {{image: {host}/acme/web}}}}\nenvironments: {{dev: {{path: dev}}}}\n"
    gitops = create({"promote.yaml": settings.encode(), "dev/web.yaml": f"image: {host}/acme/web:1".encode()})
    result = inside("set", "dev", "web=2", "--repo", gitops.url)
    assert (result.code, len(result.messages)) == (4, 1)
    assert host in result.stderr
    assert len(gitops.commits()) == 1
    assert inside("set", "dev", "web=2", "--no-verify-tag", "--repo", gitops.url).code == 0
