"""Requests to one registry host: redirected without taking the credentials along, and judged by what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryDenied, RegistryError, RegistryUnreachable
from promote.question import Admitted, Quota
from promote.registry.credentials.ci import ci_token_hosts
from promote.registry.credentials.keyring import Keyring
from promote.registry.decode import error_codes
from promote.registry.front import complaint
from promote.registry.origin import base_url, moved, same_origin
from promote.registry.quota import quota_in
from promote.registry.settings import HostSettings
from promote.registry.signing import UNSIGNED, Signed, Signing
from promote.registry.token import Tokens
from promote.transport import Response, Tls, Transport, redact
from promote.transport.retry import Patience, ask

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_ABSENT_CODES = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})


@dataclass(frozen=True, slots=True)
class _Answer(Response):
    """An answer, and what was sent for it: by now another thread may sign in otherwise."""

    sent: Signed = UNSIGNED


class Access:
    """Asks one host; remembers how it wants to be asked. May be used from many threads."""

    def __init__(
        self,
        host: str,
        settings: HostSettings,
        *,
        transport: Transport,
        clock: Clock,
        environ: Mapping[str, str],
        keyring: Keyring,
        patience: Patience,
    ) -> None:
        self.base = base_url(host, settings)
        # A GitLab job's own GitLab sells the tokens for its registry.
        settings = replace(settings, token_hosts=settings.token_hosts | ci_token_hosts(host, environ))
        self._settings = settings
        self._transport = transport
        self.clock = clock
        self._patience = patience
        cure = keyring.cure(host)
        tokens = Tokens(host, settings, own=self.base, transport=transport, clock=clock, patience=patience, cure=cure)
        self._signing = Signing(host, self.base, settings, keyring=keyring, tokens=tokens, veil=transport.veil)
        self.quota: Quota | None = None

    def _follow(
        self, method: str, url: str, accept: str, authorization: str | None, cap: int, etag: str = ""
    ) -> Response:
        first = url
        for _ in range(_REDIRECTS + 1):
            response = self._send(method, url, accept, authorization, cap, etag)
            if response.status not in _MOVED:
                return response
            url, etag = moved(url, response.headers.get("location", "")), ""
        raise RegistryUnreachable("redirects without end", where=redact(first), cure="ask who runs the registry")

    def _send(
        self, method: str, url: str, accept: str, authorization: str | None, cap: int, etag: str
    ) -> Response:
        own = same_origin(url, self.base)
        headers = {"Accept": accept}
        if authorization is not None and own:
            headers["Authorization"] = authorization
        if etag:
            headers["If-None-Match"] = etag

        def send(seconds: float) -> Response:
            response = self._transport.request(
                method,
                url,
                headers,
                unreachable=RegistryUnreachable,
                cap=cap,
                tls=Tls(self._settings.ca, self._settings.client_cert, self._settings.client_key) if own else Tls(),
                plain_http=own and self._settings.plain_http,
                timeout=seconds,
            )
            if own:
                self.quota = quota_in(response.headers) or self.quota
            return response

        return ask(send, self.clock, self._patience, unreachable=RegistryUnreachable)

    def request(self, method: str, url: str, path: str, *, accept: str, cap: int, etag: str = "") -> Response:
        """The answer for `url`, which is of the repository `path`: signed in and redirected, whatever its status.

        With an `etag` it may be 304, which means that what had that ETag still stands.
        """
        sent = self._signing.sign(path) if same_origin(url, self.base) else UNSIGNED
        response = self._follow(method, url, accept, sent.header, cap, etag)
        # Twice at most: a token that had expired is renewed, and one for the whole host gives way to the repository's.
        for again in (False, True):
            if not same_origin(response.url, self.base):
                break
            renewed = self._signing.renewed(response, path, sent, again=again)
            if renewed is None:
                break
            sent = renewed
            response = self._follow(method, url, accept, sent.header, cap, etag)
        return _Answer(response.status, response.headers, response.body, response.url, sent)

    def admitted(self, path: str) -> Admitted | None:
        """As whom this host was last asked for the repository `path`; None where it was not."""
        return self._signing.admitted(path)

    def judge(self, response: Response, noun: str, *, absent: type[RegistryError] = RegistryAbsent) -> Response:
        """`response` where it is a 200; else the error that it means for `noun`, which was asked for."""
        status, where = response.status, redact(response.url)
        if status == 200:
            return response
        codes = error_codes(response.body)
        said = f" {', '.join(codes[:3])}" if codes else ""
        if status in (401, 403):
            sent = response.sent if isinstance(response, _Answer) else UNSIGNED
            raise RegistryDenied(f"{noun}: denied ({status}{said})", where=where, cure=self._signing.cure(sent))
        if status == 404 and codes is not None and (not codes or _ABSENT_CODES & {code.upper() for code in codes}):
            raise absent(
                f"{noun} is not there{said and f' ({said.strip()})'}", where=where, cure="check how it is spelled"
            )
        complained = complaint(response)
        if complained is not None:
            raise RegistryUnreachable(complained.what, where=where, cure=complained.cure)
        raise RegistryUnreachable(
            f"{noun}: answered {status}{said}, not as a registry does",
            where=where,
            cure="check that this host is the registry itself",
        )
