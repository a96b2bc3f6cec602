"""A server that webhooks are posted to: it keeps what it gets, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hook:
    """`answers` are the statuses of the next requests, 200 after them; while it `hangs` none gets an answer."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.got]


@contextmanager
def hook() -> Generator[Hook]:
    """One that runs on loopback."""
    state, over = Hook(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if state.hangs:
                over.wait()
                return
            said = b"the address was " + self.path.encode()
            try:
                self.send_response(state.answers.pop(0) if state.answers else 200)
                for name, value in {"Content-Length": str(len(said)), **state.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has given up

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            over.set()
            server.shutdown()
            thread.join()
