"""A proxy before a registry: adds paging as most registries have it, and every fault that a test asks for."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import cycle
from urllib.parse import parse_qs, quote, urlsplit

from tests.servers.registry import serving


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    host: str
    authorization: str
    accept: str
    etag: str = ""


@dataclass
class FaultyProxy:
    """What the next requests meet: `faults` are (part of the path, fault, how often)."""

    upstream: str
    page_size: int = 0
    absolute_links: bool = False
    links: bool = True
    etags: bool = False
    port: int = 0
    log: list[Asked] = field(default_factory=list)
    faults: list[tuple[str, Fault, int]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    # Answers of the registry may be changed before they are passed on.
    change: Callable[[str, int, dict[str, str], bytes], tuple[int, dict[str, str], bytes]] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        """The same server by another name: another host to anybody who goes by names."""
        return f"localhost:{self.port}"

    def fail(self, part: str, fault: Fault, times: int = 1_000_000) -> None:
        self.faults.append((part, fault, times))

    def next_fault(self, path: str) -> Fault | None:
        for at, (part, fault, times) in enumerate(self.faults):
            if part in path and times > 0:
                self.faults[at] = (part, fault, times - 1)
                return fault
        return None

    def paths(self, method: str = "GET") -> list[str]:
        return [asked.path for asked in self.log if asked.method == method]


class ProxyHandler(BaseHTTPRequestHandler):
    """Passes requests on; subclassed with the proxy that it belongs to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: the second would wait 40 ms for an ACK
    proxy: FaultyProxy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base's)
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        proxy = self.proxy
        header = self.headers.get
        said = [header(name, "") for name in ("Host", "Authorization", "Accept", "If-None-Match")]
        proxy.log.append(Asked(self.command, self.path, *said))
        # A client that hangs up, as it should on many a fault, is nothing to report.
        with suppress(ConnectionError, socket.timeout):
            fault = proxy.next_fault(self.path)
            if fault is not None:
                fault(self)
            else:
                self._pass_on()

    do_HEAD = do_GET  # noqa: N815 (the name is the base class's)
    do_POST = do_GET  # noqa: N815 (the name is the base class's)

    def _pass_on(self) -> None:
        with closing(http.client.HTTPConnection(self.proxy.upstream, timeout=10)) as connection:
            kept = {name: value for name, value in self.headers.items() if name.lower() in ("accept", "authorization")}
            connection.request(self.command, self.path, headers=kept)
            response = connection.getresponse()
            body = response.read()
            status, headers = response.status, dict(response.headers.items())
        headers.pop("Transfer-Encoding", None)  # the body is passed on whole
        if self.command != "HEAD":
            headers.pop("Content-Length", None)
        if self.proxy.page_size and "/tags/list" in self.path and status == 200:
            body = self._page(body, headers)
        if self.proxy.change is not None:
            status, headers, body = self.proxy.change(self.path, status, headers, body)
        if self.proxy.etags and "/tags/list" in self.path and status == 200:
            headers["ETag"] = f'"{hashlib.sha256(body + headers.get("Link", "").encode()).hexdigest()}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
                headers = {"ETag": headers["ETag"]}
        self.answer(status, body, **{name.replace("-", "_"): value for name, value in headers.items()})

    def _page(self, body: bytes, headers: dict[str, str]) -> bytes:
        value = json.loads(body)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        last = query.get("last", [""])[0]
        size = min(self.proxy.page_size, int(query.get("n", ["1000"])[0]))
        left = [tag for tag in sorted(value["tags"] or ()) if tag > last]
        if len(left) > size and self.proxy.links:
            base = f"http://{self.proxy.host}" if self.proxy.absolute_links else ""
            headers["Link"] = f'<{base}{parts.path}?last={quote(left[size - 1])}&n={size}>; rel="next"'
        return json.dumps(value | {"tags": left[:size]}).encode()


Fault = Callable[[ProxyHandler], None]


def status(code: int, **headers: str) -> Fault:
    def fault(handler: ProxyHandler) -> None:
        handler.answer(code, b'{"errors":[]}' if code < 500 else b"busy", **headers)

    return fault


def says(body: bytes, content_type: str = "application/json", code: int = 200, **headers: str) -> Fault:
    def fault(handler: ProxyHandler) -> None:
        handler.answer(code, body, Content_Type=content_type, **headers)

    return fault


html = says(b"<!doctype html><title>Sign in</title>", "text/html; charset=utf-8")


def redirect(target: str, code: int = 307) -> Fault:
    return lambda handler: handler.answer(code, b"", Location=target)


def cut(handler: ProxyHandler) -> None:
    """Fewer bytes than were promised, and the end of the connection."""
    handler.answer(200, b'{"name":"acme/web","tags":["1.0"', Content_Type="application/json", Content_Length="5000")
    handler.close_connection = True


def hang_up(handler: ProxyHandler) -> None:
    """No answer at all, and the end of the connection."""
    handler.close_connection = True


def _drip(handler: ProxyHandler, start: bytes, drops: Iterator[bytes], pause: float) -> None:
    handler.close_connection = True
    handler.wfile.write(start)
    while not handler.proxy.closing.wait(pause):
        handler.wfile.write(next(drops))


def drip_headers(handler: ProxyHandler) -> None:
    # Whole short lines, so that every read of the client succeeds in time.
    _drip(handler, b"HTTP/1.1 200 OK\r\n", (f"X-{n}: y\r\n".encode() for n in range(90)), 0.02)


def drip_body(handler: ProxyHandler) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    _drip(handler, start, cycle([b" "]), 0.02)


def stall(handler: ProxyHandler) -> None:
    _drip(handler, b"", cycle([b""]), 0.02)


def endless(handler: ProxyHandler) -> None:
    """A body without end, as fast as it is read."""
    start = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n["\r\n'
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    _drip(handler, start, cycle([chunk]), 0.0)


@contextmanager
def faulty_proxy(upstream: str) -> Generator[FaultyProxy]:
    proxy = FaultyProxy(upstream)
    handler = type("Handler", (ProxyHandler,), {"proxy": proxy})
    with serving(handler) as running:
        proxy.port = running.server_address[1]
        try:
            yield proxy
        finally:
            proxy.closing.set()
