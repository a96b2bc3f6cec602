"""Registries that do not say what is needed: exit 4, where and what, nothing written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.e2e.conftest import Create
from tests.e2e.program import Inside
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, free_port
from tests.servers.secure import secure_server, write_pair


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


ODD_NAMES = ("1.9.9\n2.0.0", "\x1b[31m1.9.9", "1.9.9\r", "1.9.9 ", "", "-1.9.9", "１.9.9", "1.9.9" + "9" * 10_000)


def test_names_that_cannot_be_tags_fail_no_policy_and_are_shown_escaped(
    proxy: FaultyProxy, create: Create, inside: Inside
) -> None:
    text = f"version: 1\napps: {{web: {{image: {proxy.host}/acme/web, policy: {{semver: '^1'}}}}}}\n"
    settings = f"{text}environments: {{dev: {{path: envs/dev}}}}\n"
    gitops = create(
        {"promote.yaml": settings.encode(), "envs/dev/web.yaml": f"image: {proxy.host}/acme/web:1.4.0".encode()}
    )
    proxy.fail("/tags/list", faults.says(json.dumps({"tags": ["1.4.0", *ODD_NAMES]}).encode()))
    assert inside("update", "--repo", gitops.url).code == 0
    shown = inside("tags", "web", "--repo", gitops.url)
    assert shown.code == 0
    assert all(line.isprintable() and len(line) < 1000 for line in shown.output.splitlines())
    # the one that counts, and a line for each of the others
    assert shown.stdout.count("not a valid tag") >= len(ODD_NAMES) - 1
    document = inside("tags", "web", "-o", "json", "--repo", gitops.url).document
    assert document["selected"] == "1.4.0"
    assert [each["tag"] for each in document["considered"] if each["accepted"]] == ["1.4.0"]


def _secured(host: str, **said: object) -> dict[str, bytes]:
    registries = json.dumps({host: {key: str(value) for key, value in said.items()}})
    return {
        "promote.yaml": (
            f"version: 1\napps: {{web: {{image: {host}/acme/web, policy: {{semver: '*'}}}}}}\n"
            f"environments: {{dev: {{path: envs/dev}}}}\nregistries: {registries}\n"
        ).encode(),
        "envs/dev/web.yaml": f"image: {host}/acme/web:1.0".encode(),
    }


def test_a_certificate_is_asked_for_shown_and_told_by_its_file(tmp_path: Path, create: Create, inside: Inside) -> None:
    authority, clients = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = write_pair(tmp_path, clients.issue_cert("ci.example.com"))
    with secure_server(tmp_path, issued, authority, clients=clients) as server:
        gitops = create(_secured(server.host))
        for said, code, words in (
            ({"client_cert": certificate, "client_key": key, "ca": server.ca}, 0, "2.0"),
            ({"client_cert": certificate, "client_key": key}, 4, "is not trusted .*certificate authority"),
            ({"ca": server.ca}, 4, "wants a client certificate; set `client_cert`"),
            ({"client_cert": tmp_path / "none", "ca": server.ca}, 4, "there is no file .*none; correct `client_cert`"),
        ):
            (tmp_path / "said.yaml").write_bytes(_secured(server.host, **said)["promote.yaml"])
            result = inside("tags", "web", "--repo", gitops.url, "--config", tmp_path / "said.yaml")
            assert result.code == code, result
            assert re.search(words, result.output), result
            assert len(result.messages) == (code != 0)


def test_a_mirror_that_is_down_is_named_and_its_host_is_not_asked(
    proxy: FaultyProxy, create: Create, inside: Inside
) -> None:
    mirror = f"127.0.0.1:{free_port()}"
    gitops = create(_secured(proxy.host, mirror=f"{mirror}/hub"))
    result = inside("tags", "web", "--repo", gitops.url)
    assert (result.code, len(result.messages)) == (4, 1)
    assert f"http://{mirror}/v2/hub/acme/web/tags/list" in result.stderr
    assert proxy.log == []


def test_a_host_that_has_no_name(create: Create, inside: Inside) -> None:
    gitops = create(_secured("registry.invalid"))
    result = inside("tags", "web", "--repo", gitops.url)
    assert (result.code, len(result.messages)) == (4, 1)
    assert "https://registry.invalid/v2/acme/web/tags/list?n=1000: the host's name is not known" in result.stderr


def test_a_busy_registry_that_recovers_is_no_fault(proxy: FaultyProxy, create: Create, inside: Inside) -> None:
    gitops = create(_secured(proxy.host))
    proxy.fail("/tags/list", faults.status(503), 1)
    proxy.fail("/tags/list", faults.status(429, Retry_After="1"), 1)
    assert inside("tags", "web", "--repo", gitops.url).code == 0
