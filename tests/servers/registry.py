"""Debian's docker-registry on a free port of loopback, and a token server of our own beside it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import bcrypt
import jwt
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.memory import in_memory

SERVICE = "tests.example.com"
ISSUER = "tests"


def needed(program: str) -> str:
    """The path of `program`; a machine without it fails the test, because a skipped proof is none."""
    found = shutil.which(program)
    if found is None:
        pytest.fail(f"{program} is not installed: run `make test`, which installs it")
    return found


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    host: str
    storage: Path
    ca: Path | None = None

    @property
    def url(self) -> str:
        return f"{'http' if self.ca is None else 'https'}://{self.host}"


@dataclass
class TokenServer:
    """Sells ES256 tokens to `users`, to the holder of `refresh`, and to nobody in particular if `anonymous`."""

    users: dict[str, str] = field(default_factory=dict)
    refresh: str = ""
    anonymous: bool = False
    lifetime: int = 300
    # What is sold to who asks for no scope: scopes, or None, which is a refusal.
    whole: list[str] | None = field(default_factory=list)
    issued_at: str = ""
    name: str = "127.0.0.1"
    # Method, query or form without secrets, and whether it came with credentials.
    log: list[tuple[str, str, bool]] = field(default_factory=list)
    port: int = 0
    certificate: Path = Path()

    @property
    def realm(self) -> str:
        return f"http://{self.name}:{self.port}/token"

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def _kid(self) -> str:
        info = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        text = base64.b32encode(hashlib.sha256(info).digest()[:30]).decode()
        return ":".join(text[at : at + 4] for at in range(0, len(text), 4))

    def write_certificate(self, path: Path) -> None:
        """A certificate of its key for the registry to trust: `rootcertbundle` takes certificates only."""
        from datetime import timedelta

        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.x509.oid import NameOID

        from promote.clock import SystemClock

        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        now = SystemClock().now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .sign(self._key, SHA256())
        )
        path.write_bytes(certificate.public_bytes(Encoding.PEM))

    def token(self, scopes: list[str]) -> str:
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "",
            "aud": SERVICE,
            "exp": now + self.lifetime,
            "nbf": now - 10,
            "iat": now,
            "jti": os.urandom(8).hex(),
            "access": access,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})

    def signed_in(self, authorization: str) -> bool:
        if not authorization:
            return self.anonymous
        plain = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        user, _, password = plain.partition(":")
        return self.users.get(user) == password


def _token_handler(server: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base's)
            pass

        def _answer(self, status: int, value: Mapping[str, object]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            query = urlsplit(self.path).query
            authorization = self.headers.get("Authorization", "")
            server.log.append(("GET", query, bool(authorization)))
            if not server.signed_in(authorization):
                self._answer(401, {"errors": [{"code": "UNAUTHORIZED"}]})
                return
            scopes = parse_qs(query).get("scope", []) or server.whole
            if scopes is None:
                self._answer(400, {"errors": [{"code": "UNSUPPORTED"}]})
                return
            issued = {"issued_at": server.issued_at} if server.issued_at else {}
            self._answer(200, {"token": server.token(scopes), "expires_in": server.lifetime} | issued)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            refresh = form.pop("refresh_token", [""])[0]
            server.log.append(("POST", json.dumps(form, sort_keys=True), bool(refresh)))
            if not server.refresh or refresh != server.refresh:
                self._answer(401, {"errors": [{"code": "UNAUTHORIZED"}]})
                return
            self._answer(200, {"access_token": server.token(form["scope"]), "expires_in": server.lifetime})

    return Handler


class _Server(ThreadingHTTPServer):
    """Keeps what goes wrong in its threads: printed there, it would be nobody's fault."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.faults: list[Exception] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        # Between two requests, within a line of one, or before its answer: clients may hang up whenever they like.
        with suppress(ConnectionError):
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, Exception):
            self.faults.append(error)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Generator[ThreadingHTTPServer]:
    """A small server on loopback, until the end of the `with`; a fault of its own is raised there."""
    server = _Server(handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if server.faults:
        raise ExceptionGroup("in a server of the tests", server.faults)


@contextmanager
def token_server(server: TokenServer) -> Generator[TokenServer]:
    with serving(_token_handler(server)) as running:
        server.port = running.server_address[1]
        yield server


def _configuration(folder: Path, storage: Path, port: int, auth: object, certificate: tuple[Path, Path] | None) -> Path:
    http_section: dict[str, object] = {"addr": f"127.0.0.1:{port}", "secret": "tests"}
    if certificate is not None:
        http_section["tls"] = {"certificate": str(certificate[0]), "key": str(certificate[1])}
    config: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(storage)},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": http_section,
    }
    if auth is not None:
        config["auth"] = auth
    path = folder / "config.yml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


def _wait_until_it_answers(port: int, ca: Path | None, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            if ca is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            else:
                context = ssl.create_default_context(cafile=str(ca))
                connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
            with closing(connection):
                connection.request("GET", "/v2/")
                connection.getresponse().read()
            return
        except OSError:
            if child.poll() is not None or time.monotonic() > deadline:
                pytest.fail("docker-registry did not start")
            time.sleep(0.01)


@contextmanager
def docker_registry(
    *,
    htpasswd: Mapping[str, str] | None = None,
    tls: bool = False,
    tokens: TokenServer | None = None,
    names: tuple[str, ...] = (),
) -> Generator[RunningRegistry]:
    """A registry: open, or behind passwords, or behind `tokens`; with `tls` its CA is in the answer.

    Its certificate is for `names` too.
    """
    program = needed("docker-registry")
    with ExitStack() as stack:
        # It syncs every blob to disk: memory is many times faster.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=in_memory())))
        storage = folder / "storage"
        storage.mkdir()
        auth: object = None
        if htpasswd is not None:
            lines = [
                f"{user}:{bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()}" for user, word in htpasswd.items()
            ]
            (folder / "htpasswd").write_text("\n".join(lines) + "\n")
            auth = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
        if tokens is not None:
            bundle = folder / "tokens.pem"
            tokens.write_certificate(bundle)
            auth = {
                "token": {"realm": tokens.realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(bundle)}
            }
        certificate, ca = None, None
        if tls:
            authority = trustme.CA()
            issued = authority.issue_cert("127.0.0.1", "localhost", *names)
            certificate = (folder / "server.pem", folder / "server.key")
            issued.cert_chain_pems[0].write_to_path(certificate[0])
            issued.private_key_pem.write_to_path(certificate[1])
            ca = folder / "ca.pem"
            authority.cert_pem.write_to_path(ca)
        port = free_port()
        path = _configuration(folder, storage, port, auth, certificate)
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "OTEL_"))}
        with subprocess.Popen(
            [program, "serve", str(path)], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child:
            try:
                _wait_until_it_answers(port, ca, child)
                yield RunningRegistry(f"127.0.0.1:{port}", storage, ca)
            finally:
                child.terminate()
                child.wait()
