"""A sign-in that was refused is not tried again in the same run: who insists is locked out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promote.errors import RegistryDenied
from promote.image import Repository
from promote.registry.credentials import ecr
from promote.registry.credentials.ecr import Ecr
from promote.registry.registries import Registries
from promote.registry.settings import Credentials, HostSettings
from tests.clock import FakeClock
from tests.registry.conftest import TAGS, Ask
from tests.registry.test_credentials import basic, keyring
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import TokenServer, docker_registry, token_server
from tests.servers.seed import write_storage

PATHS = tuple(f"acme/app-{number}" for number in range(4))
WRONG = Credentials("ci", "s3cret-wrong")


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with token_server(TokenServer(users={"ci": "s3cret-right"})) as running:
        yield running


@pytest.fixture
def guarded(tokens: TokenServer) -> Iterator[FaultyProxy]:
    with docker_registry(tokens=tokens) as running, faulty_proxy(running.host) as near:
        for path in PATHS:
            write_storage(running.storage, path, {"1.0": TAGS["1.0.0"]})
        yield near


def _denied(registries: Registries, repository: Repository) -> str:
    """What is said to each of many questions about one repository: the same."""
    said = set()
    questions: tuple[Callable[[], object], ...] = (
        lambda: registries.tags(repository),
        lambda: registries.facts(repository, "1.0", frozenset({"digest"})),
        lambda: registries.facts(repository, "1.0", frozenset({"created"})),
    )
    for question in questions * 3:
        with pytest.raises(RegistryDenied) as caught:
            question()
        said.add(str(caught.value))
    assert len(said) == 1
    return said.pop()


@pytest.mark.parametrize("credentials", [None, WRONG, Credentials("", "", "s3cret-old")])
def test_a_token_server_is_asked_once_for_each_repository(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, credentials: Credentials | None
) -> None:
    registries = ask({guarded.host: HostSettings(credentials=credentials)})
    for path in PATHS:
        assert "the token server refused" in _denied(registries, Repository(guarded.host, path))
    assert len(tokens.log) == len(PATHS)
    # The registry itself is not asked either, by whom it would only send to that server.
    assert len(guarded.log) <= len(PATHS)


def test_a_token_server_is_asked_once_by_sixteen_threads(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    registries = ask({guarded.host: HostSettings(credentials=WRONG)})
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda path: _denied(registries, Repository(guarded.host, path)), PATHS * 4))
    assert len(tokens.log) == len(PATHS)


def test_where_no_scope_is_named_the_whole_host_is_refused_once(ask: Ask, proxy: FaultyProxy) -> None:
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s"'
    proxy.fail("/token", faults.status(401))
    proxy.fail("/v2/", faults.status(401, WWW_Authenticate=challenge))
    registries = ask({proxy.host: HostSettings(credentials=WRONG)})
    for path in PATHS:
        _denied(registries, Repository(proxy.host, path))
    asked = Counter(asked.path for asked in proxy.log if asked.path.startswith("/token"))
    assert set(asked.values()) == {1}
    assert len(asked) == 1 + len(PATHS)


def test_another_s_refusal_is_nobody_else_s(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, tmp_path: Path
) -> None:
    users = {PATHS[0]: "ci:s3cret-wrong", PATHS[1]: "ci:s3cret-right"}
    auths = {f"{guarded.host}/{path}": {"auth": basic(pair)} for path, pair in users.items()}
    (tmp_path / "auth.json").write_text(json.dumps({"auths": auths}))
    registries = ask(environ={"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
    _denied(registries, Repository(guarded.host, PATHS[0]))
    assert registries.tags(Repository(guarded.host, PATHS[1])) == ("1.0",)
    assert len(tokens.log) == 2


def test_aws_is_asked_once_for_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(host: str, region: str, *, fips: bool) -> None:
        asked.append(region)
        raise RegistryDenied("AWS sells no token for it", where=host)

    monkeypatch.setattr(ecr, "_asked", refuse)
    source = Ecr(FakeClock())
    hosts = [f"123456789012.dkr.ecr.{region}.amazonaws.com" for region in ("eu-west-1", "us-east-1")]
    for host in hosts * 3:
        with pytest.raises(RegistryDenied, match=f"{host}: AWS sells no token"):
            source.find(host)
    assert asked == ["eu-west-1", "us-east-1"]


def test_a_helper_is_asked_once_for_a_host(tmp_path: Path) -> None:
    program = tmp_path / "docker-credential-tests"
    program.write_text(f'#!/bin/sh\necho asked >>"{tmp_path}/asked"\nexit 1\n')
    program.chmod(0o755)
    (tmp_path / "config.json").write_text('{"credsStore": "tests"}')
    ring = keyring(tmp_path, {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"})
    for path in PATHS * 2:
        with pytest.raises(RegistryDenied, match="failed with exit code 1"):
            ring.find("registry.example.com", path)
    assert (tmp_path / "asked").read_text() == "asked\n"


@pytest.mark.parametrize("lifetime", ["1e300", "1e9", str(24 * 3600 + 60)])
def test_a_token_is_kept_for_a_day_at_most(ask: Ask, proxy: FaultyProxy, clock: FakeClock, lifetime: str) -> None:
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s",scope="repository:acme/web:pull"'
    proxy.fail("/token", faults.says(f'{{"token": "t", "expires_in": {lifetime}}}'.encode()))
    proxy.fail("tags/list", faults.status(401, WWW_Authenticate=challenge), 1)
    proxy.fail("tags/list", faults.says(b'{"tags": ["1.0"]}'))
    registries, bought = ask(), []
    for seconds in (0, 24 * 3600 - 11, 2):
        clock.advance(seconds)
        assert registries.tags(Repository(proxy.host, "acme/web")) == ("1.0",)
        bought.append(sum(asked.path.startswith("/token") for asked in proxy.log))
    assert bought == [1, 1, 2]
