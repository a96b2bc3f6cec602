"""How one host wants to be signed in to, learned from its challenges, and what is sent for each of its repositories.

Distribution's token specification, and RFC 7617 for hosts that ask for Basic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from promote.errors import RegistryDenied
from promote.question import Admitted
from promote.registry.challenge import Challenge, parse_challenges
from promote.registry.credentials.keyring import Keyring, sign_in_cure
from promote.registry.settings import Credentials, HostSettings
from promote.registry.token import Tokens, Want, basic
from promote.transport import Response, Veil, is_loopback, redact

_PULLING = frozenset({"pull", "metadata_read"})


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
class Signed:
    """The Authorization header of one request, what its token was for, and whose credentials it was had with.

    The header is a secret.
    """

    header: str | None = field(default=None, repr=False)
    want: Want | None = None
    credentials: Credentials | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether it is signed, and not for one repository alone."""
        return self.header is not None and (self.want is None or not self.want.scope)


UNSIGNED = Signed()


class Signing:
    """Signs the requests to one host whose API is at `base`; may be used from many threads.

    What is sent says itself what it was made for: between a request and its answer another thread may learn more.
    """

    def __init__(
        self, host: str, base: str, settings: HostSettings, *, keyring: Keyring, tokens: Tokens, veil: Veil
    ) -> None:
        self._host = host
        self._base = base
        # A secret that promote.yaml names must be there, even if this host turns out to ask for none.
        self._explicit = settings.credentials() if callable(settings.credentials) else settings.credentials
        self._keyring = keyring
        self._tokens = tokens
        self._veil = veil
        self._challenge: Challenge | None = None
        self._scopes: dict[str, str] = {}
        self._admitted: dict[str, Admitted] = {}
        self._scopeless = True  # until a token without a scope has been refused

    def _credentials(self, path: str) -> Credentials | None:
        # Only looked for when the host asks: a broken file is no matter where nothing is protected. Each time anew,
        # because credentials end; the keyring remembers those that do not.
        found = self._keyring.find(self._host, path, self._explicit)
        parts = urlsplit(self._base)
        if found is not None and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise RegistryDenied(
                "asks for credentials, which never go over plain HTTP", where=self._base, cure="serve it over TLS"
            )
        if found is not None:
            self._veil.cover(found.password, username=found.username)
            self._veil.cover(found.identity_token or "")
        return found

    def _scope(self, path: str) -> str:
        # What one repository was asked for is what others will be: a host that names no scope sells one token for all.
        named = self._challenge is not None and bool(self._challenge.get("scope"))
        return self._scopes.get(path) or ("" if self._scopeless and not named else _usual(path))

    def _want(self, challenge: Challenge, path: str) -> Want:
        return Want(challenge.get("realm"), challenge.get("service"), self._scope(path))

    def admitted(self, path: str) -> Admitted | None:
        """As whom the repository `path` was last asked for; None where it was not."""
        return self._admitted.get(path)

    def sign(self, path: str) -> Signed:
        """What to send by all that this host has asked for so far."""
        signed = self._sign(path)
        used = signed.credentials
        self._admitted[path] = Admitted() if used is None else Admitted(used.username or "a token", used.source)
        return signed

    def _sign(self, path: str) -> Signed:
        challenge = self._challenge
        if challenge is None:
            return UNSIGNED
        credentials = self._credentials(path)
        if challenge.scheme == "bearer":
            return self._bearer(challenge, path, credentials)
        if credentials is None:
            raise RegistryDenied("asks for credentials", where=self._base, cure=self._keyring.cure(self._host))
        if not credentials.password:
            raise RegistryDenied(
                "asks for a password, and an identity token is all there is",
                where=self._base,
                cure=sign_in_cure(self._host),
            )
        return Signed(basic(credentials), None, credentials)

    def _bearer(self, challenge: Challenge, path: str, credentials: Credentials | None) -> Signed:
        want = self._want(challenge, path)
        try:
            return Signed("Bearer " + self._tokens.bearer(want, credentials), want, credentials)
        except RegistryDenied:
            if want.scope:
                raise
        self._scopeless = False
        want = self._want(challenge, path)
        return Signed("Bearer " + self._tokens.bearer(want, credentials), want, credentials)

    def _learn(self, response: Response, path: str, sent: Signed, *, again: bool) -> None:
        """Take in what a 401 asks for, and drop the token that it did not like; `again`: a fresh one."""
        challenges = {
            each.scheme: each for each in reversed(parse_challenges(response.headers.get("www-authenticate", "")))
        }
        bearer = challenges.get("bearer")
        challenge = bearer if bearer is not None and bearer.get("realm") else challenges.get("basic")
        if challenge is None and bearer is not None:
            raise RegistryDenied(
                "wants a token, and does not say which server sells it (a Bearer challenge without realm)",
                where=redact(response.url),
                cure="ask who runs the registry",
            )
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

    def renewed(self, response: Response, path: str, sent: Signed, *, again: bool) -> Signed | None:
        """What to send after `response`, which `sent` had as its answer; None where nothing else is to be tried.

        `again` says that `sent` was itself the answer to a refusal.
        """
        if response.status == 401:
            self._learn(response, path, sent, again=again)
        elif response.status == 403 and sent.is_for_all:
            self._scopeless = False  # "insufficient_scope" may come so too (RFC 6750 §3.1)
        else:
            return None
        # By what was sent, not by what is known now: another thread may have learned more meanwhile.
        if again and sent.want is not None and self._scope(path) == sent.want.scope:
            return None
        renewed = self.sign(path)
        return None if renewed == sent else renewed

    def cure(self, sent: Signed) -> str:
        """What to do where the host denies what was asked of it with `sent`."""
        used = sent.credentials
        if used is None:
            return self._keyring.cure(self._host)
        usual = sign_in_cure(self._host, used)
        cure = f"its credentials are from {used.source}: {usual}" if used.source else usual
        realm = "" if sent.want is None else sent.want.realm
        if sent.want is None or self._tokens.trusts(realm):
            return cure
        name = (urlsplit(realm).hostname or "")[:200]
        cure = f"list it under registries: {self._host}: token_hosts"
        return f"its token server {name} is another host and got no credentials: if it may, {cure}"
