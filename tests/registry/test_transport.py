from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from promote.errors import ForgeError, PromoteError
from promote.transport import Tls, Transport, is_loopback, redact
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.registry import RunningRegistry


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/p", "https://h/p"),
        ("https://user:s3cret@h:1/p@x", "https://h:1/p@x"),
        ("https://s3cret@h", "https://h"),
        ("https://user:s3cret@h?x=1", "https://h?x=…"),
        ("//user:s3cret@h/p", "//h/p"),
        ("https://h/p?n=5&last=v1&scope=a", "https://h/p?n=5&last=v1&scope=a"),
        ("https://h/p?X-Amz-Signature=s3cret&n=5&sig=s3cret", "https://h/p?X-Amz-Signature=…&n=5&sig=…"),
        ("https://h/p?s3cret", "https://h/p?…"),
        ("https://h/p#s3cret", "https://h/p"),
        ("https://h/p?token=a=s3cret", "https://h/p?token=…"),
        ("not a url", "not a url"),
    ],
)
def test_redaction(url: str, expected: str) -> None:
    assert redact(url) == expected


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback_is(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com", "0.0.0.0", "127.1"])
def test_loopback_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://registry.example.com/v2/", "plain HTTP"),
        ("ftp://127.0.0.1/", "only http"),
        ("https://user:s3cret@127.0.0.1/", "without credentials"),
        ("https:///v2/", "only http"),
        ("https://[::1/", "not a URL"),
        ("http://127.0.0.1:99999/", "not a URL"),
    ],
)
def test_what_must_not_be_asked_is_not_asked(transport: Transport, lines: list[str], url: str, said: str) -> None:
    with pytest.raises(ForgeError, match=said) as caught:
        transport.request("GET", url, unreachable=ForgeError, cap=10)
    assert "s3cret" not in str(caught.value)
    assert lines == []


def test_each_request_is_one_redacted_line(transport: Transport, proxy: FaultyProxy, lines: list[str]) -> None:
    transport.request("GET", f"http://{proxy.host}/v2/?sig=s3cret", unreachable=ForgeError, cap=1000)
    with pytest.raises(ForgeError):
        transport.request("GET", f"http://{proxy.host}/v2/", unreachable=ForgeError, cap=1)
    (first, second) = lines
    assert first.startswith(f"GET http://{proxy.host}/v2/?sig=… 200 0.")
    assert second.startswith(f"GET http://{proxy.host}/v2/ failed 0.")


def test_a_body_may_be_as_long_as_the_cap_and_no_longer(transport: Transport, proxy: FaultyProxy) -> None:
    proxy.fail("/ten", faults.says(b"0123456789"))
    url = f"http://{proxy.host}/ten"
    assert transport.request("GET", url, unreachable=ForgeError, cap=10).body == b"0123456789"
    with pytest.raises(ForgeError, match="too long"):
        transport.request("GET", url, unreachable=ForgeError, cap=9)


def test_redirects_are_left_to_the_caller(transport: Transport, proxy: FaultyProxy) -> None:
    proxy.fail("/", faults.redirect("https://example.com/"))
    response = transport.request("GET", f"http://{proxy.host}/", unreachable=ForgeError, cap=10)
    assert (response.status, response.headers["location"]) == (307, "https://example.com/")


def test_cookies_are_not_kept(transport: Transport, proxy: FaultyProxy) -> None:
    seen: list[str | None] = []

    def fault(handler: faults.ProxyHandler) -> None:
        seen.append(handler.headers.get("Cookie"))
        handler.answer(200, b"", Set_Cookie="session=1")

    proxy.fail("/", fault)
    for _ in range(2):
        transport.request("GET", f"http://{proxy.host}/", unreachable=ForgeError, cap=10)
    assert seen == [None, None]


def test_connections_are_kept(transport: Transport, proxy: FaultyProxy) -> None:
    seen: set[object] = set()

    def fault(handler: faults.ProxyHandler) -> None:
        seen.add(handler.client_address)
        handler.answer(200, b"x")

    proxy.fail("/", fault)
    for _ in range(5):
        transport.request("GET", f"http://{proxy.host}/", unreachable=ForgeError, cap=10)
    assert len(seen) == 1


