"""Where a host's API is, and which URLs are still that host's (RFC 6454: scheme, host and port)."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from promote.errors import RegistryUnreachable
from promote.image import DOCKER_HUB
from promote.registry.settings import HostSettings
from promote.transport import is_loopback, redact

_PORTS = {"http": 80, "https": 443}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs are of one server, by their names."""
    return _origin(one) == _origin(other)


def base_url(host: str, settings: HostSettings) -> str:
    """Where the API of `host` is; loopback is plain HTTP unless certificates are set for it, as with docker."""
    if host == DOCKER_HUB:
        return "https://registry-1.docker.io"
    parts = urlsplit(f"//{host}")
    secured = settings.ca is not None or settings.client_cert is not None or parts.port == 443
    plain = settings.plain_http or (is_loopback(parts.hostname or "") and not secured)
    return f"{'http' if plain else 'https'}://{host}"


def moved(url: str, location: str) -> str:
    """Where a redirect from `url` leads; RegistryUnreachable where that would be in the clear, or no web address."""
    if not location.strip():
        raise RegistryUnreachable(
            "redirects, and does not say where to", where=redact(url), cure="ask who runs the registry"
        )
    try:
        target = urljoin(url, location)
        scheme, name, _ = _origin(target)
    except ValueError:
        target, scheme, name = "", "", ""
    near = is_loopback(name) and is_loopback(urlsplit(url).hostname or "")
    in_the_clear = scheme == urlsplit(url).scheme == "http" and (near or same_origin(url, target))
    if scheme == "https" or in_the_clear:
        return target
    raise RegistryUnreachable(
        f"redirects to {redact(target)[:200]!r}, which is not https",
        where=redact(url),
        cure="ask who runs the registry",
    )
