"""The next page of a list, by its Link header (RFC 8288; distribution spec, "Pagination")."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from promote.errors import RegistryUnreachable
from promote.transport import redact

_PARAMETER = r'[ \t]*;[ \t]*[^\s=;,<>"]+(?:[ \t]*=[ \t]*(?:"[^"]*"|[^\s;,"]+))?'
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_REL = re.compile(r';[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def is_doubtful(header: str, count: int, asked: int) -> bool:
    """Whether a page of `count` tags, of which `asked` were wanted, may be cut off although no link says so.

    So it may be where the page is exactly as long as pages are wont to be, or where the header says what nobody
    understands. A page that is longer than was asked for comes from a server that knows no pages.
    """
    round_number = count in (10, 20) or count % 50 == 0
    return (header.strip() != "" and _LINK.search(header) is None) or (0 < count <= asked and round_number)


def _named_next(header: str) -> str | None:
    links = [(link[1], _REL.search(link[2])) for link in _LINK.finditer(header)]
    for target, rel in links:
        if rel is not None and "next" in (rel[1] or rel[2] or "").lower().split():
            return target
    # Some leave `rel` out: of a list, a link can hardly mean anything else.
    return next((target for target, rel in links if rel is None), None)


def next_page(header: str, page: str) -> str | None:
    """The URL after `page`, or None where it is the last; RegistryUnreachable where the link leaves the page's host.

    The answer keeps the page's scheme and port: a registry behind a proxy may think that it is spoken to in plain HTTP.
    """
    link = _named_next(header)
    if link is None:
        return None
    at = urlsplit(page)
    try:
        target = urlsplit(urljoin(page, link))
        same = target.hostname == at.hostname and target.port in (at.port, None, 80, 443)
    except ValueError:
        target, same = urlsplit(""), False
    if not same or target.scheme not in ("http", "https") or target.username is not None:
        raise RegistryUnreachable(
            f"its next page is at another host, {redact(link)[:200]!r}",
            where=redact(page),
            cure="ask who runs the registry",
        )
    url: str = target._replace(scheme=at.scheme, netloc=at.netloc, fragment="").geturl()
    return url
