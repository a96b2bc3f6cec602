"""Where a host is asked, and signing in by a password."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.errors import RegistryDenied, RegistryUnreachable
from promote.image import Repository
from promote.question import Known
from promote.registry.origin import base_url
from promote.registry.settings import Credentials, HostSettings
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.seed import build, write_storage

PASSWORD = "s3cret-wörd"
CI = Credentials("ci", PASSWORD)
SORTED = tuple(sorted(TAGS))


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    with docker_registry(htpasswd={"ci": PASSWORD}, tls=True) as running:
        write_storage(running.storage, PATH, TAGS)
        yield running


@pytest.mark.parametrize(
    ("host", "settings", "expected"),
    [
        ("docker.io", HostSettings(), "https://registry-1.docker.io"),
        ("ghcr.io", HostSettings(), "https://ghcr.io"),
        ("registry.example.com:80", HostSettings(), "https://registry.example.com:80"),
        ("registry.example.com", HostSettings(plain_http=True), "http://registry.example.com"),
        ("127.0.0.1:5000", HostSettings(), "http://127.0.0.1:5000"),
        ("127.0.0.1:5000", HostSettings(ca=Path("ca.pem")), "https://127.0.0.1:5000"),
        ("127.0.0.1:5000", HostSettings(client_cert=Path("ci.pem")), "https://127.0.0.1:5000"),
        ("localhost:443", HostSettings(), "https://localhost:443"),
        ("127.example.com", HostSettings(), "https://127.example.com"),
    ],
)
def test_where_a_host_is_asked(host: str, settings: HostSettings, expected: str) -> None:
    assert base_url(host, settings) == expected


def test_a_password_over_tls(ask: Ask, locked: RunningRegistry, lines: list[str]) -> None:
    repository = Repository(locked.host, PATH)
    registries = ask({locked.host: HostSettings(credentials=CI, ca=locked.ca)})
    assert registries.tags(repository) == SORTED
    assert registries.facts(repository, "1.0.0", frozenset({"digest"})) == Known(build(TAGS["1.0.0"]).root)
    # 401, then signed in; the second question is signed in at once
    assert [line.split()[2] for line in lines] == ["401", "200", "200"]


def test_a_password_from_the_docker_configuration(ask: Ask, locked: RunningRegistry, tmp_path: Path) -> None:
    auth = base64.b64encode(f"ci:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {locked.host: {"auth": auth}}}))
    registries = ask({locked.host: HostSettings(ca=locked.ca)}, environ={"DOCKER_CONFIG": str(tmp_path)})
    assert registries.tags(Repository(locked.host, PATH)) == SORTED


def test_a_broken_docker_configuration_is_no_matter_where_nothing_is_asked_for(
    ask: Ask, web: Repository, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{")
    assert ask(environ={"DOCKER_CONFIG": str(tmp_path)}).tags(web) == SORTED


def test_a_helper_is_named_when_the_host_asks(ask: Ask, locked: RunningRegistry, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {locked.host: "ecr-login"}}))
    registries = ask({locked.host: HostSettings(ca=locked.ca)}, environ={"DOCKER_CONFIG": str(tmp_path)})
    with pytest.raises(RegistryDenied, match="docker-credential-ecr-login"):
        registries.tags(Repository(locked.host, PATH))


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        (None, "asks for credentials; run `docker login"),
        (Credentials("ci", "s3cret-wrong"), r"denied \(401 UNAUTHORIZED\)"),
        (Credentials("ci", "", "s3cret-identity"), "asks for a password"),
    ],
)
def test_wrong_credentials_are_denied(
    ask: Ask, locked: RunningRegistry, lines: list[str], credentials: Credentials | None, said: str
) -> None:
    with pytest.raises(RegistryDenied, match=said) as caught:
        ask({locked.host: HostSettings(credentials=credentials, ca=locked.ca)}).tags(Repository(locked.host, PATH))
    assert "s3cret" not in str(caught.value) + "".join(lines)
    assert len(lines) <= 2


def test_a_certificate_that_nobody_vouches_for_is_named(
    ask: Ask, locked: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "ca.pem"
    assert locked.ca is not None
    with docker_registry(tls=True) as foreign:
        assert foreign.ca is not None
        other.write_bytes(foreign.ca.read_bytes())
    repository = Repository(locked.host, PATH)
    with pytest.raises(RegistryUnreachable, match=r"not trusted .*name the file of its certificate authority.*ca\.pem"):
        ask({locked.host: HostSettings(ca=other)}).tags(repository)
    with pytest.raises(RegistryUnreachable, match="there is no file"):
        ask({locked.host: HostSettings(ca=tmp_path / "none.pem")}).tags(repository)


def test_plain_http_where_tls_is_spoken_and_the_other_way_round(
    ask: Ask, locked: RunningRegistry, registry: RunningRegistry
) -> None:
    with pytest.raises(RegistryUnreachable, match="it was asked in plain HTTP and speaks TLS"):
        ask().tags(Repository(locked.host, PATH))
    with pytest.raises(RegistryUnreachable, match="does not speak TLS"):
        ask({registry.host: HostSettings(ca=locked.ca)}).tags(Repository(registry.host, PATH))
