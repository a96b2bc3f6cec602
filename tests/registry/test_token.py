"""Tokens: bought where a registry says, kept, renewed; and to whom credentials never go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from promote.errors import RegistryDenied, RegistryUnreachable
from promote.image import Repository
from promote.registry.settings import Credentials, HostSettings
from tests.clock import FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, TokenServer, docker_registry, token_server
from tests.servers.seed import write_storage

PASSWORD = "s3cret-wörd"
REFRESH = "s3cret-refresh"
CI = Credentials("ci", PASSWORD)
SORTED = tuple(sorted(TAGS))
OTHER = "acme/other"


@pytest.fixture(scope="module")
def _token_registry() -> Iterator[tuple[RunningRegistry, TokenServer]]:
    server = TokenServer(users={"ci": PASSWORD}, refresh=REFRESH)
    with token_server(server), docker_registry(tokens=server) as running:
        write_storage(running.storage, PATH, TAGS)
        write_storage(running.storage, OTHER, {"1.0": TAGS["1.0.0"]})
        yield running, server


@pytest.fixture
def tokens(_token_registry: tuple[RunningRegistry, TokenServer]) -> TokenServer:
    server = _token_registry[1]
    server.log.clear()
    server.anonymous, server.lifetime, server.whole, server.issued_at = False, 300, [], ""
    return server


@pytest.fixture
def guarded(_token_registry: tuple[RunningRegistry, TokenServer]) -> Iterator[FaultyProxy]:
    """The registry that wants tokens, seen through the proxy."""
    with faulty_proxy(_token_registry[0].host) as running:
        yield running


def test_a_token_is_bought_once_and_used_again(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    repository = Repository(guarded.host, PATH)
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    for _ in range(3):
        assert registries.tags(repository) == SORTED
    assert [(method, signed) for method, _, signed in tokens.log] == [("GET", True)]
    assert "scope=repository%3Aacme%2Fweb%3Apull" in tokens.log[0][1]
    assert "service=tests.example.com" in tokens.log[0][1]
    # the password is for the token server only
    assert not any(asked.authorization.startswith("Basic") for asked in guarded.log)


def test_sixteen_threads_buy_one_token(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    repository = Repository(guarded.host, PATH)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: registries.facts(repository, "1.0.0", frozenset({"created"})), range(48)))
    assert len(set(answers)) == 1
    assert len(tokens.log) == 1


def test_another_repository_needs_another_token(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    registries.tags(Repository(guarded.host, PATH))
    registries.facts(Repository(guarded.host, OTHER), "1.0", frozenset({"digest"}))
    assert [query.rpartition("scope=")[2] for _, query, _ in tokens.log] == [
        "repository%3Aacme%2Fweb%3Apull",
        "repository%3Aacme%2Fother%3Apull",
    ]


def test_a_token_is_bought_again_when_it_expires(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, clock: FakeClock
) -> None:
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    repository = Repository(guarded.host, PATH)
    registries.tags(repository)
    clock.advance(289)
    registries.tags(repository)
    assert len(tokens.log) == 1
    clock.advance(2)
    registries.tags(repository)
    assert len(tokens.log) == 2


def test_a_token_that_is_refused_before_its_time_is_bought_again(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    repository = Repository(guarded.host, PATH)
    registries.tags(repository)
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com",error="invalid_token"'
    guarded.fail("tags/list", faults.status(401, WWW_Authenticate=challenge), 1)
    assert registries.tags(repository) == SORTED
    assert len(tokens.log) == 2


def test_a_registry_that_is_never_content_is_denied_after_one_retry(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com",scope="repository:acme/web:pull"'
    guarded.fail("tags/list", faults.status(401, WWW_Authenticate=challenge))
    with pytest.raises(RegistryDenied, match="denied"):
        ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH))
    assert len(guarded.log) == 2


def test_an_identity_token_is_posted(ask: Ask, guarded: FaultyProxy, tokens: TokenServer, lines: list[str]) -> None:
    registries = ask({guarded.host: HostSettings(credentials=Credentials("", "", REFRESH))})
    assert registries.tags(Repository(guarded.host, PATH)) == SORTED
    method, form, _ = tokens.log[0]
    assert method == "POST"
    assert json.loads(form) == {
        "client_id": ["promote"],
        "grant_type": ["refresh_token"],
        "scope": ["repository:acme/web:pull"],
        "service": ["tests.example.com"],
    }
    assert REFRESH not in "".join(lines)


def test_without_credentials_a_token_is_bought_anonymously(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    tokens.anonymous = True
    assert ask().tags(Repository(guarded.host, PATH)) == SORTED
    assert [signed for _, _, signed in tokens.log] == [False]


@pytest.mark.parametrize("credentials", [None, Credentials("ci", "s3cret-wrong"), Credentials("", "", "s3cret-old")])
def test_a_token_server_that_refuses_is_denied(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, lines: list[str], credentials: Credentials | None
) -> None:
    with pytest.raises(RegistryDenied, match=r"the token server refused .*docker login") as caught:
        ask({guarded.host: HostSettings(credentials=credentials)}).tags(Repository(guarded.host, PATH))
    assert "s3cret" not in str(caught.value) + "".join(lines)


def _foreign(tokens: TokenServer, scope: str = "repository:acme/web:pull") -> faults.Fault:
    """A challenge that names the token server by another host's name."""
    realm = f"http://localhost:{tokens.port}/token"
    return faults.status(401, WWW_Authenticate=f'Bearer realm="{realm}",service="tests.example.com",scope="{scope}"')


