"""URLs before they are asked, and as people may see them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from promote.errors import PromoteError

# Values of these parameters may be shown; what any other means, only its server knows.
_HARMLESS = frozenset({"n", "last", "service", "scope", "page", "per_page"})
_USERINFO = re.compile(r"\A((?:[^/:]*:)?//)[^/]*@")
_PARAMETER = re.compile(r"([^&=]*)=([^&]*)")


def is_loopback(host: str) -> bool:
    """Whether `host` (no port) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _shown(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in _HARMLESS else f"{match[1]}=…"


def redact(url: str) -> str:
    """`url` for people: without userinfo and fragment, and with only those query values that cannot be secrets."""
    head, question, query = url.partition("#")[0].partition("?")
    head = _USERINFO.sub(r"\1", head)
    if not question:
        return head
    # A query without `=` has no name to judge it by.
    return f"{head}?{_PARAMETER.sub(_shown, query)}" if "=" in query else f"{head}?…"


def checked(url: str, unreachable: type[PromoteError], *, plain_http: bool) -> SplitResult:
    """The parts of `url`; `unreachable` is raised where it must not be asked, or cannot."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read for its ValueError
    except ValueError:
        raise unreachable("this is not a URL", where=redact(url), cure="correct it") from None
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.username is not None:
        raise unreachable("only http(s) URLs without credentials are asked", where=redact(url), cure="correct it")
    if parts.scheme == "http" and not (plain_http or is_loopback(parts.hostname)):
        raise unreachable(
            "plain HTTP shows everything to the network", where=redact(url), cure="use https, or set `plain_http: true`"
        )
    return parts
