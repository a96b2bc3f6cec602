"""A registry's smallest answer over TLS, with certificates as good or bad as a test asks for; and a proxy before it."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import trustme

from tests.servers.registry import serving

TAGS = ("1.0", "2.0")


@dataclass
class SecureServer:
    """What was asked, and by whose certificate; `ca` is the authority of the server's own."""

    ca: Path
    port: int = 0
    location: str = ""  # where all requests are sent on to
    seen: list[tuple[str, str, str]] = field(default_factory=list)  # path, Authorization, the client's certificate

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def _handler(server: SecureServer, context: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base's)
            pass

        def setup(self) -> None:
            plain = self.request
            self.request = context.wrap_socket(plain.dup(), server_side=True, do_handshake_on_connect=False)
            try:
                self.request.do_handshake()
            except OSError as error:
                self.request.close()
                # The alert must arrive: a socket that is closed with bytes unread takes it back.
                with suppress(OSError):
                    plain.shutdown(socket.SHUT_WR)
                    while plain.recv(1 << 16):
                        pass
                raise ConnectionAbortedError from error
            super().setup()

        def handle(self) -> None:
            try:
                super().handle()
            except ssl.SSLError as error:  # in TLS 1.3 a client says so late that it does not believe us
                raise ConnectionAbortedError from error

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def do_GET(self) -> None:
            shown = ssl.DER_cert_to_PEM_cert(self.connection.getpeercert(binary_form=True) or b"")
            server.seen.append((self.path, self.headers.get("Authorization", ""), shown))
            body = json.dumps({"tags": TAGS}).encode()
            self.send_response(307 if server.location else 200)
            if server.location:
                self.send_header("Location", server.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def secure_server(
    folder: Path,
    issued: trustme.LeafCert,
    authority: trustme.CA,
    *,
    clients: trustme.CA | None = None,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Generator[SecureServer]:
    """A server with the certificate `issued`; with `clients`, only those that show a certificate of theirs get in."""
    ca = folder / "server-ca.pem"
    authority.cert_pem.write_to_path(ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    issued.configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    server = SecureServer(ca)
    with serving(_handler(server, context)) as running:
        server.port = running.server_address[1]
        yield server


def write_pair(folder: Path, issued: trustme.LeafCert) -> tuple[Path, Path]:
    """The files of a certificate and of its key."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / "ci.pem", folder / "ci.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return certificate, key


@dataclass
class TunnelProxy:
    """An HTTP proxy for CONNECT: whatever host is named, the way leads to `upstream`."""

    upstream: int
    port: int = 0
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)  # the host, and who asks by Proxy-Authorization

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def tunnel_proxy(upstream: int) -> Generator[TunnelProxy]:
    proxy = TunnelProxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base's)
            pass

        def do_CONNECT(self) -> None:
            who = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
            proxy.asked.append((self.path, base64.b64decode(who).decode()))
            self.send_response(proxy.status)
            self.end_headers()
            self.close_connection = True
            if proxy.status != 200:
                return
            with closing(socket.create_connection(("127.0.0.1", proxy.upstream), timeout=10)) as there:
                back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
                back.start()
                _pump(self.connection, there)
                back.join(10)

    with serving(Handler) as running:
        proxy.port = running.server_address[1]
        yield proxy
