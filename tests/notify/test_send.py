"""Sending: asked again once, within its time, and no word of the address anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from traceback import format_exception

import pytest

from promote.clock import SystemClock
from promote.errors import NotifyError
from promote.notify.event import Event
from promote.notify.send import Format, Target, send
from promote.notify.webhook import signature
from promote.transport import Transport
from promote.wording.notification import notification
from tests.clock import NOON, FakeClock
from tests.notify.deliveries import REPO
from tests.servers.hook import Hook, hook
from tests.servers.raw import saying

MESSAGE = notification(REPO, (Event("failed", "prod", "web", code="registry", reason="down"),), NOON)
SECRET = "c4n4ry-t0ken"


@pytest.fixture
def server() -> Iterator[Hook]:
    with hook() as running:
        yield running


def sent(target: Target, *, clock: FakeClock | None = None, seconds: float = 10.0) -> list[str]:
    """What a sending logs, and what it says where it fails: the last line."""
    log: list[str] = []
    with Transport(SystemClock(), log=log.append) as transport:
        try:
            send(target, MESSAGE, transport, clock or FakeClock(), seconds=seconds)
        except NotifyError as exc:
            # A traceback would show it too, and with it what led to it.
            log += [*format_exception(exc), str(exc)]
        else:
            log.append("sent")
    assert SECRET not in "\n".join(log)
    assert repr(target).count(SECRET) == 0
    return log


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410, 501])
def test_an_answer_that_is_no_success(server: Hook, status: int) -> None:
    server.answers = [status] * 2
    told = sent(Target("slack", server.url(f"/services/{SECRET}")))[-1]
    again = status >= 500
    assert told.startswith("127.0.0.1: answered ")
    assert str(status) in told
    assert len(server.got) == 1 + again


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_once_more(server: Hook, status: int) -> None:
    server.answers = [status]
    assert sent(Target("slack", server.url("/x")))[-1] == "sent"
    assert len(server.got) == 2
    server.answers = [status] * 3
    told = sent(Target("slack", server.url("/x")))[-1]
    assert told == f"127.0.0.1: answered {status} 2 times; try again later"
    assert len(server.got) == 4


def test_one_that_asks_for_more_time_than_there_is_is_left_alone(server: Hook) -> None:
    server.answers, server.headers = [429], {"Retry-After": "60"}
    clock = FakeClock()
    told = sent(Target("slack", server.url("/x")), clock=clock)[-1]
    assert told == "127.0.0.1: answered 429 1 time, and asks to wait 60 s; try again later"
    assert (len(server.got), clock.slept) == (1, [])


def test_a_server_that_hangs(server: Hook) -> None:
    server.hangs = True
    assert sent(Target("teams", server.url(f"/{SECRET}")), seconds=0.2)[-1].startswith("127.0.0.1: ")


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:1/{SECRET}",
        f"http://hooks.example.com/{SECRET}",
        f"https://user:{SECRET}@hooks.example.com/",
        f"https://hooks.example.com:port/{SECRET}",
        f"ftp://hooks.example.com/{SECRET}",
        f"https://[::1/{SECRET}",
        f"/{SECRET}",
        SECRET,
        "",
    ],
)
def test_an_address_that_cannot_be_asked_is_not_shown(url: str) -> None:
    assert sent(Target("slack", url))[-1] != "sent"


def test_an_answer_that_is_none_shows_nothing_of_it() -> None:
    with saying(f"SSH-2.0-{SECRET}\r\n".encode()) as port:
        assert sent(Target("slack", f"http://127.0.0.1:{port}/{SECRET}"))[-1].startswith(
            "127.0.0.1: what it sent is not"
        )


@pytest.mark.parametrize("value", [f"{SECRET}\r\nX-Evil: 1", f"{SECRET}é\u2028"])
def test_a_header_that_cannot_be_sent(server: Hook, value: str) -> None:
    told = sent(Target("webhook", server.url("/x"), {"Authorization": value}))[-1]
    assert told.startswith("127.0.0.1: the request cannot be written down")
    assert server.got == []


@pytest.mark.parametrize("query", ["", f"?sig={SECRET}&api-version=2016"])
def test_what_is_logged_shows_no_address(server: Hook, query: str) -> None:
    line, end = sent(Target("teams", server.url(f"/workflows/{SECRET}{query}")))
    assert end == "sent"
    assert line.startswith("POST *** 200 ")


@pytest.mark.parametrize("format", ["slack", "teams", "webhook"])
def test_what_is_sent(server: Hook, format: Format) -> None:  # noqa: A002 - that is what it is
    target = Target(format, server.url(f"/a?b={SECRET}"), {"X-Key": SECRET}, "Jefe")
    assert sent(target)[-1] == "sent"
    ((path, headers, body),) = server.got
    assert path == f"/a?b={SECRET}"
    assert (headers["content-type"], headers["x-key"]) == ("application/json", SECRET)
    assert headers["promote-signature"] == signature("Jefe", body)


def test_nothing_is_signed_without_a_secret(server: Hook) -> None:
    sent(Target("webhook", server.url("/")))
    assert "promote-signature" not in server.got[0][1]
