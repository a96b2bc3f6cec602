"""One message to one target: in its format, within its time, asked again once; no word of it shows the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from promote.clock import Clock
from promote.errors import NotifyError
from promote.notify import slack, teams, webhook
from promote.notify.message import Message
from promote.transport import Response, Transport, redact
from promote.transport.retry import Patience, ask

Format = Literal["slack", "teams", "webhook"]

_CAP = 64 << 10
_LINES = (60, 40, 20, 10, 5, 0)
_MANY = 429


@dataclass(frozen=True, slots=True)
class _Made:
    """How a format makes a body, and how many bytes of it are taken."""

    body: Callable[[Message], bytes]
    limit: int


_FORMATS: Mapping[Format, _Made] = {
    "slack": _Made(slack.body, slack.LIMIT),
    "teams": _Made(teams.body, teams.LIMIT),
    "webhook": _Made(webhook.body, webhook.LIMIT),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where something is told: its address, the values of its headers and the secret of its signature are secrets."""

    format: Format
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str | None = field(default=None, repr=False)


def body_of(format: Format, message: Message) -> bytes:  # noqa: A002 - that is what it is
    """The message in a format, with as many of its lines as there is room for."""
    made = _FORMATS[format]
    bodies = (made.body(message.cut(most)) for most in _LINES)
    return next((body for body in bodies if len(body) <= made.limit), made.body(message.cut(0)))


def host_of(url: str) -> str:
    """All that may be shown of an address."""
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"


def _cover(target: Target, transport: Transport) -> None:
    """Hide what is secret from the log of requests, where addresses stand without their queries' values."""
    for secret in (target.url, redact(target.url), *target.headers.values(), target.secret or ""):
        transport.veil.cover(secret)


def _busy(response: Response) -> bool:
    return response.status == _MANY or response.status >= 500


def _cure(status: int) -> str:
    if status == _MANY or status >= 500:
        return "try again later"
    if status in (401, 403, 404, 410):
        return "check that its address, and what is sent with it, are still valid"
    return "check that the address is one for this format"


def send(target: Target, message: Message, transport: Transport, clock: Clock, *, seconds: float) -> None:
    """Tell it, within `seconds`; NotifyError, which shows no more of the address than its host, where it was not."""
    data = body_of(target.format, message)
    headers = {"Content-Type": "application/json", **target.headers}
    if target.secret is not None:
        headers[webhook.SIGNATURE] = webhook.signature(target.secret, data)
    _cover(target, transport)
    host = host_of(target.url)
    answers: list[Response] = []

    def once(left: float) -> Response:
        answers.append(
            transport.request("POST", target.url, headers, unreachable=NotifyError, cap=_CAP, body=data, timeout=left)
        )
        return answers[-1]

    try:
        answer = ask(once, clock, Patience(tries=2, seconds=seconds), unreachable=NotifyError, is_busy=_busy)
    except NotifyError as exc:
        cure = _cure(answers[-1].status) if answers and _busy(answers[-1]) else exc.cure
        # Not chained: what came before has the address.
        raise NotifyError(transport.veil.hide(exc.what), where=host, cure=cure) from None
    if not 200 <= answer.status < 300:
        raise NotifyError(f"answered {answer.status}", where=host, cure=_cure(answer.status))
