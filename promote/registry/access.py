"""Requests to one registry host, signed in as it asks for, redirected without taking the credentials along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryDenied, RegistryError, RegistryUnreachable
from promote.question import Quota
from promote.registry.challenge import Challenge, parse_challenges
from promote.registry.credentials.ci import ci_token_hosts
from promote.registry.credentials.keyring import Keyring
from promote.registry.decode import error_codes
from promote.registry.origin import base_url, moved, same_origin
from promote.registry.quota import quota_in
from promote.registry.retry import Patience, ask
from promote.registry.settings import Credentials, HostSettings
from promote.registry.token import Tokens, Want, basic, sign_in_cure
from promote.transport import Response, Tls, Transport, is_loopback, redact

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_PULLING = frozenset({"pull", "metadata_read"})
_ABSENT_CODES = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})


def _usual(path: str) -> str:
    return f"repository:{path}:pull"


def _only_pulling(named: str, path: str) -> str:
    """The scope to ask for: the one that a challenge names where that only reads this repository, else the usual."""
    pattern = re.compile(rf"repository(?:\([a-z]+\))?:{re.escape(path)}:([a-z_,]+)\Z")
    scopes = [pattern.match(scope) for scope in named.split(" ")]
    if all(scope is not None and set(scope[1].split(",")) <= _PULLING for scope in scopes):
        return named
    return _usual(path)


@dataclass(frozen=True, slots=True)
class _Signed:
    """The Authorization header of one request, and what its token was for; the header is a secret."""

    header: str | None = field(default=None, repr=False)
    want: Want | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether it is signed, and not for one repository alone."""
        return self.header is not None and (self.want is None or not self.want.scope)


