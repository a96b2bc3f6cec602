"""Requests to one registry host, signed in as it asks for, redirected without taking the credentials along."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryDenied, RegistryError, RegistryUnreachable
from promote.image import DOCKER_HUB
from promote.registry.challenge import Challenge, parse_challenges
from promote.registry.credentials import credentials_for
from promote.registry.decode import error_codes
from promote.registry.retry import Patience, ask
from promote.registry.settings import Credentials, HostSettings
from promote.registry.token import Tokens, Want, basic, sign_in_cure
from promote.transport import Response, Tls, Transport, is_loopback, redact

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_PULLING = frozenset({"pull", "metadata_read"})
_ABSENT_CODES = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _same(one: str, other: str) -> bool:
    return _origin(one) == _origin(other)


def base_url(host: str, settings: HostSettings) -> str:
    """Where the API of `host` is; loopback is plain HTTP unless a CA is set for it, as with docker."""
    if host == DOCKER_HUB:
        return "https://registry-1.docker.io"
    parts = urlsplit(f"//{host}")
    plain = settings.plain_http or (settings.ca is None and is_loopback(parts.hostname or "") and parts.port != 443)
    return f"{'http' if plain else 'https'}://{host}"


def _moved(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        scheme, name, _ = _origin(target)
    except ValueError:
        target, scheme, name = "", "", ""
    near = is_loopback(name) and is_loopback(urlsplit(url).hostname or "")
    if scheme == "https" or (scheme == "http" and urlsplit(url).scheme == "http" and (near or _same(url, target))):
        return target
    raise RegistryUnreachable(
        f"redirects to {redact(target)[:200]!r}, which is not https",
        where=redact(url),
        cure="ask who runs the registry",
    )


def _scope(challenge: Challenge, path: str) -> str:
    """The scope to ask for: the challenge's where that only reads this repository, else the usual one."""
    named = challenge.get("scope")
    pattern = re.compile(rf"repository(?:\([a-z]+\))?:{re.escape(path)}:([a-z_,]+)\Z")
    scopes = [pattern.match(scope) for scope in named.split(" ")]
    if all(scope is not None and set(scope[1].split(",")) <= _PULLING for scope in scopes):
        return named
    return f"repository:{path}:pull"


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
        home: Path,
        patience: Patience,
    ) -> None:
        self.base = base_url(host, settings)
        self._host = host
        self._settings = settings
        # A secret that promote.yaml names must be there, even if this host turns out to ask for none.
        self._explicit = settings.credentials() if callable(settings.credentials) else settings.credentials
        self._transport = transport
        self._clock = clock
        self._environ = environ
        self._home = home
        self._patience = patience
        self._tokens = Tokens(host, settings, transport=transport, clock=clock, patience=patience)
        self._lock = threading.Lock()
        self._found: tuple[Credentials | None] | None = None
        self._challenge: Challenge | None = None
        self._scopes: dict[str, str] = {}

    def _credentials(self) -> Credentials | None:
        # Only looked for when the host asks: a broken file is no matter where nothing is protected.
        with self._lock:
            if self._found is None:
                explicit = self._explicit
                self._found = (credentials_for(self._host, explicit, environ=self._environ, home=self._home),)
            found = self._found[0]
        parts = urlsplit(self.base)
        if found is not None and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise RegistryDenied(
                "asks for credentials, which never go over plain HTTP", where=self.base, cure="serve it over TLS"
            )
        return found

    def _want(self, challenge: Challenge, path: str) -> Want:
        scope = self._scopes.get(path, f"repository:{path}:pull")
        return Want(challenge.get("realm"), challenge.get("service"), scope)

    def _authorization(self, path: str) -> str | None:
        """What to send by all that this host has asked for so far."""
        challenge = self._challenge
        if challenge is None:
            return None
        credentials = self._credentials()
        if challenge.scheme == "bearer":
            return "Bearer " + self._tokens.bearer(self._want(challenge, path), credentials)
        if credentials is None:
            raise RegistryDenied("asks for credentials", where=self.base, cure=sign_in_cure(self._host))
        if not credentials.password:
            raise RegistryDenied(
                "asks for a password, and an identity token is all there is",
                where=self.base,
                cure=sign_in_cure(self._host),
            )
        return basic(credentials)

    def _learn(self, response: Response, path: str, sent: str | None) -> None:
        """Take in what a 401 asks for, and drop the token that it did not like."""
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
        known = self._challenge
        if known is not None and sent is not None and known.scheme == "bearer":
            self._tokens.forget(self._want(known, path), sent.removeprefix("Bearer "))
        if challenge.scheme == "bearer":
            self._scopes[path] = _scope(challenge, path)
        self._challenge = challenge

    def _follow(self, method: str, url: str, accept: str, authorization: str | None, cap: int) -> Response:
        first = url
        for _ in range(_REDIRECTS + 1):
            response = self._send(method, url, accept, authorization, cap)
            if response.status not in _MOVED:
                return response
            url = _moved(url, response.headers.get("location", ""))
        raise RegistryUnreachable("redirects without end", where=redact(first), cure="ask who runs the registry")

    def _send(self, method: str, url: str, accept: str, authorization: str | None, cap: int) -> Response:
        own = _same(url, self.base)
        headers = {"Accept": accept}
        if authorization is not None and own:
            headers["Authorization"] = authorization

        def send(seconds: float) -> Response:
            return self._transport.request(
                method,
                url,
                headers,
                unreachable=RegistryUnreachable,
                cap=cap,
                tls=Tls(ca=self._settings.ca if own else None),
                plain_http=own and self._settings.plain_http,
                timeout=seconds,
            )

        return ask(send, self._clock, self._patience)

    def request(self, method: str, url: str, path: str, *, accept: str, cap: int) -> Response:
        """The answer for `url`, which is of the repository `path`: signed in and redirected, whatever its status."""
        authorization = self._authorization(path) if _same(url, self.base) else None
        response = self._follow(method, url, accept, authorization, cap)
        if response.status == 401 and _same(response.url, self.base):
            self._learn(response, path, authorization)
            again = self._authorization(path)
            if again != authorization:
                response = self._follow(method, url, accept, again, cap)
        return response

    def _denied_cure(self) -> str:
        challenge, found = self._challenge, self._found
        if challenge is None or challenge.scheme != "bearer" or not found or found[0] is None:
            return sign_in_cure(self._host)
        realm = challenge.get("realm")
        if self._tokens.trusts(realm):
            return sign_in_cure(self._host)
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
