"""Proxies of the environment: gone through, or named with the variable that names them, and never with a password."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import ForgeError, RegistryUnreachable
from promote.image import Repository
from promote.registry.settings import HostSettings
from promote.transport import Transport
from promote.transport.proxy import Proxy
from tests.registry.conftest import PATH, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.raw import saying
from tests.servers.secure import TAGS, SecureServer, secure_server, tunnel_proxy

HOST = "registry.example.com"
URL = f"http://{HOST}/v2/"
WRONG = "correct {variable}, or name the host in no_proxy if it can be reached without"
Setting = Callable[..., None]


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Sets the variables of proxies; nothing else is set of them."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def set_to(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_to


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SecureServer]:
    authority = trustme.CA()
    with secure_server(tmp_path, authority.issue_cert(HOST), authority) as running:
        yield running


def _secured(ask: Ask, host: str = HOST, server: SecureServer | None = None) -> str:
    settings = HostSettings(ca=server.ca if server else None)
    with pytest.raises(RegistryUnreachable) as caught:
        ask({host: settings}).tags(Repository(host, PATH))
    told = str(caught.value)
    assert told.startswith(f"https://{host}/v2/{PATH}/tags/list?n=1000: ")
    assert "s3cret" not in told
    return told.split("?n=1000: ", 1)[1]


def _plain(transport: Transport) -> str:
    with pytest.raises(ForgeError) as caught:
        transport.request("GET", URL, unreachable=ForgeError, cap=1000, plain_http=True)
    told = str(caught.value)
    assert told.startswith(f"{URL}: ")
    assert "s3cret" not in told
    return told.removeprefix(f"{URL}: ")


def test_what_is_on_loopback_goes_through_no_proxy(transport: Transport, proxy: FaultyProxy, through: Setting) -> None:
    through(http_proxy="http://127.0.0.1:1")
    assert transport.request("GET", f"http://{proxy.host}/v2/", unreachable=ForgeError, cap=1000).status == 200


def test_no_proxy_is_obeyed(ask: Ask, server: SecureServer, through: Setting) -> None:
    with tunnel_proxy(server.port) as proxy:
        through(https_proxy=proxy.url, no_proxy="invalid")
        assert _secured(ask, "registry.invalid").startswith("the host's name is not known; ")
        assert proxy.asked == []


def test_https_goes_through_a_tunnel(ask: Ask, server: SecureServer, through: Setting, lines: list[str]) -> None:
    with tunnel_proxy(server.port) as proxy:
        through(https_proxy=proxy.url.replace("//", "//me:s3cret@"))
        assert ask({HOST: HostSettings(ca=server.ca)}).tags(Repository(HOST, PATH)) == TAGS
        assert proxy.asked == [(f"{HOST}:443", "me:s3cret")]
    assert "s3cret" not in "".join(lines)
    # what is for the proxy is not for the registry
    assert [authorization for _, authorization, _ in server.seen] == [""]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_plain_http_is_asked_of_the_proxy(
    transport: Transport, proxy: FaultyProxy, through: Setting, variable: str
) -> None:
    proxy.fail(HOST, faults.says(b"by proxy"))
    for url in (f"http://{proxy.host}", proxy.host):
        through(**{variable: url})
        response = transport.request("GET", URL, unreachable=ForgeError, cap=1000, plain_http=True)
        assert response.body == b"by proxy"


def test_behind_a_proxy_a_certificate_is_looked_at_all_the_same(
    ask: Ask, server: SecureServer, through: Setting
) -> None:
    with tunnel_proxy(server.port) as proxy:
        through(https_proxy=proxy.url)
        said = _secured(ask, "other.example.com", server)
    assert "certificate is not valid for 'other.example.com'" in said
    assert server.seen == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, f"did not let it through (403); {WRONG}"),
        (502, f"did not let it through (502); {WRONG}"),
        (
            407,
            "wants a name and a password (407); write those that it knows into {variable}, "
            "as http://NAME:PASSWORD@HOST:PORT",
        ),
    ],
)
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_tunnel_that_is_refused_is_told_with_the_proxy(
    ask: Ask, server: SecureServer, through: Setting, variable: str, status: int, said: str
) -> None:
    with tunnel_proxy(server.port) as proxy:
        proxy.status = status
        through(**{variable: proxy.url.replace("//", "//me:s3cret@")})
        told = _secured(ask, server=server)
    assert told == f"its proxy {proxy.url} ({variable}) " + said.format(variable=variable)


def test_407_over_plain_http_is_the_proxys(transport: Transport, proxy: FaultyProxy, through: Setting) -> None:
    proxy.fail(HOST, faults.status(407, Proxy_Authenticate="Basic"))
    through(http_proxy=f"http://me:s3cret@{proxy.host}")
    assert _plain(transport) == (
        f"its proxy http://{proxy.host} (http_proxy) wants a name and a password (407); "
        "write those that it knows into http_proxy, as http://NAME:PASSWORD@HOST:PORT"
    )


def test_407_without_a_proxy_is_the_hosts_own_word(transport: Transport, proxy: FaultyProxy, through: Setting) -> None:
    through()
    proxy.fail("/v2/", faults.status(407))
    url = f"http://{proxy.host}/v2/"
    assert transport.request("GET", url, unreachable=ForgeError, cap=1000).status == 407


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://me:s3cret@127.0.0.1:1", "its proxy http://127.0.0.1:1 ({variable}) refused the connection; " + WRONG),
        ("me:s3cret@127.0.0.1:1", "its proxy http://127.0.0.1:1 ({variable}) refused the connection; " + WRONG),
        ("me:s3cret@localhost:1", "its proxy http://localhost:1 ({variable}) refused the connection; " + WRONG),
        ("http://s3cret@127.0.0.1:1/s", "its proxy http://127.0.0.1:1 ({variable}) refused the connection; " + WRONG),
        (
            "http://me:s3cret@proxy.invalid:3128",
            "the host's name of its proxy http://proxy.invalid:3128 ({variable}) is not known; " + WRONG,
        ),
        (
            "socks5h://me:s3cret@127.0.0.1:1",
            "its proxy socks5h://127.0.0.1:1 ({variable}) is of a kind that is not spoken (SOCKS); "
            "name an HTTP proxy, or set no_proxy",
        ),
        *(
            (bad, "what {variable} names as its proxy is no http(s) URL; correct {variable}")
            for bad in (
                "http://",
                "ftp://me:s3cret@127.0.0.1:1",
                "http://me:s3cret@[::1",
                "http://me:s3cret@127.0.0.1:port",
                "http://me:s3cret@127.0.0.1:99999",
                "http://s3cret host:1",
                "me:s3://cret@127.0.0.1:1/",
            )
        ),
    ],
)
def test_a_proxy_that_cannot_be_reached_is_named(
    ask: Ask, transport: Transport, through: Setting, url: str, said: str
) -> None:
    through(https_proxy=url, http_proxy=url)
    assert _secured(ask) == said.format(variable="https_proxy")
    assert _plain(transport) == said.format(variable="http_proxy")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20))
def test_no_password_of_a_proxy_is_in_its_name(noise: str) -> None:
    for url in (f"http://me:s3cret{noise}@h:1", f"http://{noise}s3cret@h:1", f"https://me:{noise}s3cret{noise}@h:1/p"):
        assert Proxy(url, "https_proxy").name == f"its proxy {url.partition(':')[0]}://h:1 (https_proxy)"


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP; " + WRONG), (b"", "cut the connection; " + WRONG)],
)
def test_a_proxy_that_is_none_is_named(
    ask: Ask, transport: Transport, through: Setting, data: bytes, said: str
) -> None:
    with saying(data) as port:
        url = f"http://me:s3cret@127.0.0.1:{port}"
        through(https_proxy=url, http_proxy=url)
        named = f"its proxy http://127.0.0.1:{port} ({{variable}}) "
        assert _secured(ask) == (named + said).format(variable="https_proxy")
        assert _plain(transport) == (named + said).format(variable="http_proxy")


def test_a_proxy_that_is_spoken_to_by_tls_is_named(ask: Ask, server: SecureServer, through: Setting) -> None:
    with ExitStack() as stack:
        plain = stack.enter_context(tunnel_proxy(server.port))
        through(https_proxy=plain.url.replace("http", "https"))
        said = f"its proxy https://127.0.0.1:{plain.port} (https_proxy) does not speak TLS; write it with http:// into"
        assert _secured(ask, server=server).startswith(said)
    through(https_proxy=f"https://{server.host}")
    said = f"the TLS certificate of its proxy https://{server.host} (https_proxy) is not trusted; correct https_proxy"
    assert _secured(ask).startswith(said)


def test_a_proxy_that_says_nothing_is_named(transport: Transport, proxy: FaultyProxy, through: Setting) -> None:
    proxy.fail("", faults.stall)
    through(http_proxy=f"http://me:s3cret@{proxy.host}")
    started = time.monotonic()
    with pytest.raises(ForgeError) as caught:
        transport.request("GET", URL, unreachable=ForgeError, cap=9, plain_http=True, timeout=0.3)
    assert str(caught.value).startswith(f"{URL}: its proxy http://{proxy.host} (http_proxy) gave no answer in time; ")
    assert time.monotonic() - started < 2


def test_a_host_behind_a_proxy_that_cuts_its_answer_is_told_as_itself(
    ask: Ask, through: Setting, server: SecureServer
) -> None:
    with saying(b"") as nobody, tunnel_proxy(nobody) as proxy:
        through(https_proxy=proxy.url)
        assert _secured(ask, server=server).startswith("it cut the connection in the TLS handshake; ")
