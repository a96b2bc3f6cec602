"""Asking again: what a busy or a failing server asks for, within one deadline."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from promote.clock import Clock
from promote.errors import PromoteError
from promote.transport.address import redact

if TYPE_CHECKING:
    from promote.transport import Response

BUSY = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often (`tries`) and how long (`seconds`, all tries together) one thing is asked."""

    tries: int = 5
    seconds: float = 60.0


def retry_after(value: str, clock: Clock) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 §10.2.3), or None where it does not say."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None  # no date, or one of a year or a zone that no date has
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - clock.now()).total_seconds())


def _by_header(response: Response, clock: Clock) -> float | None:
    return retry_after(response.headers.get("retry-after", ""), clock)


def _is_busy(response: Response) -> bool:
    return response.status in BUSY


def ask(
    send: Callable[[float], Response],
    clock: Clock,
    patience: Patience,
    *,
    unreachable: type[PromoteError],
    is_busy: Callable[[Response], bool] = _is_busy,
    wait: Callable[[Response, Clock], float | None] = _by_header,
) -> Response:
    """The answer of `send`, which is given the seconds that are left; a busy server is asked again.

    `wait` is for how long the server itself wants to be left alone. Raises `unreachable` when the server stays busy, or
    asks for more patience than there is.
    """
    deadline = clock.monotonic() + patience.seconds
    attempt = 0
    while True:
        attempt += 1
        response = send(deadline - clock.monotonic())
        if not is_busy(response):
            return response
        asked = wait(response, clock)
        # Jitter, so that many jobs that were turned away together do not come back together.
        pause = min(_LONGEST, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        if asked is not None:
            pause = asked + pause * 0.1
        if attempt == patience.tries or clock.monotonic() + pause >= deadline:
            break
        clock.sleep(pause)
    told = f", and asks to wait {asked:.0f} s" if asked else ""
    raise unreachable(
        f"answered {response.status} {attempt} time{'s' if attempt > 1 else ''}{told}",
        where=redact(response.url),
        cure="try again later, or with fewer --jobs" if response.status == 429 else "try again later",
    )
