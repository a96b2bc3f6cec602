"""The next page of a list, by its Link header (RFC 8288; distribution spec, "Pagination")."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from promote.errors import RegistryUnreachable
from promote.transport import redact

_PARAMETER = r'[ \t]*;[ \t]*[^\s=;,<>"]+(?:[ \t]*=[ \t]*(?:"[^"]*"|[^\s;,"]+))?'
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
# The name that a list is asked for by; before it a server may have a path of its own.
_LIST = re.compile(r"(?:/.*)?/v2/(.+)/tags/list/?")
_REL = re.compile(r';[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def may_be_cut_off(count: int, asked: int) -> bool:
    """Whether a page of `count` tags without a link, of which `asked` were wanted, may not be all there is.

    So it may be where it is exactly as long as pages are wont to be. A page that is longer than was asked for comes
    from a server that knows no pages.
    """
    return 0 < count <= asked and (count in (10, 20) or count % 50 == 0)


def _named_next(header: str) -> str | None:
    links = [(link[1], _REL.search(link[2])) for link in _LINK.finditer(header)]
    for target, rel in links:
        if rel is not None and "next" in (rel[1] or rel[2] or "").lower().split():
            return target
    # Some leave `rel` out: of a list, a link can hardly mean anything else.
    return next((target for target, rel in links if rel is None), None)


def _target(header: str, page: str) -> SplitResult | None:
    """Where the header says that the next page is; None where it says nothing, or what cannot be understood."""
    link = (_named_next(header) or "").strip()
    try:
        target = urlsplit(urljoin(page, link))
        _ = target.port  # read for its ValueError
    except ValueError:
        return None
    # An empty link means the page itself.
    return target if link else None


def is_senseless(header: str, page: str) -> bool:
    """Whether there is a header, and nothing in it can be understood: there may be a next page then, or none."""
    named = _named_next(header)
    if named is None:
        return header.strip() != "" and _LINK.search(header) is None
    return _target(header, page) is None


def _is_of(target: str, page: str) -> bool:
    """Whether two paths are those of one list of tags.

    Artifactory leaves the first segments of a name out (RTFACT-18971), Nexus puts its own path before it: whose name
    ends the one that was asked for is meant to be it. No other list is asked for by that: see `next_page`.
    """
    if target == page:
        return True
    named, asked = _LIST.fullmatch(target), _LIST.fullmatch(page)
    return named is not None and asked is not None and f"/{asked[1]}".endswith(f"/{named[1]}")


def next_page(header: str, page: str) -> str | None:
    """The URL after `page`, or None where no link says it; RegistryUnreachable where the link leads elsewhere.

    Of the link only the query is taken: the answer has the scheme, the port and the path of `page`. A registry behind a
    proxy may think that it is spoken to in plain HTTP, and by another path.
    """
    target = _target(header, page)
    if target is None:
        return None
    at = urlsplit(page)
    what = ""
    if (
        target.hostname != at.hostname
        or target.port not in (at.port, None, 80, 443)
        or target.scheme not in ("http", "https")
        or target.username is not None
    ):
        what = "at another host"
    elif not _is_of(unquote(target.path), unquote(at.path)):
        what = "of another repository"
    if what:
        raise RegistryUnreachable(
            f"its next page is {what}, {redact(target.geturl())[:200]!r}",
            where=redact(page),
            cure="ask who runs the registry",
        )
    url: str = at._replace(query=target.query, fragment="").geturl()
    return url
