"""Servers that say a few bytes, whatever they are asked, and hang up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress


def _say(sock: socket.socket, data: bytes) -> None:
    with closing(sock), suppress(ConnectionError):
        sock.settimeout(10)
        sock.recv(1 << 16)
        sock.sendall(data)
        # What was said must arrive: a socket that is closed with bytes unread takes it back.
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 16):
            pass


@contextmanager
def saying(data: bytes) -> Generator[int]:
    """The port of a server that answers each connection's first bytes with `data`."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            with suppress(OSError):  # it is shut at the end
                while True:
                    _say(listening.accept()[0], data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            port: int = listening.getsockname()[1]
            yield port
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
