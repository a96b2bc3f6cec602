"""Where digests stand: what a site will carry by the pin of its app (SEMANTICS 5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from promote.config.settings import Pin
from promote.estate.estate import Estate
from promote.sites.site import Site


def wants_digest(site: Site, pin: Pin, *, explicit: bool) -> bool:
    """Whether the site will carry a digest: `explicit` is a digest that was asked for by name."""
    if site.joins == "revision":
        return False
    if pin in ("digest", "both"):
        return True
    return pin == "keep" and (explicit or site.version.digest is not None)


def unpinned(estate: Estate, app: str) -> Iterator[Site]:
    """The places of an app that name an image, and will not carry the digest of what is brought in."""
    pin = estate.apps[app].pin
    for site in estate.sites(app):
        if site.joins != "revision" and not wants_digest(site, pin, explicit=False):
            yield site
