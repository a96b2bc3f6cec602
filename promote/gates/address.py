"""Addresses that checks ask, and headers that they send: judged as they are written, filled in as they are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

from promote.placeholder import fill

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 §5.6.2
# What the request itself is made of.
_OURS = frozenset({"accept-encoding", "connection", "content-length", "host", "te", "transfer-encoding", "upgrade"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def fill_url(url: str, values: Mapping[str, str]) -> str:
    """`url` filled in; a value stays within its segment, whatever characters it holds (RFC 3986 §2.4)."""
    return fill(url, {name: quote(value, safe="") for name, value in values.items()})


def require_http(url: str, key: str) -> None:
    """ValueError where `url` is no address that may be asked; it never says back what may be a secret."""
    try:
        parts = urlsplit(fill(url, {}, "x"))
        _ = parts.port  # read for its ValueError
    except ValueError:
        raise ValueError(f"{key} is no URL; write https://HOST/PATH") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{key} must begin with https:// or http:// and a host")
    if "@" in parts.netloc:
        raise ValueError(f"{key} holds credentials; name them under token")
    if parts.fragment or _CONTROL.search(url) or " " in url:
        raise ValueError(f"{key} holds a space, a control character or a #, which cannot be asked for")


def require_headers(names: Iterable[str]) -> None:
    """ValueError for a header that has no such name, or that each request has anyway."""
    for name in names:
        if _NAME.match(name) is None:
            raise ValueError(f"headers: {name!r} is no name of a header")
        if name.lower() in _OURS:
            raise ValueError(f"headers: {name} is set by promote itself; leave it out")
