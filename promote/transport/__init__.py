"""HTTP with an end: total deadlines, size caps, redaction. What an answer means is for others to say.

`requests` is imported where it is used: `promote --help` does without. What it leaves open is closed here:
- its `timeout=` ends one read, not a request whose headers or body drip: a watchdog shuts the socket;
- it reads a body whole: this reads by `read1` under a cap, and asks for no compression;
- it puts a `.netrc` entry in the place of a header, follows redirects and keeps cookies: only its adapter is used, and
  `auth=` is always given.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from promote import __version__
from promote.clock import Clock
from promote.errors import PromoteError
from promote.transport.address import checked, is_loopback, redact
from promote.transport.deadline import Watchdog, watched
from promote.transport.fault import TooLongError, is_stale, late, translated
from promote.transport.proxy import Proxy, ProxyDenied, proxy_for
from promote.transport.silence import Silence
from promote.transport.tls import Tls, authorities, file_fault
from promote.transport.veil import Veil

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

__all__ = ["Response", "Silence", "Tls", "Transport", "Veil", "is_loopback", "redact"]

_CHUNK = 1 << 16
_HOSTS = 64  # pools kept at a time
_IDEMPOTENT = frozenset({"GET", "HEAD"})
_SYSTEM = Tls()


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: names of `headers` are lower case, `url` is the one that was asked, `body` is at most the cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def _new_adapter(jobs: int) -> HTTPAdapter:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            pool.ConnectionCls = watched(type(pool).ConnectionCls)
            return pool

    return Adapter(pool_connections=_HOSTS, pool_maxsize=jobs, pool_block=True, max_retries=0)


def _read(raw: Any, declared: str, cap: int) -> bytes:
    if declared.isdigit() and int(declared) > cap:
        raise TooLongError
    chunks: list[bytes] = []
    left = cap
    while chunk := raw.read1(min(_CHUNK, left + 1), decode_content=False):
        left -= len(chunk)
        if left < 0:
            raise TooLongError
        chunks.append(chunk)
    return b"".join(chunks)


def _client_certificate(tls: Tls) -> tuple[str, str] | None:
    if tls.certificate is None:
        return None
    # The key is always named: only then is one with a passphrase refused, and not asked for at the terminal.
    return str(tls.certificate), str(tls.key or tls.certificate)


class Transport:
    """Asks, from any number of threads; at most `jobs` connections to a host are open at a time.

    `timeout` is the whole time of one request, in seconds. `log` gets one redacted line for each. What is sent and is
    secret, the `veil` is to cover first. What `silence` knows to be dead is not asked again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        jobs: int = 16,
        timeout: float = 30.0,
        log: Callable[[str], None] | None = None,
        silence: Silence | None = None,
    ) -> None:
        self._clock = clock
        self._jobs = jobs
        self._timeout = timeout
        self._log = log
        self._silence = silence
        self.veil = Veil()
        self._lock = threading.Lock()
        self._adapter: HTTPAdapter | None = None
        self._watchdog = Watchdog()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; what is asked afterwards is not answered."""
        if self._adapter is not None:
            self._adapter.close()
        self._watchdog.close()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        unreachable: type[PromoteError],
        cap: int,
        body: bytes | None = None,
        tls: Tls = _SYSTEM,
        plain_http: bool = False,
        timeout: float | None = None,
    ) -> Response:
        """The answer of `url`, whatever its status, redirects too; `unreachable` is raised where there is none.

        A body of more than `cap` bytes is no answer. Plain HTTP goes to loopback only, or with `plain_http`.
        """
        parts = checked(url, unreachable, plain_http=plain_http)
        dead = None if self._silence is None else self._silence.of(parts.netloc)
        if dead is not None:
            raise unreachable(dead.what, where=redact(url), cure=dead.cure)
        seconds = self._timeout if timeout is None else min(timeout, self._timeout)
        started = self._clock.monotonic()
        outcome = "failed"
        proxy = proxy_for(url, parts)
        unfit = None if proxy is None else proxy.unfit()
        if unfit is None and parts.scheme == "https":
            unfit = file_fault(tls)  # before OpenSSL waits for a pipe
        if unfit is not None:
            raise unreachable(unfit.what, where=redact(url), cure=unfit.cure)

        def once() -> Response:
            with translated(guard, redact(url), tls, proxy, unreachable):
                response = self._send(method, url, headers or {}, body, tls, proxy, cap, seconds)
                # Through a tunnel this would be the host's own word.
                if proxy is not None and parts.scheme == "http" and response.status == 407:
                    guard.at_proxy = True
                    raise ProxyDenied
            # A connection that the watchdog shut inside the headers reads like one that ended well.
            if guard.expired:
                raise late(redact(url), unreachable) from TimeoutError()
            return response

        try:
            with self._watchdog.guard(seconds) as guard:
                try:
                    response = once()
                except unreachable as error:
                    if guard.expired or method not in _IDEMPOTENT or not is_stale(error):
                        raise
                    guard.release()
                    response = once()
            outcome = str(response.status)
            if self._silence is not None:
                self._silence.heard(parts.netloc)
            return response
        except unreachable as error:
            if self._silence is not None:
                self._silence.failed(parts.netloc, error)
            raise
        finally:
            if self._log is not None:
                line = f"{method} {redact(url)} {outcome} {self._clock.monotonic() - started:.3f} s"
                self._log(self.veil.hide(line))

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        tls: Tls,
        proxy: Proxy | None,
        cap: int,
        seconds: float,
    ) -> Response:
        from requests.models import PreparedRequest

        with self._lock:
            if self._adapter is None:
                self._adapter = _new_adapter(self._jobs)
        prepared = PreparedRequest()
        prepared.prepare(
            method=method,
            url=url,
            headers={"User-Agent": f"promote/{__version__}", "Accept-Encoding": "identity", **headers},
            data=body,
            auth=lambda request: request,
        )
        answer = self._adapter.send(
            prepared,
            stream=True,
            timeout=seconds,
            verify=authorities(tls)[1] or True,
            cert=_client_certificate(tls),
            proxies={} if proxy is None else {"all": proxy.url},
        )
        try:
            found = {name.lower(): value for name, value in answer.headers.items()}
            declared = "" if method == "HEAD" else found.get("content-length", "")
            return Response(answer.status_code, found, _read(answer.raw, declared, cap), url)
        finally:
            answer.close()
