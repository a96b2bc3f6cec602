"""TLS: whom promote believes, what it shows, and the sentence for each way in which that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from promote.clock import SystemClock
from promote.errors import RegistryError, RegistryUnreachable
from promote.image import Repository
from promote.registry.settings import Credentials, HostSettings
from tests.registry.conftest import PATH, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.secure import TAGS, SecureServer, secure_server, tunnel_proxy, write_pair

NAMES = ("127.0.0.1", "localhost", "registry.example.com")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def clients() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(tmp_path: Path, authority: trustme.CA) -> Iterator[SecureServer]:
    with secure_server(tmp_path, authority.issue_cert(*NAMES), authority) as running:
        yield running


@pytest.fixture
def strict(tmp_path: Path, authority: trustme.CA, clients: trustme.CA) -> Iterator[SecureServer]:
    """A server that lets in only those who show a certificate."""
    with secure_server(tmp_path, authority.issue_cert(*NAMES), authority, clients=clients) as running:
        yield running


def _said(ask: Ask, host: str, settings: HostSettings) -> str:
    with pytest.raises(RegistryUnreachable) as caught:
        ask({host: settings}).tags(Repository(host, PATH))
    assert str(caught.value).startswith(f"https://{host}/v2/{PATH}/tags/list?n=1000: ")
    return str(caught.value).split(": ", 1)[1]


def test_a_host_is_believed_by_its_own_authority(ask: Ask, server: SecureServer) -> None:
    settings = {server.host: HostSettings(ca=server.ca)}
    assert ask(settings).tags(Repository(server.host, PATH)) == TAGS


def test_an_authority_that_nobody_knows(ask: Ask, server: SecureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    other = server.ca.with_name("other.pem")
    trustme.CA().cert_pem.write_to_path(other)
    cure = f"name the file of its certificate authority (`ca`); used was {other}"
    assert _said(ask, server.host, HostSettings(ca=other)).endswith(cure)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    # port 443 of loopback would be TLS by itself; here a certificate of the client's makes it so
    certificate, key = write_pair(server.ca.parent, trustme.CA().issue_cert("ci"))
    said = _said(ask, server.host, HostSettings(client_cert=certificate, client_key=key))
    assert said.startswith("its TLS certificate is not trusted (unable to get local issuer certificate)")
    assert said.endswith("used was $SSL_CERT_FILE")


@pytest.mark.parametrize(
    ("days", "words"),
    [((-9, -2), "certificate has expired"), ((2, 9), "certificate is not yet valid")],
)
def test_a_certificate_out_of_its_time(
    ask: Ask, tmp_path: Path, authority: trustme.CA, days: tuple[int, int], words: str
) -> None:
    now = SystemClock().now()
    begins, ends = (now + timedelta(days=day) for day in days)
    issued = authority.issue_cert(*NAMES, not_before=begins, not_after=ends)
    with secure_server(tmp_path, issued, authority) as server:
        assert _said(ask, server.host, HostSettings(ca=server.ca)) == (
            f"its TLS certificate is not trusted ({words}); "
            "have its certificate renewed, or check the clock of this machine"
        )


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_certificate_of_another_host(ask: Ask, tmp_path: Path, authority: trustme.CA, name: str) -> None:
    with secure_server(tmp_path, authority.issue_cert("registry.example.com"), authority) as server:
        said = _said(ask, f"{name}:{server.port}", HostSettings(ca=server.ca))
    assert said.startswith("its TLS certificate is not trusted (")
    assert f"certificate is not valid for '{name}'" in said
    assert said.endswith("check how the host is spelled, or have its certificate issued for this name")


def test_nothing_is_asked_of_a_server_that_is_not_believed(ask: Ask, tmp_path: Path, authority: trustme.CA) -> None:
    with secure_server(tmp_path, authority.issue_cert("registry.example.com"), authority) as server:
        _said(ask, server.host, HostSettings(credentials=Credentials("ci", "s3cret"), ca=server.ca))
        assert server.seen == []


@pytest.mark.parametrize("apart", [True, False])
def test_a_client_certificate_lets_in(ask: Ask, strict: SecureServer, clients: trustme.CA, apart: bool) -> None:
    certificate, key = write_pair(strict.ca.parent, clients.issue_cert("ci.example.com"))
    shown = certificate.read_text().replace("\r", "")
    if not apart:
        certificate.write_bytes(key.read_bytes() + certificate.read_bytes())
    settings = HostSettings(ca=strict.ca, client_cert=certificate, client_key=key if apart else None)
    assert ask({strict.host: settings}).tags(Repository(strict.host, PATH)) == TAGS
    assert [client for _, _, client in strict.seen] == [shown]


def test_who_shows_none_or_a_wrong_one_is_told_so(ask: Ask, strict: SecureServer) -> None:
    base = HostSettings(ca=strict.ca)
    assert "it wants a client certificate; set `client_cert`" in _said(ask, strict.host, base)
    certificate, key = write_pair(strict.ca.parent, trustme.CA().issue_cert("ci.example.com"))
    said = _said(ask, strict.host, replace(base, client_cert=certificate, client_key=key))
    assert said.startswith(f"it does not accept {certificate}; ")
    assert strict.seen == []


def test_files_of_a_client_certificate_that_do_not_do(ask: Ask, strict: SecureServer, clients: trustme.CA) -> None:
    folder = strict.ca.parent
    certificate, key = write_pair(folder, clients.issue_cert("ci.example.com"))
    _, other = write_pair(folder / "other", clients.issue_cert("ci.example.com"))
    locked = folder / "locked.key"
    opened = load_pem_private_key(key.read_bytes(), None)
    closing = BestAvailableEncryption(b"s3cret")
    locked.write_bytes(opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closing))
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + locked.read_bytes())
    none, junk = folder / "none.pem", folder / "junk.pem"
    junk.write_text("s3cret")
    base = HostSettings(ca=strict.ca, client_cert=certificate, client_key=key)
    for changed, said in (
        (replace(base, client_cert=none), f"there is no file {none}; correct `client_cert`"),
        (replace(base, client_key=none), f"there is no file {none}; correct `client_key`"),
        (replace(base, ca=none), f"there is no file {none}; correct `ca`"),
        (
            replace(base, client_cert=folder),
            f"the file {folder} cannot be read (Is a directory); correct `client_cert`",
        ),
        (replace(base, client_cert=junk), "a file of certificates or keys cannot be read; check that"),
        (replace(base, client_key=junk), "a file of certificates or keys cannot be read; check that"),
        (replace(base, client_key=other), "the client certificate and its key do not belong together; correct"),
        (replace(base, client_key=locked), "the key of the client certificate has a passphrase; write it without"),
        (replace(base, client_cert=both, client_key=None), "the key of the client certificate has a passphrase; "),
        (replace(base, client_key=None), "a file of certificates or keys cannot be read; check that"),
    ):
        told = _said(ask, strict.host, changed)
        assert told.startswith(said), told
        assert "s3cret" not in told
    assert strict.seen == []


def test_a_client_certificate_is_shown_to_its_own_host_alone(
    ask: Ask, strict: SecureServer, tmp_path: Path, authority: trustme.CA, clients: trustme.CA
) -> None:
    certificate, key = write_pair(strict.ca.parent, clients.issue_cert("ci.example.com"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with secure_server(elsewhere, authority.issue_cert(*NAMES), authority, clients=clients) as other:
        strict.location = f"https://{other.host}/v2/{PATH}/tags/list"
        settings = HostSettings(ca=strict.ca, client_cert=certificate, client_key=key)
        with pytest.raises(RegistryError) as caught:
            ask({strict.host: settings}).tags(Repository(strict.host, PATH))
        assert other.host in str(caught.value)
        assert (len(strict.seen), other.seen) == (1, [])


@pytest.mark.parametrize("target", ["http://{host}/x", "http://127.0.0.1:1/x", "file:///etc/passwd"])
def test_a_redirect_from_tls_into_the_clear_is_not_followed(ask: Ask, server: SecureServer, target: str) -> None:
    server.location = target.format(host=server.host)
    said = _said(ask, server.host, HostSettings(ca=server.ca))
    assert "which is not https" in said
    assert len(server.seen) == 1


def test_a_redirect_with_a_name_and_a_password_is_not_followed(ask: Ask, server: SecureServer) -> None:
    server.location = f"//user:s3cret@{server.host}/x"
    with pytest.raises(RegistryUnreachable, match="without credentials") as caught:
        ask({server.host: HostSettings(ca=server.ca)}).tags(Repository(server.host, PATH))
    assert "s3cret" not in str(caught.value)
    assert len(server.seen) == 1


def test_what_a_token_server_elsewhere_wants_is_not_shown_either(
    ask: Ask, proxy: FaultyProxy, strict: SecureServer, clients: trustme.CA, web: Repository
) -> None:
    # The registry is on another port of the same name: trusted with credentials, and still not the same server.
    certificate, key = write_pair(strict.ca.parent, clients.issue_cert("ci.example.com"))
    proxy.fail("tags", faults.status(401, WWW_Authenticate=f'Bearer realm="https://{strict.host}/token",service="s"'))
    settings = HostSettings(
        credentials=Credentials("ci", "s3cret"),
        ca=strict.ca,
        client_cert=certificate,
        client_key=key,
        plain_http=True,
    )
    with pytest.raises(RegistryError, match="it wants a client certificate"):
        ask({proxy.host: settings}).tags(web)
    assert strict.seen == []


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


HOST = "registry.example.com"


def test_a_proxy_of_the_environment_is_gone_through(
    ask: Ask, server: SecureServer, through: pytest.MonkeyPatch, lines: list[str]
) -> None:
    with tunnel_proxy(server.port) as proxy:
        through.setenv("https_proxy", proxy.url.replace("//", "//me:s3cret@"))
        assert ask({HOST: HostSettings(ca=server.ca)}).tags(Repository(HOST, PATH)) == TAGS
        assert proxy.asked == [(f"{HOST}:443", "me:s3cret")]
    assert "s3cret" not in "".join(lines)
    # what is for the proxy is not for the registry
    assert [authorization for _, authorization, _ in server.seen] == [""]


def test_behind_a_proxy_a_certificate_is_looked_at_all_the_same(
    ask: Ask, server: SecureServer, through: pytest.MonkeyPatch
) -> None:
    with tunnel_proxy(server.port) as proxy:
        through.setenv("https_proxy", proxy.url)
        said = _said(ask, "other.example.com", HostSettings(ca=server.ca))
    assert "certificate is not valid for 'other.example.com'" in said
    assert server.seen == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_does_not_let_through_is_named(
    ask: Ask, server: SecureServer, through: pytest.MonkeyPatch, status: int
) -> None:
    with tunnel_proxy(server.port) as proxy:
        proxy.status = status
        through.setenv("https_proxy", proxy.url.replace("//", "//me:s3cret@"))
        said = _said(ask, HOST, HostSettings(ca=server.ca))
    assert said == "the proxy did not let it through; check https_proxy, http_proxy and no_proxy"


def test_a_proxy_of_another_kind_is_named(ask: Ask, server: SecureServer, through: pytest.MonkeyPatch) -> None:
    through.setenv("https_proxy", "socks5://me:s3cret@127.0.0.1:1")
    said = _said(ask, HOST, HostSettings(ca=server.ca))
    assert said == "its proxy is of a kind that is not spoken (SOCKS); name an HTTP proxy, or set no_proxy"


def test_no_proxy_is_obeyed(ask: Ask, server: SecureServer, through: pytest.MonkeyPatch) -> None:
    with tunnel_proxy(server.port) as proxy:
        through.setenv("https_proxy", proxy.url)
        through.setenv("no_proxy", "invalid")
        said = _said(ask, "registry.invalid", HostSettings(ca=server.ca))
        assert proxy.asked == []
    assert said.startswith("the host's name is not known; ")
