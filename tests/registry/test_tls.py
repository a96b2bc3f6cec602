"""TLS: whom promote believes, what it shows, and the sentence for each way in which that goes wrong."""

from __future__ import annotations

import re
import ssl
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
from tests.servers.secure import TAGS, SecureServer, secure_server, write_pair

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


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def strict(
    request: pytest.FixtureRequest, tmp_path: Path, authority: trustme.CA, clients: trustme.CA
) -> Iterator[SecureServer]:
    """A server that lets in only those who show a certificate."""
    issued = authority.issue_cert(*NAMES)
    with secure_server(tmp_path, issued, authority, clients=clients, newest=request.param) as running:
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
    # In TLS 1.2 there is no word for it: what the server says may mean a cipher too.
    assert re.match(r"it .*want.? a client certificate; set `client_cert`", _said(ask, strict.host, base))
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
    empty = folder / "empty.pem"
    empty.touch()
    base = HostSettings(ca=strict.ca, client_cert=certificate, client_key=key)
    for changed, said in (
        (replace(base, client_cert=none), f"there is no file {none}; correct `client_cert`"),
        (replace(base, client_key=none), f"there is no file {none}; correct `client_key`"),
        (replace(base, ca=none), f"there is no file {none}; correct `ca`"),
        (
            replace(base, client_cert=folder),
            f"{folder} is a folder, and no file of PEM; name a file in `client_cert`",
        ),
        (replace(base, ca=folder), f"{folder} is a folder, and no file of PEM; name a file in `ca`"),
        (replace(base, ca=junk), f"the file {junk} holds no certificate in PEM; correct `ca`"),
        (replace(base, ca=empty), f"the file {empty} holds no certificate in PEM; correct `ca`"),
        (replace(base, client_cert=junk), f"the file {junk} holds no certificate in PEM; correct `client_cert`"),
        (replace(base, client_key=junk), f"the file {junk} holds no private key in PEM; correct `client_key`"),
        (replace(base, client_key=other), "the client certificate and its key do not belong together; correct"),
        (replace(base, client_key=locked), "the key of the client certificate has a passphrase; write it without"),
        (replace(base, client_cert=both, client_key=None), "the key of the client certificate has a passphrase; "),
        (replace(base, client_key=None), f"the file {certificate} holds no private key in PEM; correct `client_key`"),
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
    with pytest.raises(RegistryError, match=r"want.? a client certificate"):
        ask({proxy.host: settings}).tags(web)
    assert strict.seen == []


@pytest.mark.parametrize(("name", "said"), [("none.pem", "there is no file {}; "), ("junk.pem", "the file {} holds ")])
def test_authorities_that_a_variable_names_wrongly_are_named_by_it(
    ask: Ask, strict: SecureServer, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    path = strict.ca.with_name(name)
    strict.ca.with_name("junk.pem").write_text("s3cret")
    certificate, key = write_pair(strict.ca.parent, trustme.CA().issue_cert("ci"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    told = _said(ask, strict.host, HostSettings(client_cert=certificate, client_key=key))
    assert told.startswith(said.format(path))
    assert told.endswith("; correct $REQUESTS_CA_BUNDLE")
