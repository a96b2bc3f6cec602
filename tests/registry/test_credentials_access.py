"""Credentials on their way: to which requests and token servers those of each source go."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promote.errors import RegistryDenied
from promote.image import Repository
from promote.question import Admitted
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, TokenServer, docker_registry, token_server
from tests.servers.seed import write_storage

OTHER = "other/api"
USERS = {"ci": "s3cret-ci", "other": "s3cret-other", "gitlab-ci-token": "s3cret-job"}
SORTED = tuple(sorted(TAGS))


@pytest.fixture(scope="module")
def _guarded() -> Iterator[tuple[RunningRegistry, TokenServer]]:
    """A registry at 127.0.0.1 whose tokens are sold by localhost, which is another host by its name."""
    server = TokenServer(users=USERS, name="localhost")
    with token_server(server), docker_registry(tokens=server) as running:
        write_storage(running.storage, PATH, TAGS)
        write_storage(running.storage, OTHER, {"1.0": TAGS["1.0.0"]})
        yield running, server


@pytest.fixture
def tokens(_guarded: tuple[RunningRegistry, TokenServer]) -> TokenServer:
    _guarded[1].log.clear()
    return _guarded[1]


@pytest.fixture
def guarded(_guarded: tuple[RunningRegistry, TokenServer]) -> Iterator[FaultyProxy]:
    with faulty_proxy(_guarded[0].host) as running:
        yield running


def _auths(path: Path, host: str) -> None:
    pairs = {f"{host}/acme": "ci", f"{host}/other": "other"}
    auths = {key: {"auth": base64.b64encode(f"{user}:{USERS[user]}".encode()).decode()} for key, user in pairs.items()}
    path.write_text(json.dumps({"auths": auths}))


@pytest.mark.parametrize(
    "job",
    [
        {"CI_SERVER_HOST": ""},
        {"CI_SERVER_HOST": "gitlab.example.com"},
        # said for another registry than the one that is asked
        {"CI_SERVER_HOST": "localhost", "CI_REGISTRY": "other.example.com"},
    ],
)
def test_10_3_a_job_s_token_goes_to_no_other_token_server(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, job: dict[str, str]
) -> None:
    environ = {"CI_REGISTRY": guarded.host, "CI_JOB_TOKEN": USERS["gitlab-ci-token"]} | job
    with pytest.raises(RegistryDenied):
        ask(environ=environ).tags(Repository(guarded.host, PATH))
    assert tokens.log
    assert [signed for _, _, signed in tokens.log] == [False] * len(tokens.log)


def test_a_gitlab_job_s_own_gitlab_sells_the_tokens_for_its_registry(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, lines: list[str]
) -> None:
    environ = {"CI_REGISTRY": guarded.host, "CI_JOB_TOKEN": USERS["gitlab-ci-token"], "CI_SERVER_HOST": "localhost"}
    assert ask(environ=environ).tags(Repository(guarded.host, PATH)) == SORTED
    assert [signed for _, _, signed in tokens.log] == [True]
    assert "s3cret" not in "".join(lines)


def test_each_namespace_is_asked_with_its_own_credentials(ask: Ask, tmp_path: Path) -> None:
    with docker_registry(htpasswd=USERS) as running, faulty_proxy(running.host) as near:
        write_storage(running.storage, PATH, TAGS)
        write_storage(running.storage, OTHER, {"1.0": TAGS["1.0.0"]})
        write_storage(running.storage, "third", {"1.0": TAGS["1.0.0"]})
        _auths(tmp_path / "auth.json", near.host)
        registries = ask(environ={"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
        for _ in range(2):
            assert registries.tags(Repository(near.host, PATH)) == SORTED
            assert registries.tags(Repository(near.host, OTHER)) == ("1.0",)
        with pytest.raises(RegistryDenied, match="asks for credentials"):
            registries.tags(Repository(near.host, "third"))
        source = str(tmp_path / "auth.json")
        whom = {path: registries.admitted(Repository(near.host, path)) for path in (PATH, OTHER, "fourth")}
        assert whom == {PATH: Admitted("ci", source), OTHER: Admitted("other", source), "fourth": None}
        sent = {
            (asked.path.split("/")[2], base64.b64decode(asked.authorization.removeprefix("Basic ")).decode())
            for asked in near.log
            if asked.authorization
        }
    assert sent == {("acme", f"ci:{USERS['ci']}"), ("other", f"other:{USERS['other']}")}


def test_a_token_for_a_whole_host_is_not_shared_by_those_who_sign_in_apart(
    ask: Ask, proxy: FaultyProxy, tmp_path: Path
) -> None:
    # The challenge names no scope, so a token is bought for all of the host: but by each with its own name.
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s"'
    sold: list[str] = []

    def sell(handler: faults.ProxyHandler) -> None:
        plain = base64.b64decode(handler.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        sold.append(plain.partition(":")[0])
        faults.says(json.dumps({"token": f"token-of-{sold[-1]}"}).encode())(handler)

    def listed(handler: faults.ProxyHandler) -> None:
        token = handler.headers.get("Authorization", "")
        owner = "ci" if "/acme/" in handler.path else "other"
        if token != f"Bearer token-of-{owner}":
            faults.status(401, WWW_Authenticate=challenge)(handler)
        else:
            faults.says(json.dumps({"name": "x", "tags": [owner]}).encode())(handler)

    proxy.fail("/token", sell)
    proxy.fail("tags/list", listed)
    _auths(tmp_path / "auth.json", proxy.host)
    registries = ask(environ={"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
    for _ in range(2):
        assert registries.tags(Repository(proxy.host, PATH)) == ("ci",)
        assert registries.tags(Repository(proxy.host, OTHER)) == ("other",)
    assert sold == ["ci", "other"]


def test_a_denial_names_the_source(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    with docker_registry(htpasswd=USERS) as running:
        environ = {"CI_REGISTRY": running.host, "CI_REGISTRY_USER": "ci", "CI_REGISTRY_PASSWORD": "s3cret-wrong"}
        with pytest.raises(RegistryDenied, match="its credentials are from CI_REGISTRY_PASSWORD: run") as caught:
            ask(environ=environ).tags(Repository(running.host, PATH))
        assert "s3cret" not in str(caught.value)


def test_a_denial_names_the_source_of_what_was_sent_and_not_of_another_thread(
    ask: Ask, proxy: FaultyProxy, tmp_path: Path
) -> None:
    """It named whichever source had been asked last for the host, by any thread."""
    (tmp_path / "auth.json").write_text(
        json.dumps({"auths": {f"{proxy.host}/acme": {"auth": base64.b64encode(b"ci:s3cret-wrong").decode()}}})
    )
    environ = {
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "CI_REGISTRY": proxy.host,
        "CI_JOB_TOKEN": "s3cret-job",
    }
    asked, answered = threading.Event(), threading.Event()

    def deny(handler: faults.ProxyHandler) -> None:
        if not handler.headers.get("Authorization"):
            faults.status(401, WWW_Authenticate='Basic realm="x"')(handler)
            return
        if "/acme/" in handler.path:
            asked.set()
            answered.wait(20)
        faults.status(403)(handler)

    proxy.fail("tags/list", deny)
    registries = ask(environ=environ)

    def said(path: str) -> str:
        with pytest.raises(RegistryDenied) as caught:
            registries.tags(Repository(proxy.host, path))
        return str(caught.value)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(said, PATH)
        assert asked.wait(20)
        assert "its credentials are from CI_JOB_TOKEN: " in said(OTHER)
        answered.set()
        assert f"its credentials are from {tmp_path / 'auth.json'}: " in slow.result(20)


def test_what_a_gitlab_job_lacks_is_named_where_it_is_needed(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, registry: RunningRegistry
) -> None:
    said = "and CI_REGISTRY_PASSWORD is not set: set CI_REGISTRY_PASSWORD, or CI_JOB_TOKEN"
    with docker_registry(htpasswd=USERS) as basic, faulty_proxy(registry.host) as denying:
        denying.fail("tags/list", faults.status(403))
        for host in (guarded.host, basic.host, denying.host):
            with pytest.raises(RegistryDenied, match=said):
                ask(environ={"CI_REGISTRY": host, "CI_REGISTRY_USER": "ci"}).tags(Repository(host, PATH))
    # Where nobody need sign in, nothing is lacking; nor where a token is sold to anybody.
    open_to_all = {"CI_REGISTRY": registry.host, "CI_REGISTRY_USER": "ci"}
    assert ask(environ=open_to_all).tags(Repository(registry.host, PATH)) == SORTED
    tokens.anonymous = True
    try:
        sold = {"CI_REGISTRY": guarded.host, "CI_REGISTRY_USER": "ci"}
        assert ask(environ=sold).tags(Repository(guarded.host, PATH)) == SORTED
    finally:
        tokens.anonymous = False
