"""Bearer tokens: bought from the token server that a registry names, kept until they expire.

Distribution's token specification, "Requesting a Token" (GET) and its OAuth2 form (POST, for identity tokens).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from promote.clock import Clock
from promote.errors import RegistryDenied, RegistryUnreachable
from promote.image import DOCKER_HUB
from promote.registry.credentials.keyring import sign_in_cure
from promote.registry.decode import decode
from promote.registry.once import Once
from promote.registry.origin import same_origin
from promote.registry.settings import Credentials, HostSettings
from promote.transport import Response, Tls, Transport, is_loopback, redact
from promote.transport.retry import Patience, ask

_CAP = 1 << 20
_SHORTEST = 60.0  # the specification's default, and its least
_LONGEST = 24 * 3600.0  # what a token is kept at most, whatever its server says
_MARGIN = 10.0  # a token that expires on its way is no use
# Token servers that are known to be their registry's own, though they are other hosts.
_PARTNERS = {DOCKER_HUB: frozenset({"auth.docker.io"}), "registry.gitlab.com": frozenset({"gitlab.com"})}
_SAFE = re.compile(r"[\x21-\x7e]+\Z")


class _Answer(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None
    expires_in: float | None = None
    issued_at: str | None = None


@dataclass(frozen=True, slots=True)
class Want:
    """What a token is for: the server that sells it, and what a challenge said to ask there."""

    realm: str
    service: str
    scope: str


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float


def basic(credentials: Credentials) -> str:
    """The Authorization header for a name and a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()


class Tokens:
    """The tokens for one registry host, whose API is at `own`; may be asked from many threads.

    `cure` says what to do where no token is sold to somebody without credentials.
    """

    def __init__(
        self,
        host: str,
        settings: HostSettings,
        *,
        own: str,
        transport: Transport,
        clock: Clock,
        patience: Patience,
        cure: str,
    ) -> None:
        self._host = host
        self._own = own
        self._hostname = urlsplit(f"//{host}").hostname or host
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._patience = patience
        self._cure = cure
        # By whose credentials bought them too: parts of a host may have their own.
        self._kept = Once[tuple[Want, Credentials | None], _Kept](lambda kept: kept.until <= clock.monotonic())

    def trusts(self, realm: str) -> bool:
        """Whether the token server `realm` may be given this host's credentials: by its name, and safe on the way."""
        parts = urlsplit(realm)
        name = parts.hostname or ""
        if parts.scheme != "https" and not is_loopback(name):
            return False
        return name == self._hostname or name in self._settings.token_hosts or name in _PARTNERS.get(self._host, ())

    def bearer(self, want: Want, credentials: Credentials | None) -> str:
        """The token for `want`; bought with `credentials` only where its server is trusted, else anonymously.

        A server that has refused is not asked again for the same: many lock out who insists.
        """
        return self._kept.get((want, credentials), lambda: self._buy(want, credentials)).token

    def forget(self, want: Want, token: str) -> None:
        """Not to offer `token` again: it was refused before its time."""
        self._kept.forget(lambda key, kept: key[0] == want and kept.token == token)

    def _checked(self, realm: str) -> SplitResult:
        try:
            parts = urlsplit(realm)
            name = parts.hostname or ""
            _ = parts.port  # read for its ValueError
        except ValueError:
            parts, name = urlsplit(""), ""
        if parts.scheme == "https" and name:
            return parts
        # In the clear only where the registry itself is: not from a distant registry to a server of this machine.
        near = is_loopback(name) and is_loopback(self._hostname)
        if parts.scheme == "http" and (near or (self._settings.plain_http and name == self._hostname)):
            return parts
        raise RegistryDenied(
            f"its token server {redact(realm)[:200]!r} is no https URL", where=self._host, cure="ask who runs it"
        )

    def _buy(self, want: Want, credentials: Credentials | None) -> _Kept:
        parts = self._checked(want.realm)
        trusted = credentials if self.trusts(want.realm) else None
        asked = {"service": want.service, "scope": want.scope}
        headers = {"Accept": "application/json"}
        method, query, body = "GET", urlencode({name: value for name, value in asked.items() if value}), None
        if trusted is not None and trusted.identity_token:
            secret = {"grant_type": "refresh_token", "client_id": "promote", "refresh_token": trusted.identity_token}
            method, query, body = "POST", "", urlencode(secret | asked).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif trusted is not None:
            headers["Authorization"] = basic(trusted)
        url = parts._replace(query="&".join(filter(None, (parts.query, query))), fragment="").geturl()
        # The host's own authority speaks for its token server where that is this host's too.
        tls = Tls(ca=self._settings.ca if self.trusts(want.realm) else None)
        if same_origin(url, self._own):
            tls = Tls(self._settings.ca, self._settings.client_cert, self._settings.client_key)

        def send(seconds: float) -> Response:
            return self._transport.request(
                method,
                url,
                headers,
                unreachable=RegistryUnreachable,
                cap=_CAP,
                body=body,
                tls=tls,
                plain_http=self._settings.plain_http,
                timeout=seconds,
            )

        asked_at = self._clock.monotonic()
        response = ask(send, self._clock, self._patience, unreachable=RegistryUnreachable)
        return self._understood(response, asked_at, trusted)

    def _understood(self, response: Response, asked_at: float, signed: Credentials | None) -> _Kept:
        where = redact(response.url)
        if response.status in (400, 401, 403):
            source = f" from {signed.source}" if signed is not None and signed.source else ""
            whose = "to sell a token without credentials" if signed is None else f"the credentials{source}"
            cure = self._cure if signed is None else sign_in_cure(self._host, signed)
            raise RegistryDenied(f"the token server refused {whose} ({response.status})", where=where, cure=cure)
        if response.status != 200:
            raise RegistryUnreachable(
                f"the token server answered {response.status}", where=where, cure="ask who runs the registry"
            )
        answer = decode(
            response.body,
            _Answer,
            where=where,
            noun="a token",
            content_type=response.headers.get("content-type", ""),
        )
        token = answer.token or answer.access_token or ""
        if _SAFE.match(token) is None:
            raise RegistryUnreachable("the token server sent no usable token", where=where, cure="ask who runs it")
        self._transport.veil.cover(token)
        lifetime = min(_LONGEST, answer.expires_in or 0.0) - self._age(answer.issued_at)
        return _Kept(token, asked_at + max(_SHORTEST, lifetime) - _MARGIN)

    def _age(self, issued_at: str | None) -> float:
        """How long ago a token was issued that its server had kept; 0 where it does not say, or its clock is ahead."""
        try:
            moment = datetime.fromisoformat(issued_at or "")
        except ValueError:
            return 0.0
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (self._clock.now() - moment).total_seconds())