@pytest.mark.parametrize("credentials", [CI, Credentials("", "", REFRESH)])
def test_a_foreign_token_server_gets_no_credentials(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, credentials: Credentials
) -> None:
    tokens.anonymous = True
    guarded.fail("tags/list", _foreign(tokens))
    with pytest.raises(RegistryDenied, match=r"localhost is another host and got no credentials.*token_hosts"):
        ask({guarded.host: HostSettings(credentials=credentials)}).tags(Repository(guarded.host, PATH))
    assert [(method, signed) for method, _, signed in tokens.log] == [("GET", False)] * len(tokens.log)


def test_a_foreign_token_server_that_the_settings_allow_gets_them(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    guarded.fail("tags/list", _foreign(tokens), 1)
    settings = HostSettings(credentials=CI, token_hosts=frozenset({"localhost"}))
    assert ask({guarded.host: settings}).tags(Repository(guarded.host, PATH)) == SORTED
    assert [signed for _, _, signed in tokens.log] == [True]


@pytest.mark.parametrize(
    "scope",
    ["repository:acme/web:pull,push", "repository:other:pull", "registry:catalog:*", "repository:acme/web:*"],
)
def test_only_reading_of_this_repository_is_asked_for(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, scope: str
) -> None:
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com",scope="{scope}"'
    guarded.fail("tags/list", faults.status(401, WWW_Authenticate=challenge), 1)
    assert ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH)) == SORTED
    assert tokens.log[0][1].endswith("scope=repository%3Aacme%2Fweb%3Apull")


@pytest.mark.parametrize(
    ("challenge", "said"),
    [
        ('Bearer realm="http://tokens.example.com/t"', "no https URL"),
        ('Bearer realm="file:///etc/passwd"', "no https URL"),
        ('Bearer realm="https://[broken"', "no https URL"),
        ("Negotiate", r"does not know \(negotiate\)"),
        ("", r"does not know \(nothing\)"),
    ],
)
def test_a_challenge_that_cannot_be_met_is_denied(
    ask: Ask, proxy: FaultyProxy, web: Repository, challenge: str, said: str
) -> None:
    proxy.fail("tags/list", faults.status(401, WWW_Authenticate=challenge))
    with pytest.raises(RegistryDenied, match=said):
        ask({proxy.host: HostSettings(credentials=CI)}).tags(web)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.html, "a web page, not a token"),
        (faults.says(b"{}"), "no usable token"),
        (faults.says(b'{"token":"a\\r\\nX-Evil: 1"}'), "no usable token"),
        (faults.says(b'{"token":5}'), "not a token"),
        (faults.redirect("https://example.com/"), "token server answered 307"),
        (faults.status(404), "token server answered 404"),
        (faults.status(500), "answered 500 5 times"),
    ],
)
def test_a_token_server_s_fault_is_named(
    ask: Ask, proxy: FaultyProxy, web: Repository, fault: faults.Fault, said: str
) -> None:
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s"'
    proxy.fail("tags/list", faults.status(401, WWW_Authenticate=challenge))
    proxy.fail("/token", fault)
    with pytest.raises(RegistryUnreachable, match=said) as caught:
        ask({proxy.host: HostSettings(credentials=CI)}).tags(web)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("fault", [faults.drip_headers, faults.drip_body, faults.stall, faults.endless])
def test_a_token_server_that_never_ends_is_ended(
    ask: Ask, proxy: FaultyProxy, web: Repository, fault: faults.Fault
) -> None:
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s",scope="repository:acme/web:pull"'
    proxy.fail("tags/list", faults.status(401, WWW_Authenticate=challenge))
    proxy.fail("/token", fault)
    with pytest.raises(RegistryUnreachable, match=r"in time|too long") as caught:
        ask({proxy.host: HostSettings(credentials=CI)}, timeout=0.3).tags(web)
    assert "/token" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_credentials_do_not_follow_a_redirect_to_another_host(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    guarded.fail("/blobs/", lambda handler: faults.redirect(f"http://{guarded.elsewhere}{handler.path}")(handler), 1)
    with pytest.raises(RegistryDenied):
        ask({guarded.host: HostSettings(credentials=CI)}).facts(
            Repository(guarded.host, PATH), "1.0.0", frozenset({"created"})
        )
    there = [asked for asked in guarded.log if asked.host == guarded.elsewhere]
    assert len(there) == 1
    assert there[0].authorization == ""
    # nor is what the other host asks for answered
    assert len(tokens.log) == 1


def test_credentials_do_not_go_to_a_next_page_elsewhere(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    link = f'<http://{guarded.elsewhere}/v2/acme/web/tags/list?last=1>; rel="next"'
    guarded.change = lambda path, status, headers, body: (status, headers | {"Link": link}, body)
    with pytest.raises(RegistryUnreachable, match="another host"):
        ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH))
    assert not [asked for asked in guarded.log if asked.host == guarded.elsewhere]


