"""Git over HTTP for tests: `git http-backend` behind a server of our own that counts, asks for passwords and fails."""

from __future__ import annotations

import base64
import os
import re
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

# The API of a forge, on the same host: method, path, headers and body to status, headers and body.
Api = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]
Where = Literal["before", "within", "during", "after"]
# The first packet of a request (gitprotocol-v2, "Command Request").
_COMMAND = re.compile(rb"[0-9a-f]{4}command=([a-z-]+)")


@dataclass
class Fault:
    """What goes wrong, once, at the next request whose path ends with `path`.

    `cut` ends the connection before git saw the request, within the request (git sees half of it), during the answer,
    or after git was done with it; `then` is called when git is done and before the client notices. Until `until` is
    set, git does not see it. With a `status` the answer is `page`, of this `kind` (a media type).
    """

    path: str
    method: str = "POST"
    cut: Where | None = None
    status: int | None = None
    stall: float = 0.0
    until: threading.Event | None = None
    location: str | None = None
    page: bytes = b"told to fail\n"
    kind: str | None = None
    then: Callable[[], None] | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    status: int
    authorization: str | None
    sent: int = 0  # bytes of the body of the answer
    command: str = ""  # what protocol v2 asks for: ls-refs, fetch


@dataclass
class Log:
    requests: list[Request] = field(default_factory=list)

    @property
    def listings(self) -> int:
        """How often refs were listed."""
        return sum(request.command == "ls-refs" for request in self.requests)

    def clear(self) -> None:
        self.requests.clear()

    def __len__(self) -> int:
        return len(self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # Headers and body are written apart: without this a kept connection waits 40 ms for a delayed ACK.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Nothing: the log is `GitHttp.log`."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(out)

    def _note(self, status: int, sent: int = 0) -> None:
        path, _, query = self.path.partition("?")
        self.server.owner.log.requests.append(
            Request(self.command, path, query, status, self.headers.get("Authorization"), sent, self.asked)
        )

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        self._note(status, len(body))
        (self.send_response_only if "Date" in headers else self.send_response)(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not self.server.owner.keep_alive:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def _cut(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(SHUT_RDWR)

    def _serve(self) -> None:
        owner = self.server.owner
        body = self._body()
        found = _COMMAND.match(body)
        self.asked = "" if found is None else found[1].decode()
        fault = owner.fault_for(self.command, self.path)
        if fault is not None and fault.stall:
            owner.stopping.wait(fault.stall)
        if fault is not None and fault.until is not None:
            fault.until.wait(60)
        if fault is not None and fault.status is not None:
            told = (("Location", fault.location), ("Content-Type", fault.kind))
            self._answer(fault.status, {name: said for name, said in told if said}, fault.page)
            return
        if fault is not None and fault.cut == "before":
            self._note(0)
            self._cut()
            return
        host = self.headers.get("Host", "")
        if owner.api is not None and (self.path.startswith("/api/") or host.startswith("api.")):
            self._answer(*owner.api(self.command, self.path, dict(self.headers.items()), body))
            return
        user = owner.admitted(self.headers.get("Authorization"))
        if user is None:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"who are you?\n")
            return
        half = fault is not None and fault.cut == "within"
        status, headers, answer = self._backend(body[: len(body) // 2] if half else body, user)
        if fault is not None and fault.then is not None:
            fault.then()
        if fault is not None and fault.cut in ("within", "after"):
            self._note(0)
            self._cut()
            return
        self._answer(status, headers, answer, cut=fault is not None and fault.cut == "during")
        if fault is not None and fault.cut == "during":
            self._cut()

    do_GET = do_POST = _serve  # noqa: N815  # the names are the base class's

    def _backend(self, body: bytes, user: str) -> tuple[int, dict[str, str], bytes]:
        path, _, query = self.path.partition("?")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.server.owner.root),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.server.owner.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": user,
            "REMOTE_ADDR": "127.0.0.1",
        }
        if (protocol := self.headers.get("Git-Protocol")) and not self.server.owner.v0:
            env["GIT_PROTOCOL"] = protocol
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=env, capture_output=True, timeout=60, check=False
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers: dict[str, str] = {}
        for line in head.decode("latin-1").splitlines():
            name, _, value = line.partition(":")
            headers[name] = value.strip()
        if self.command == "GET" and not self.server.owner.gives_parts:
            # Capabilities by other names of the same length: the lines keep their lengths. One for each protocol.
            answer = answer.replace(b"fetch=shallow", b"fetch=hollows").replace(b" shallow ", b" hollows ")
        status = int(headers.pop("Status", "200").split()[0])
        return status, headers, answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: GitHttp

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that hangs up is what some tests are about."""


class GitHttp:
    """Serves the bare repositories below `root`; a context manager. `users` maps names to passwords, if any are."""

    def __init__(
        self,
        root: Path,
        *,
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        v0: bool = False,
        keep_alive: bool = True,
        api: Api | None = None,
    ) -> None:
        self.root = root
        self.v0 = v0
        self.keep_alive = keep_alive
        # Whether a part of a history can be asked for.
        self.gives_parts = True
        self.api = api
        self.log = Log()
        self.faults: list[Fault] = []
        # Asked, one request at a time, what goes wrong with those that no fault was ordered for.
        self.schedule: Callable[[str, str], Fault | None] = lambda method, target: None
        self.stopping = threading.Event()
        self._users = users
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, repository: str, *, userinfo: str = "") -> str:
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{userinfo + '@' if userinfo else ''}{host!s}:{port}/{repository}"

    @property
    def host(self) -> str:
        return urlsplit(self.url("x")).netloc

    def fail(self, fault: Fault) -> None:
        """Lets the next request that fits go wrong as `fault` says."""
        with self._lock:
            self.faults.append(fault)

    def fault_for(self, method: str, target: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.method == method and target.partition("?")[0].endswith(fault.path):
                    self.faults.remove(fault)
                    return fault
            return self.schedule(method, target)

    def admitted(self, authorization: str | None) -> str | None:
        """The user's name, `anonymous` where nobody is asked, None where the password is wrong or missing."""
        if self._users is None:
            return "anonymous"
        kind, _, code = (authorization or "").partition(" ")
        if kind.lower() != "basic":
            return None
        name, _, password = base64.b64decode(code).decode().partition(":")
        return name if self._users.get(name) == password else None

    def wait_for(self, count: int, *, seconds: float = 5.0) -> None:
        """Returns when `count` requests were answered."""
        until = time.monotonic() + seconds
        while len(self.log) < count and time.monotonic() < until:
            time.sleep(0.005)
