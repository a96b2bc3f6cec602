"""What comes and is no answer: the sentence says what it is, not that a connection was cut."""

from __future__ import annotations

import re

import pytest

from promote.errors import ForgeError, RegistryDenied, RegistryUnreachable
from promote.image import Repository
from promote.transport import Transport
from tests.registry.conftest import Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.raw import saying

CUT = "the connection was cut before the answer was complete; try again later"
NOT_HTTP = "what it sent is not HTTP/1; check the host and the port, and whether it is TLS that is spoken there"
LONG = "the headers of its answer are too long or too many; check the host and the port, and whether it is TLS that is"
ODD = "the headers of its answer cannot be read; ask who runs the host, or what stands before it"
OK = b"HTTP/1.1 200 OK\r\n"


def _said(transport: Transport, url: str) -> str:
    with pytest.raises(ForgeError) as caught:
        transport.request("GET", url, unreachable=ForgeError, cap=1000)
    told = str(caught.value)
    assert told.startswith(f"{url}: ")
    return told.removeprefix(f"{url}: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", CUT),
        (OK + b"Content-Length: 20\r\n\r\n{}", CUT),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}", CUT),
        (b"SSH-2.0-OpenSSH_9.6\r\n", NOT_HTTP),
        (b"220 mail.example.com ESMTP\r\n", NOT_HTTP),
        (b"\x15\x03\x01\x00\x02\x02\x46", NOT_HTTP),  # an alert of TLS
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", NOT_HTTP),  # the settings of HTTP/2
        (b"HTTP/2.0 200 OK\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.1 abc OK\r\n\r\n", NOT_HTTP),
        (OK + b"X: y\r\n" * 150 + b"\r\n", LONG),
        (OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n", LONG),
        # All that follows such a line is lost: here the Link, and with it all pages but the first.
        (OK + b'odd line\r\nLink: </v2/x>; rel="next"\r\nContent-Length: 2\r\n\r\n{}', ODD),
        (OK + b": nameless\r\nContent-Length: 2\r\n\r\n{}", ODD),
        (OK + b"Link : <x>\r\nContent-Length: 2\r\n\r\n{}", ODD),
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", ODD),
    ],
)
def test_what_is_no_answer_is_told_as_what_it_is(
    transport: Transport, capfd: pytest.CaptureFixture[str], data: bytes, said: str
) -> None:
    with saying(data) as port:
        assert _said(transport, f"http://127.0.0.1:{port}/x").startswith(said)
    assert capfd.readouterr() == ("", "")


def test_an_answer_with_folded_and_odd_headers_that_can_be_read_is_one(transport: Transport) -> None:
    # Without the first header the connection is kept, and the server waits for more.
    head = b"Connection: close\r\nX-Y: a\r\n b\r\nZ:\r\nlink:<x>\r\nContent-Length: 2\r\n\r\n"
    with saying(OK + head + b"{}") as port:
        response = transport.request("GET", f"http://127.0.0.1:{port}/x", unreachable=ForgeError, cap=1000)
    assert (response.status, response.headers["link"], response.body) == (200, "<x>", b"{}")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it cut the connection in the TLS handshake; check the port, and what stands before the host"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak TLS as expected; check the port, and whether"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "it speaks only TLS that is too old; have it speak TLS 1.2 or newer"),
        (b"\x15\x03\x03\x00\x02\x02\x31", "it wants a client certificate; set `client_cert`"),  # access denied
    ],
)
def test_what_is_no_handshake_is_told_as_what_it_is(transport: Transport, data: bytes, said: str) -> None:
    with saying(data) as port:
        assert _said(transport, f"https://127.0.0.1:{port}/x").startswith(said)


def test_a_redirect_that_does_not_say_where_to(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("tags", lambda handler: handler.answer(302))
    with pytest.raises(RegistryUnreachable, match="redirects, and does not say where to; ask who runs the registry"):
        ask().tags(web)
    assert len(proxy.log) == 1


@pytest.mark.parametrize("challenge", ["Bearer", 'Bearer service="x"', 'Bearer realm="",service="x"'])
def test_a_challenge_that_does_not_say_where_tokens_are_sold(
    ask: Ask, proxy: FaultyProxy, web: Repository, challenge: str
) -> None:
    proxy.fail("tags", faults.status(401, WWW_Authenticate=challenge))
    with pytest.raises(RegistryDenied, match="wants a token, and does not say which server sells it") as caught:
        ask().tags(web)
    assert "realm" in str(caught.value)
    assert len(proxy.log) == 1


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("400 No required SSL certificate was sent", "it wants a client certificate; set `client_cert`"),
        ("400 The SSL certificate error", "it does not accept the client certificate; set `client_cert`"),
        ("400 The plain HTTP request was sent to HTTPS port", "it was asked in plain HTTP and speaks TLS; ask it"),
        ("400 Bad Request", "the repository acme/web: answered 400, not as a registry does"),
    ],
)
def test_what_nginx_says_of_how_it_was_asked_is_told(
    ask: Ask, proxy: FaultyProxy, web: Repository, page: str, said: str
) -> None:
    body = f"<html><head><title>{page}</title></head><body><center><h1>400 Bad Request</h1></center></body></html>"
    proxy.fail("tags", faults.says(body.encode(), "text/html", 400))
    with pytest.raises(RegistryUnreachable, match=re.escape(said)):
        ask().tags(web)