_UNSIGNED = _Signed()


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
        self._host = host
        self._settings = settings
        # A secret that promote.yaml names must be there, even if this host turns out to ask for none.
        self._explicit = settings.credentials() if callable(settings.credentials) else settings.credentials
        self._transport = transport
        self.clock = clock
        self._keyring = keyring
        self._patience = patience
        self._tokens = Tokens(host, settings, own=self.base, transport=transport, clock=clock, patience=patience)
        self._source: str | None = None  # where the credentials came from that were used last, if any were
        self._challenge: Challenge | None = None
        self._scopes: dict[str, str] = {}
        self._scopeless = True  # until a token without a scope has been refused
        self.quota: Quota | None = None

    def _credentials(self, path: str) -> Credentials | None:
        # Only looked for when the host asks: a broken file is no matter where nothing is protected. Each time anew,
        # because credentials end; the keyring remembers those that do not.
        found = self._keyring.find(self._host, path, self._explicit)
        parts = urlsplit(self.base)
        if found is not None and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise RegistryDenied(
                "asks for credentials, which never go over plain HTTP", where=self.base, cure="serve it over TLS"
            )
        self._source = None if found is None else found.source
        return found

    def _scope(self, path: str) -> str:
        # What one repository was asked for is what others will be: a host that names no scope sells one token for all.
        named = self._challenge is not None and bool(self._challenge.get("scope"))
        return self._scopes.get(path) or ("" if self._scopeless and not named else _usual(path))

    def _want(self, challenge: Challenge, path: str) -> Want:
        return Want(challenge.get("realm"), challenge.get("service"), self._scope(path))

    def _authorization(self, path: str) -> _Signed:
        """What to send by all that this host has asked for so far."""
        challenge = self._challenge
        if challenge is None:
            return _UNSIGNED
        credentials = self._credentials(path)
        if challenge.scheme == "bearer":
            return self._bearer(challenge, path, credentials)
        if credentials is None:
            raise RegistryDenied("asks for credentials", where=self.base, cure=sign_in_cure(self._host))
        if not credentials.password:
            raise RegistryDenied(
                "asks for a password, and an identity token is all there is",
                where=self.base,
                cure=sign_in_cure(self._host),
            )
        return _Signed(basic(credentials))

    def _bearer(self, challenge: Challenge, path: str, credentials: Credentials | None) -> _Signed:
        want = self._want(challenge, path)
        try:
            return _Signed("Bearer " + self._tokens.bearer(want, credentials), want)
        except RegistryDenied:
            if want.scope:
                raise
        self._scopeless = False
        want = self._want(challenge, path)
        return _Signed("Bearer " + self._tokens.bearer(want, credentials), want)

    def _learn(self, response: Response, path: str, sent: _Signed, *, again: bool) -> None:
        """Take in what a 401 asks for, and drop the token that it did not like; `again`: a fresh one."""
        challenges = {
            each.scheme: each for each in reversed(parse_challenges(response.headers.get("www-authenticate", "")))
        }
        challenge = challenges.get("bearer") or challenges.get("basic")
        if challenge is None:
            named = ", ".join(sorted(challenges))[:100] or "nothing"
            raise RegistryDenied(
                f"wants a way to sign in that promote does not know ({named})",
                where=redact(response.url),
                cure="ask who runs the registry",
            )
        if sent.header is not None and sent.want is not None:
            self._tokens.forget(sent.want, sent.header.removeprefix("Bearer "))
            if again and not sent.want.scope:
                self._scopeless = False
        if challenge.scheme == "bearer" and challenge.get("scope"):
            self._scopes[path] = _only_pulling(challenge.get("scope"), path)
        self._challenge = challenge

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

        return ask(send, self.clock, self._patience)

    def request(self, method: str, url: str, path: str, *, accept: str, cap: int, etag: str = "") -> Response:
        """The answer for `url`, which is of the repository `path`: signed in and redirected, whatever its status.

        With an `etag` it may be 304, which means that what had that ETag still stands.
        """
        sent = self._authorization(path) if same_origin(url, self.base) else _UNSIGNED
        response = self._follow(method, url, accept, sent.header, cap, etag)
        # Twice at most: a token that had expired is renewed, and one for the whole host gives way to the repository's.
        for again in (False, True):
            if not same_origin(response.url, self.base):
                break
            if response.status == 401:
                self._learn(response, path, sent, again=again)
            elif response.status == 403 and sent.is_for_all:
                self._scopeless = False  # "insufficient_scope" may come so too (RFC 6750 §3.1)
            else:
                break
            # By what was sent, not by what is known now: another thread may have learned more meanwhile.
            if again and sent.want is not None and self._scope(path) == sent.want.scope:
                break
            renewed = self._authorization(path)
            if renewed == sent:
                break
            sent = renewed
            response = self._follow(method, url, accept, sent.header, cap, etag)
        return response

    def _denied_cure(self) -> str:
        challenge = self._challenge
        if self._source is None:
            return sign_in_cure(self._host)
        cure = f"its credentials are from {self._source}: {sign_in_cure(self._host)}" if self._source else ""
        cure = cure or sign_in_cure(self._host)
        if challenge is None or challenge.scheme != "bearer":
            return cure
        realm = challenge.get("realm")
        if self._tokens.trusts(realm):
            return cure
        name = (urlsplit(realm).hostname or "")[:200]
        cure = f"list it under registries: {self._host}: token_hosts"
        return f"its token server {name} is another host and got no credentials: if it may, {cure}"

    def judge(self, response: Response, noun: str, *, absent: type[RegistryError] = RegistryAbsent) -> Response:
        """`response` where it is a 200; else the error that it means for `noun`, which was asked for."""
        status, where = response.status, redact(response.url)
        if status == 200:
            return response
        codes = error_codes(response.body)
        said = f" {', '.join(codes[:3])}" if codes else ""
        if status in (401, 403):
            raise RegistryDenied(f"{noun}: denied ({status}{said})", where=where, cure=self._denied_cure())
        if status == 404 and codes is not None and (not codes or _ABSENT_CODES & {code.upper() for code in codes}):
            raise absent(
                f"{noun} is not there{said and f' ({said.strip()})'}", where=where, cure="check how it is spelled"
            )
        raise RegistryUnreachable(
            f"{noun}: answered {status}{said}, not as a registry does",
            where=where,
            cure="check that this host is the registry itself",
        )
