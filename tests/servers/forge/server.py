"""A small HTTP server that a fake forge's routes answer from: log, faults, tokens, and the contract of each answer."""

from __future__ import annotations

import json
import re
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from promote.forge.address import Project
from tests.servers.forge.contract import Contract
from tests.servers.forge.state import ConflictError, Fault, State

Json = Any
TOKEN = "forge-token-0123456789abcdef"


@dataclass(frozen=True)
class Asked:
    """One request as a route gets it."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    headers: Mapping[str, str]
    raw: str = ""  # the query as it was sent: names may come more than once


@dataclass(frozen=True)
class Reply:
    status: int
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[..., Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, forge: FakeForge) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forge = forge
        self.faults: list[Exception] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(ConnectionError):  # clients may hang up whenever they like
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, Exception):
            self.faults.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Nothing: the log is `FakeForge.log`."""

    def _any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else None
        # The path stays as it was sent: a project's name may hold an encoded slash.
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, body, headers, parts.query)
        reply = self.server.forge.answer(asked)
        if reply is None:
            self.close_connection = True
            self.connection.close()
            return
        data = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        if data:
            self.send_header("Content-Type", "application/json")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815  # the names are the base class's


class FakeForge(ABC):
    """One kind of forge. A subclass names its routes: (method, pattern of the path) to a method of its own."""

    contract: Contract | None = None
    base_path = ""  # of the API, before all routes

    def __init__(self, state: State) -> None:
        self.state = state
        self.log: list[Asked] = []
        self.faults: list[Fault] = []
        self.token = TOKEN
        self.most = 100  # pull requests on one page
        self.foreign: set[int] = set()  # pull requests from or into another repository
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._breaches: list[AssertionError] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What the forge's pages would be below."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._breaches or self._server.faults:
            raise ExceptionGroup("in a fake forge", [*self._breaches, *self._server.faults])

    # What a subclass says.
    @property
    @abstractmethod
    def project(self) -> Project:
        """The project that it serves."""

    @abstractmethod
    def routes(self) -> Mapping[tuple[str, str], Route]:
        """(method, expression of the whole path below `base_path`) to what answers; groups are its arguments."""

    def is_signed(self, asked: Asked) -> bool:
        return self.token in asked.headers.get("authorization", "")

    def known_as(self, name: str) -> str:
        """How reviews name a person, where names are not for good."""
        return name

    def refusal(self, status: int, message: str) -> Reply:
        """An error as this forge words it."""
        return Reply(status, {"message": message})

    def described_path(self, asked: Asked) -> str:
        """The path as the contract has it; a segment may hold an encoded slash, or the forge live below a path."""
        return unquote(asked.path)

    def described_body(self, body: Json) -> Json:
        """The answer as the contract has it; a forge may wrap its lists."""
        return body

    # What happens to each request.
    def calls(self, method: str = "", path: str = "") -> list[Asked]:
        """The requests so far whose method and path these are; "" for any."""
        return [each for each in self.log if method in ("", each.method) and path in each.path]

    def fail(self, method: str, path: str, **how: Any) -> None:
        """The next request that fits goes wrong so."""
        self.faults.append(Fault(method, path, **how))

    def _fault(self, asked: Asked) -> Fault | None:
        with self._lock:
            self.log.append(asked)
            fits = (each for each in self.faults if each.method == asked.method and each.path in asked.path)
            found = next(fits, None)
            if found is not None:
                self.faults.remove(found)
            return found

    def answer(self, asked: Asked) -> Reply | None:
        """What is answered; None where the connection is cut."""
        fault = self._fault(asked)
        if fault is not None and fault.cut != "after":
            if fault.then is not None:
                fault.then()
            return None if fault.cut == "before" else Reply(fault.status or 500, json.loads(fault.body), fault.headers)
        reply = self._routed(asked)
        if fault is not None:
            if fault.then is not None:
                fault.then()
            return None
        return reply

    def _routed(self, asked: Asked) -> Reply:
        if not self.is_signed(asked):
            return self.refusal(401, "Bad credentials")
        try:
            if self.contract is not None:
                self.contract.request(asked.method, self.described_path(asked), asked.query, asked.body)
            reply = self._called(asked)
            if self.contract is not None:
                body = self.described_body(reply.body)
                self.contract.answer(asked.method, self.described_path(asked), reply.status, body)
        except ConflictError as exc:
            return self.refusal(409, str(exc))
        except AssertionError as exc:
            with self._lock:
                self._breaches.append(exc)
            return self.refusal(500, str(exc))
        return reply

    def _called(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix(self.base_path)
        for (method, pattern), route in self.routes().items():
            found = re.fullmatch(pattern, path)
            if method == asked.method and found is not None:
                return route(asked, *map(unquote, found.groups()))
        return self.refusal(404, f"there is no {asked.method} {asked.path}")
