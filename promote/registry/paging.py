"""The next page of a list, by its Link header (RFC 8288; distribution spec, "Pagination")."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from promote.errors import RegistryUnreachable
from promote.transport import redact

_PARAMETER = r'[ \t]*;[ \t]*[^\s=;,<>"]+(?:[ \t]*=[ \t]*(?:"[^"]*"|[^\s;,"]+))?'
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_REL = re.compile(r';[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def next_page(header: str, page: str) -> str | None:
    """The URL after `page`, or None where it is the last; RegistryUnreachable where the link leaves the page's host.

    The answer keeps the page's scheme and port: a registry behind a proxy may think that it is spoken to in plain HTTP.
    """
    for link in _LINK.finditer(header):
        rel = _REL.search(link[2])
        if rel is None or "next" not in (rel[1] or rel[2] or "").lower().split():
            continue
        at = urlsplit(page)
        try:
            target = urlsplit(urljoin(page, link[1]))
            same = target.hostname == at.hostname and target.port in (at.port, None, 80, 443)
        except ValueError:
            target, same = urlsplit(""), False
        if not same or target.scheme not in ("http", "https") or target.username is not None:
            raise RegistryUnreachable(
                f"its next page is at another host, {redact(link[1])[:200]!r}",
                where=redact(page),
                cure="ask who runs the registry",
            )
        url: str = target._replace(scheme=at.scheme, netloc=at.netloc, fragment="").geturl()
        return url
    return None
