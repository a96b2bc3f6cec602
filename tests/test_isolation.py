"""The tests see nothing of the user's environment and reach nothing but loopback: conftest is held to that."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.clock import Clock
from tests.clock import NOON, FakeClock
from tests.conftest import SET, STRIPPED
from tests.shared import shared_data


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_loopback_is_reached(listener: tuple[str, int]) -> None:
    socket.create_connection(listener, timeout=5).close()
    socket.create_connection(("localhost", listener[1]), timeout=5).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com", "127.0.0.1.example.com"])
def test_outside_is_not_reached(host: str) -> None:
    with pytest.raises(AssertionError, match=r"a test tried to (connect to|look up)"):
        socket.create_connection((host, 443), timeout=5)


def test_outside_is_not_reached_by_address() -> None:
    with socket.socket() as sock:
        with pytest.raises(AssertionError, match=r"connect to 192\.0\.2\.1:443"):
            sock.connect(("192.0.2.1", 443))
        with pytest.raises(AssertionError, match=r"connect to 192\.0\.2\.1:443"):
            sock.connect_ex(("192.0.2.1", 443))


def test_reserved_names_fail_as_unknown_names_do() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("registry.invalid", 443), timeout=5)


def test_unix_sockets_are_reached(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def test_nothing_of_the_users_environment_is_left() -> None:
    left = {name for name in os.environ if name.startswith(tuple(STRIPPED)) and name not in SET}
    left |= {name for name in os.environ if name.lower().endswith("_proxy") and name not in SET}
    assert left == set()
    assert {name: os.environ[name] for name in SET} == SET


def test_home_is_empty_and_inherited(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path.home()
    assert home.is_relative_to(tmp_path_factory.getbasetemp())
    said = subprocess.run(
        [sys.executable, "-c", "import pathlib; print(pathlib.Path.home())"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(home)


def test_absent_shared_data_is_skipped_by_name() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"^shared data absent: no/such$"):
        shared_data("no/such")


def test_the_fake_clock_moves_only_by_sleeping_or_advancing() -> None:
    fake = FakeClock()
    clock: Clock = fake
    assert (clock.now(), clock.monotonic()) == (NOON, 0.0)
    clock.sleep(90)
    fake.advance(0.5)
    assert (clock.now() - NOON).total_seconds() == clock.monotonic() == 90.5
    assert fake.slept == [90]
    with pytest.raises(ValueError, match="non-negative"):
        clock.sleep(-1)
