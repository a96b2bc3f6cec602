"""The servers of the tests: who hangs up is nothing to tell, and a bug of theirs is no line that nobody reads."""

from __future__ import annotations

import socket
import struct
import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.servers.registry import serving


class _Waits(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(1)


class _Breaks(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        raise KeyError("a bug")


def _wait_until(port: int, data: bytes) -> socket.socket:
    """A connection on which `data` has been sent, and time been given to read it."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(data)
    time.sleep(0.05)
    return sock


@pytest.mark.parametrize("data", [b"", b"GET / HT", b"GET / HTTP/1.0\r\n\r\n"])
def test_a_client_that_hangs_up_is_nothing_to_tell(capfd: pytest.CaptureFixture[str], data: bytes) -> None:
    """Exception occurred during processing of request from …"""
    with serving(_Waits) as server:
        sock = _wait_until(server.server_address[1], data)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, and no good-bye
        sock.close()
        time.sleep(0.05)
    assert capfd.readouterr() == ("", "")


def test_a_bug_of_a_server_fails_its_test(capfd: pytest.CaptureFixture[str]) -> None:
    def ask() -> None:
        with serving(_Breaks) as server, _wait_until(server.server_address[1], b"GET / HTTP/1.0\r\n\r\n") as sock:
            assert sock.recv(1) == b""

    with pytest.raises(ExceptionGroup, match="in a server of the tests") as caught:
        ask()
    assert [str(each) for each in caught.value.exceptions] == ["'a bug'"]
    assert capfd.readouterr() == ("", "")
