"""A forge's API over HTTP: JSON in and out, patience with its limits, and errors that say what it answered.

What may be sent twice is sent again after an answer that tells of no fault of ours. What may not (a POST that makes
something) is not: ForgeUnclear says so, and the caller looks whether it is there.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from promote.clock import Clock
from promote.decoder import decoder
from promote.errors import ForgeAbsent, ForgeDenied, ForgeError, ForgeRefused, ForgeUnclear, ForgeUnreachable
from promote.transport import Response, Tls, Transport, redact
from promote.transport.retry import BUSY, Patience, ask, retry_after

T = TypeVar("T")
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = Mapping[str, str | int]

_CAP = 16 << 20
PAGES = 50
_TWICE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
_NEXT = re.compile(r'<([^<>]*)>\s*;(?:[^,]*;)?\s*rel="?next"?', re.IGNORECASE)
# GitHub's limit on bursts: where it names no time, its documentation asks for a minute.
_SECONDARY = b"secondary rate limit"
_MINUTE = 60.0
_SIGN_IN = re.compile(r"[/_.]sign_?in\b|//login\.", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a forge answered: its bytes, to be read as some type, and its headers (names in lower case)."""

    body: bytes
    headers: Mapping[str, str]
    url: str

    def read(self, kind: type[T]) -> T:
        """The body as a `kind`; ForgeUnreachable where it does not fit, since then this is not the forge's API."""
        try:
            return decoder(kind).decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise ForgeUnreachable(
                f"answered with what its API does not have ({exc})",
                where=redact(self.url),
                cure="check that forge.kind and forge.url of promote.yaml are this forge's",
            ) from exc

    @property
    def next(self) -> str | None:
        """The next page by a Link header (RFC 8288), if there is one."""
        found = _NEXT.search(self.headers.get("link", ""))
        return None if found is None else urljoin(self.url, found[1])


Following = Callable[[Answer], str | None]


def _words(value: Any) -> list[str]:
    """Every sentence in an error's JSON, whatever its shape."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for key, each in value.items() if key not in _NO_WORDS for word in _words(each)]
    if isinstance(value, list):
        return [word for each in value for word in _words(each)]
    return []


_NO_WORDS = frozenset(
    {"documentation_url", "url", "status", "type", "typeKey", "typeName", "$id", "code", "resource", "id"}
)


def sentence(words: Iterable[str]) -> str:
    """What a forge says, on one line and not too long."""
    text = "; ".join(dict.fromkeys(_CONTROL.sub(" ", word).strip() for word in words if word.strip()))
    return text if len(text) <= 300 else f"{text[:300]}…"


def _said(response: Response) -> str:
    """The forge's own words, on one line."""
    try:
        words = _words(json.loads(response.body[:_CAP]))
    except (ValueError, RecursionError):
        return ""
    return sentence(words)


