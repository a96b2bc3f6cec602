"""The end of a request: a watchdog that shuts the sockets of those whose time is over."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from promote.clock import REAL

_current = threading.local()  # `.guard` is that of the request that this thread is in


class Guard:
    """The end of one request: knows its socket, and shuts it when the time is over."""

    def __init__(self, seconds: float) -> None:
        self.deadline = REAL.monotonic() + seconds
        self.expired = False
        self.at_proxy = False  # while it is a proxy that the socket speaks with
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            if self._socket is None:
                # A duplicate, because wrapping in TLS takes the descriptor away from the first object.
                self._socket = socket.socket(fileno=os.dup(sock.fileno()))
                if self.expired:
                    self._shut()

    def expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # the other side was faster
                self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        self.at_proxy = False
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


class Watchdog:
    """One thread that ends the requests of all others. It counts real seconds: a socket knows no other clock."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guards: set[Guard] = set()
        self._next: float | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def guard(self, seconds: float) -> Generator[Guard]:
        """The guard of what this thread asks inside the `with`."""
        guard = Guard(seconds)
        with self._changed:
            self._guards.add(guard)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="promote-watchdog", daemon=True)
                self._thread.start()
            if self._next is None or guard.deadline < self._next:
                self._changed.notify()
        _current.guard = guard
        try:
            yield guard
        finally:
            with self._changed:
                self._guards.discard(guard)
            guard.release()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = REAL.monotonic()
                for guard in [guard for guard in self._guards if guard.deadline <= now]:
                    self._guards.discard(guard)
                    guard.expire()
                self._next = min((guard.deadline for guard in self._guards), default=None)
                self._changed.wait(None if self._next is None else max(0.0, self._next - now))

    def close(self) -> None:
        with self._changed:
            thread, self._closed = self._thread, True
            self._changed.notify()
        if thread is not None:
            thread.join()


@cache
def watched(base: type[Any]) -> type[Any]:
    """`base`, a connection class of urllib3, that shows its guard whom it speaks with.

    That is its socket, before the handshake and at each use, and whether a proxy is to answer. An answer whose headers
    cannot all be read is an HTTPError: a `Link` that is lost would make a list of its first page.
    """
    from urllib3.exceptions import HeaderParsingError
    from urllib3.util.response import assert_header_parsing

    class Watched(base):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            _current.guard.at_proxy = self.proxy is not None
            sock: socket.socket = super()._new_conn()
            _current.guard.watch(sock)
            return sock

        def _tunnel(self) -> None:
            super()._tunnel()
            _current.guard.at_proxy = False

        def getresponse(self) -> Any:
            if self.sock is not None:
                _current.guard.watch(self.sock)
            response = super().getresponse()
            _current.guard.at_proxy = False
            try:
                assert_header_parsing(response._original_response.msg)  # noqa: SLF001 (nobody else still has them)
            except HeaderParsingError:
                response.close()
                raise
            return response

    return Watched
