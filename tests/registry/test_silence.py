"""A host that does not answer at all is not waited for once more for each of three hundred apps."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from promote.api.registries import open_registries
from promote.clock import SystemClock
from promote.errors import RegistryUnreachable
from promote.image import Repository
from promote.transport import Silence, Transport
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.raw import saying

REFUSED = "the connection was refused; check the port, and that the server runs"
LATE = "no complete answer in time; check the network, or try again later"


@pytest.fixture
def lines() -> list[str]:
    """A line each request that was sent."""
    return []


@pytest.fixture
def transport(lines: list[str]) -> Iterator[Transport]:
    with Transport(SystemClock(), log=lines.append, silence=Silence()) as made:
        yield made


def said(transport: Transport, url: str) -> str:
    # What hangs is not waited for; all else has time, also on a busy machine.
    seconds = 0.4 if url.rpartition("/")[2] in ("slow", "a", "b", "c") else 10.0
    try:
        return str(
            transport.request("GET", url, unreachable=RegistryUnreachable, cap=1000, timeout=seconds).status
        )
    except RegistryUnreachable as error:
        # Of each it is told which address was asked for.
        return str(error).removeprefix(f"{url}: ")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_a_host_that_answers_with_nonsense_or_hangs_up_is_asked_again(transport: Transport, lines: list[str]) -> None:
    for data in (b"", b"SSH-2.0-OpenSSH_9.6\r\n"):
        with saying(data) as port:
            for _ in range(2):
                said(transport, f"http://127.0.0.1:{port}/x")
    assert len(lines) == 4


def test_a_repository_that_is_slow_condemns_no_host_that_has_answered(
    transport: Transport, proxy: FaultyProxy, lines: list[str]
) -> None:
    proxy.fail("slow", faults.stall)
    proxy.fail("busy", faults.status(503))
    told = [said(transport, f"http://{proxy.host}/v2/{name}") for name in ("busy", "slow", "slow", "")]
    assert told == ["503", LATE, LATE, "200"]
    assert len(lines) == 4


def test_a_host_that_refuses_the_connection_is_asked_once(transport: Transport, lines: list[str]) -> None:
    host = f"127.0.0.1:{free_port()}"
    assert {said(transport, f"http://{host}/v2/{name}") for name in "abc"} == {REFUSED}
    assert len(lines) == 1


def test_a_host_that_hangs_is_waited_for_once_and_no_other_host_for_it(
    transport: Transport, proxy: FaultyProxy, lines: list[str]
) -> None:
    proxy.fail("v2", faults.stall)
    assert [said(transport, f"http://{proxy.host}/v2/{name}") for name in "abc"] == [LATE] * 3
    assert len(lines) == len(proxy.log) == 1
    with saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") as port:
        assert said(transport, f"http://127.0.0.1:{port}/v2/") == "200"


def test_an_answer_that_was_under_way_absolves() -> None:
    silence = Silence()
    silence.failed("a", RegistryUnreachable("late"))
    assert silence.of("a") is None
    late = RegistryUnreachable("late")
    late.__cause__ = TimeoutError()
    silence.failed("a", late)
    assert silence.of("a") is late
    silence.heard("a")
    silence.failed("a", late)
    assert silence.of("a") is None


def test_the_registries_of_a_run_ask_a_dead_host_once(tmp_path: Path) -> None:
    host = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        registries = open_registries(
            None, tmp_path, environ={}, clock=SystemClock(), jobs=2, cache=False, stack=stack
        )
        told = []
        for name in "ab":
            with pytest.raises(RegistryUnreachable) as caught:
                registries.tags(Repository(host, f"acme/{name}"))
            told.append((caught.value, caught.value.__cause__))
    assert REFUSED in str(told[1][0])
    # The second was not sent, and so nothing of the network is behind it.
    assert [cause is None for _, cause in told] == [False, True]
