"""Signing in: passwords over TLS, tokens, and to whom credentials never go."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promote.errors import RegistryDenied, RegistryUnreachable
from promote.image import Repository
from promote.question import Known
from promote.registry.access import base_url
from promote.registry.settings import Credentials, HostSettings
from tests.clock import FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, TokenServer, docker_registry, token_server
from tests.servers.seed import build, write_storage

PASSWORD = "s3cret-wörd"
REFRESH = "s3cret-refresh"
CI = Credentials("ci", PASSWORD)
SORTED = tuple(sorted(TAGS))


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    with docker_registry(htpasswd={"ci": PASSWORD}, tls=True) as running:
        write_storage(running.storage, PATH, TAGS)
        yield running


@pytest.fixture(scope="module")
def _token_registry() -> Iterator[tuple[RunningRegistry, TokenServer]]:
    server = TokenServer(users={"ci": PASSWORD}, refresh=REFRESH)
    with token_server(server), docker_registry(tokens=server) as running:
        write_storage(running.storage, PATH, TAGS)
        yield running, server


@pytest.fixture
def tokens(_token_registry: tuple[RunningRegistry, TokenServer]) -> TokenServer:
    server = _token_registry[1]
    server.log.clear()
    server.anonymous, server.lifetime = False, 300
    return server


@pytest.fixture
def guarded(_token_registry: tuple[RunningRegistry, TokenServer]) -> Iterator[FaultyProxy]:
    """The registry that wants tokens, seen through the proxy."""
    with faulty_proxy(_token_registry[0].host) as running:
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
    with pytest.raises(RegistryUnreachable, match="answered 400"):
        ask().tags(Repository(locked.host, PATH))
    with pytest.raises(RegistryUnreachable, match="does not speak TLS"):
        ask({registry.host: HostSettings(ca=locked.ca)}).tags(Repository(registry.host, PATH))


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
    registries.facts(Repository(guarded.host, "acme/other"), "1.0", frozenset({"digest"}))
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
    challenge = f'Bearer realm="{tokens.realm}",service="tests.example.com"'
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
    ["", "repository:acme/web:pull,push", "repository:other:pull", "registry:catalog:*", "repository:acme/web:*"],
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
        ('Bearer service="x"', "no https URL"),
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