class Web:
    """Asks the API at `base`, and no other host, with `headers`, which are secrets. For any number of threads."""

    def __init__(
        self,
        base: str,
        transport: Transport,
        clock: Clock,
        *,
        headers: Callable[[], Mapping[str, str]],
        cure: str,
        tls: Tls | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`headers` is asked for each request, since tokens end; `cure` is what to do where they are denied."""
        self.base = base.rstrip("/")
        self._transport = transport
        self._clock = clock
        self._headers = headers
        self._cure = cure
        self._tls = tls or Tls()
        self._patience = patience or Patience()
        self._left: Callable[[], float] = lambda: math.inf
        self.writes = 0  # requests so far that may have changed something

    def within(self, left: Callable[[], float]) -> Self:
        """The same, which waits for no answer longer than `left` says, in seconds, when it is asked."""
        bound = copy.copy(self)
        bound._left = left  # noqa: SLF001  # it is this very class
        return bound

    def pause(self, seconds: float) -> None:
        """Leave the forge the time for what it does behind its answers."""
        self._clock.sleep(seconds)

    def get(self, path: str, query: Query | None = None, *, absent: str = "") -> Answer:
        return self.send("GET", path, query=query, absent=absent)

    def pages(self, path: str, query: Query | None = None, *, following: Following | None = None) -> list[Answer]:
        """Every page of a list; see `walk`."""
        return list(self.walk(path, query, following=following))

    def walk(self, path: str, query: Query | None = None, *, following: Following | None = None) -> Iterator[Answer]:
        """One page after the other, as far as the caller asks; never from another host, never without end.

        `following` tells the next page's URL from one page, where the forge has it elsewhere than in a Link header.
        """
        seen: set[str] = set()
        answer = self.get(path, query)
        while True:
            yield answer
            seen.add(answer.url)
            url = answer.next if following is None else following(answer)
            if url is None:
                return
            if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
                raise ForgeUnreachable(
                    "links its next page on another host", where=redact(url), cure="ask who runs the forge"
                )
            if len(seen) == PAGES or url in seen:
                raise ForgeUnreachable(
                    "its pages do not end", where=redact(self.base + path), cure="ask who runs the forge"
                )
            answer = self._asked("GET", url, None, "", again=False)

    def send(
        self,
        verb: Verb,
        path: str,
        body: object = None,
        *,
        query: Query | None = None,
        absent: str = "",
        again: bool = False,
    ) -> Answer:
        """The answer, if it is a 2xx; `absent` is the sentence for a 404, `again` says that a POST may be sent twice.

        Raises ForgeDenied, ForgeAbsent, ForgeRefused, ForgeUnreachable, and ForgeUnclear where something may have been
        made.
        """
        url = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._asked(verb, url, None if body is None else json.dumps(body).encode(), absent, again=again)

    def _asked(self, verb: Verb, url: str, body: bytes | None, absent: str, *, again: bool) -> Answer:
        twice = again or verb in _TWICE
        self.writes += verb != "GET" and not again
        lost: type[ForgeError] = ForgeUnreachable if twice else ForgeUnclear

        def once(seconds: float) -> Response:
            headers = {"Accept": "application/json", **self._headers()}
            if body is not None:
                headers["Content-Type"] = "application/json"
            return self._transport.request(
                verb, url, headers, unreachable=lost, cap=_CAP, body=body, tls=self._tls, timeout=seconds
            )

        def is_busy(response: Response) -> bool:
            if twice and response.status in BUSY:
                return True
            return self._limited(response) is not None

        response = ask(
            once,
            self._clock,
            replace(self._patience, seconds=min(self._patience.seconds, self._left())),
            unreachable=ForgeUnreachable,
            is_busy=is_busy,
            wait=lambda answered, _: self._limited(answered),
        )
        if 200 <= response.status < 300:
            return Answer(response.body, response.headers, response.url)
        raise self._fault(response, absent, lost)

    def _limited(self, response: Response) -> float | None:
        """For how many seconds a forge turns us away for asking too often; nothing was done then. None: it does not.

        GitHub says so with a 403 or 429, by Retry-After for its secondary limits and by x-ratelimit-reset for the
        others.
        """
        headers = response.headers
        if response.status not in (403, 429, 503):
            return None
        asked = retry_after(headers.get("retry-after", ""), self._clock)
        if asked is not None:
            return asked
        reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
        left = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", ""))
        if left == "0" and reset.isascii() and reset.isdigit():
            return max(0.0, float(reset[:12]) - self._clock.now().timestamp())
        if response.status == 403 and _SECONDARY in response.body[:_CAP]:
            return _MINUTE
        return 1.0 if response.status == 429 else None

    def _fault(self, response: Response, absent: str, lost: type[ForgeError]) -> ForgeError:
        status, said, where = response.status, _said(response), redact(response.url)
        told = f": {said}" if said else ""
        if status in (401, 403):
            return ForgeDenied(f"denied ({status}){told}", where=where, cure=self._cure)
        if status in (404, 410):
            return ForgeAbsent(
                absent or f"is not there{told}", where=where, cure=f"check forge.project of promote.yaml; {self._cure}"
            )
        if 300 <= status < 400:
            if _SIGN_IN.search(response.headers.get("location", "")):
                return ForgeDenied(f"denied ({status}): it leads to where people sign in", where=where, cure=self._cure)
            return ForgeUnreachable(
                f"answered {status}, and leads elsewhere",
                where=where,
                cure="write its new address into forge.url, or its new name into forge.project, of promote.yaml",
            )
        if 400 <= status < 500:
            return ForgeRefused(f"refused ({status}){told}", where=where)
        return lost(f"answered {status}{told}", where=where, cure="try again later")