def test_a_post_is_not_sent_twice(transport: Transport, proxy: FaultyProxy) -> None:
    proxy.fail("/", faults.hang_up)
    with pytest.raises(ForgeError, match="cut before"):
        transport.request("POST", f"http://{proxy.host}/", unreachable=ForgeError, cap=10, body=b"x")


def test_a_header_with_a_line_break_is_refused(transport: Transport, proxy: FaultyProxy) -> None:
    with pytest.raises(ForgeError, match="control characters") as caught:
        transport.request(
            "GET", f"http://{proxy.host}/", {"Authorization": "s3cret\r\nX: y"}, unreachable=ForgeError, cap=10
        )
    assert "s3cret" not in str(caught.value)
    assert proxy.log == []


@pytest.mark.parametrize("fault", [faults.drip_headers, faults.drip_body, faults.stall])
def test_a_request_ends_in_its_time(transport: Transport, proxy: FaultyProxy, fault: faults.Fault) -> None:
    proxy.fail("/", fault)
    started = time.monotonic()
    with pytest.raises(ForgeError, match="in time"):
        transport.request("GET", f"http://{proxy.host}/", unreachable=ForgeError, cap=1 << 20, timeout=0.3)
    assert time.monotonic() - started < 2


def test_a_handshake_that_never_ends_is_ended(transport: Transport, proxy: FaultyProxy, tmp_path: Path) -> None:
    # The faulty server speaks plain HTTP: it waits for a line and never answers the ClientHello.
    started = time.monotonic()
    with pytest.raises(ForgeError):
        transport.request("GET", f"https://{proxy.host}/", unreachable=ForgeError, cap=10, timeout=0.3)
    assert time.monotonic() - started < 2


def test_the_end_of_one_request_is_not_the_end_of_others(transport: Transport, proxy: FaultyProxy) -> None:
    proxy.fail("/slow", faults.drip_body)
    ended: list[PromoteError] = []

    def slow() -> None:
        try:
            transport.request("GET", f"http://{proxy.host}/slow", unreachable=ForgeError, cap=1 << 20, timeout=0.3)
        except ForgeError as error:
            ended.append(error)

    thread = threading.Thread(target=slow)
    thread.start()
    while thread.is_alive():
        transport.request("GET", f"http://{proxy.host}/v2/", unreachable=ForgeError, cap=1000)
    thread.join()
    assert len(ended) == 1


def test_the_ca_of_the_environment_is_used_where_none_is_set(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, tls_registry: RunningRegistry
) -> None:
    url = f"{tls_registry.url}/v2/"
    with pytest.raises(ForgeError, match="not trusted"):
        transport.request("GET", url, unreachable=ForgeError, cap=1000)
    assert transport.request("GET", url, unreachable=ForgeError, cap=1000, tls=Tls(ca=tls_registry.ca)).status == 200
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_registry.ca))
    assert transport.request("GET", url, unreachable=ForgeError, cap=1000).status == 200


@pytest.mark.parametrize("field", ["ca", "client_cert"])
@pytest.mark.parametrize("content", ["", "garbage", "-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----\n"])
def test_a_file_of_certificates_that_is_none_is_named(
    transport: Transport, tls_registry: RunningRegistry, tmp_path: Path, field: str, content: str
) -> None:
    path = tmp_path / "some.pem"
    path.write_text(content)
    tls = Tls(ca=path) if field == "ca" else Tls(ca=tls_registry.ca, certificate=path)
    with pytest.raises(ForgeError, match=f"the file {path} holds no certificate in PEM; correct `.*{field}") as caught:
        transport.request("GET", f"{tls_registry.url}/v2/", unreachable=ForgeError, cap=1000, tls=tls)
    assert "s3cret" not in str(caught.value)


def test_headers_come_in_lower_case(transport: Transport, proxy: FaultyProxy) -> None:
    response = transport.request("GET", f"http://{proxy.host}/v2/", unreachable=ForgeError, cap=1000)
    assert response.headers["docker-distribution-api-version"] == "registry/2.0"
    assert json.loads(response.body) == {}
