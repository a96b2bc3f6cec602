"""One GET for a check: with its own secrets, over TLS where there are any, and no further than its own host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from promote.clock import Clock
from promote.errors import Refused
from promote.secret import SecretSettings, resolve_secret
from promote.transport import Response, Tls, Transport, is_loopback, redact
from promote.transport.retry import Patience, ask

_CAP = 4 << 20
_SECONDS = 20.0
_SHOWN = 100

Headers = Iterable[tuple[str, str | SecretSettings]]


class Web:
    """Asks what checks name; a secret goes to the host that it is configured for and nowhere else (SEMANTICS 10.3)."""

    def __init__(self, transport: Transport, environ: Mapping[str, str], root: Path, clock: Clock) -> None:
        self._transport = transport
        self._environ = environ
        self._root = root
        self._clock = clock

    def _resolved(self, token: SecretSettings | None, headers: Headers) -> tuple[dict[str, str], bool]:
        """The headers to send, and whether there is a secret in them."""
        out: dict[str, str] = {}
        secrets: list[str] = []
        for name, value in headers:
            if isinstance(value, SecretSettings):
                secrets.append(resolve_secret(value, self._environ))
                out[name] = secrets[-1]
            else:
                out[name] = value
        if token is not None:
            secrets.append(resolve_secret(token, self._environ))
            out["Authorization"] = f"Bearer {secrets[-1]}"
        for secret in secrets:
            self._transport.veil.cover(secret)
        return out, bool(secrets)

    def get(
        self,
        url: str,
        *,
        token: SecretSettings | None = None,
        headers: Headers = (),
        ca: str | None = None,
        patient: bool = False,
    ) -> Response:
        """The answer of `url`, whatever its status; redirects are not followed.

        Refused where there is no answer, or where a secret would be shown to the network; UsageError where a secret is
        not to be had. With `patient` a busy server is asked again.
        """
        sent, is_secret = self._resolved(token, headers)
        parts = urlsplit(url)
        if is_secret and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise Refused("the secret of this check would be shown to the network", where=redact(url), cure="use https")

        def once(seconds: float) -> Response:
            return self._transport.request(
                "GET",
                url,
                sent,
                unreachable=Refused,
                cap=_CAP,
                tls=Tls(None if ca is None else self._root / ca),
                plain_http=not is_secret,
                timeout=min(seconds, _SECONDS),
            )

        return ask(once, self._clock, Patience(3, _SECONDS), unreachable=Refused) if patient else once(_SECONDS)


def leads_to(response: Response) -> str:
    """Where a redirect leads: the host alone, since the rest may hold a secret."""
    target = response.headers.get("location", "")
    try:
        host = urlsplit(urljoin(response.url, target)).hostname
    except ValueError:
        host = None
    shown = host if host is None or len(host) <= _SHOWN else f"{host[:_SHOWN]}…"
    return f", and leads to {shown}" if target and shown else ""