def test_the_netrc_file_is_not_used(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login intruder password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH)) == SORTED
    assert {asked.authorization.partition(" ")[0] for asked in guarded.log} == {"", "Bearer"}


def _scopeless(path: str, status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """The same challenge without its scope."""
    kept = {name: value for name, value in headers.items() if name.lower() != "www-authenticate"}
    challenge = next((value for name, value in headers.items() if name.lower() == "www-authenticate"), "")
    if challenge:
        kept["WWW-Authenticate"] = challenge.partition(",scope=")[0]
    return status, kept, body


def _scopes(tokens: TokenServer) -> list[str]:
    return [query.partition("scope=")[2] for _, query, _ in tokens.log]


def test_a_host_that_names_no_scope_is_asked_with_one_token_for_all_its_repositories(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    guarded.change = _scopeless
    tokens.whole = ["repository:acme/web:pull", "repository:acme/other:pull"]
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    assert registries.tags(Repository(guarded.host, PATH)) == SORTED
    assert registries.tags(Repository(guarded.host, OTHER)) == ("1.0",)
    assert _scopes(tokens) == [""]
    assert [bool(asked.authorization) for asked in guarded.log] == [False, True, True]


@pytest.mark.parametrize("whole", [None, []])
def test_a_token_without_a_scope_that_is_refused_gives_way_to_the_repository_s(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, whole: list[str] | None
) -> None:
    guarded.change = _scopeless
    tokens.whole = whole  # None: not sold; []: sold, and not enough for the registry
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    assert registries.tags(Repository(guarded.host, PATH)) == SORTED
    assert _scopes(tokens) == ["", "repository%3Aacme%2Fweb%3Apull"]
    # once is enough to know it of the host
    assert registries.tags(Repository(guarded.host, OTHER)) == ("1.0",)
    assert _scopes(tokens)[2:] == ["repository%3Aacme%2Fother%3Apull"]


def test_a_403_for_want_of_a_scope_is_understood_too(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com"'
    guarded.fail("tags/list", faults.status(401, WWW_Authenticate=challenge), 1)
    guarded.fail("tags/list", faults.status(403), 1)
    assert ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH)) == SORTED
    assert _scopes(tokens) == ["", "repository%3Aacme%2Fweb%3Apull"]


def test_a_registry_that_names_no_scope_and_is_never_content_is_denied(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com"'
    guarded.fail("tags/list", faults.status(401, WWW_Authenticate=challenge))
    with pytest.raises(RegistryDenied, match="denied"):
        ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH))
    assert len(guarded.log) == 3


def test_the_challenge_of_one_repository_serves_the_others(ask: Ask, guarded: FaultyProxy, tokens: TokenServer) -> None:
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    registries.tags(Repository(guarded.host, PATH))
    registries.tags(Repository(guarded.host, OTHER))
    assert [bool(asked.authorization) for asked in guarded.log] == [False, True, True]


def test_a_401_in_the_middle_of_paging_renews_the_token_and_the_list_is_whole(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer
) -> None:
    guarded.page_size = 2
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com",error="invalid_token"'
    guarded.fail("last=", faults.status(401, WWW_Authenticate=challenge), 1)
    assert ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH)) == SORTED
    assert len(tokens.log) == 2


def test_a_token_that_ends_in_the_middle_of_paging_is_renewed_before_it_is_refused(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, clock: FakeClock
) -> None:
    guarded.page_size = 2

    def later(path: str, status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        clock.advance(150)
        return status, headers, body

    guarded.change = later
    assert ask({guarded.host: HostSettings(credentials=CI)}).tags(Repository(guarded.host, PATH)) == SORTED
    assert len(tokens.log) == 2
    assert [asked.authorization[:6] for asked in guarded.log] == ["", "Bearer", "Bearer", "Bearer"]


@pytest.mark.parametrize(
    ("age", "bought"),
    # kept by its server for 200 of its 300 s; too old to be believed; from a clock that is ahead of ours
    [(200, 2), (100_000, 2), (-100_000, 1), (None, 1)],
)
def test_a_token_s_time_begins_when_it_was_issued(
    ask: Ask, guarded: FaultyProxy, tokens: TokenServer, clock: FakeClock, age: int | None, bought: int
) -> None:
    tokens.issued_at = "soon" if age is None else (clock.now() - timedelta(seconds=age)).isoformat()
    registries = ask({guarded.host: HostSettings(credentials=CI)})
    registries.tags(Repository(guarded.host, PATH))
    clock.advance(49)
    registries.tags(Repository(guarded.host, PATH))
    assert len(tokens.log) == 1
    clock.advance(100)
    registries.tags(Repository(guarded.host, PATH))
    assert len(tokens.log) == bought
