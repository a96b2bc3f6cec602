"""What a web server before a registry says itself, by its own pages for 400: nginx's, and that of Go's library."""

from __future__ import annotations

from dataclasses import dataclass

from promote.transport import Response

_LOOKED_AT = 4096
_CERTIFICATE = "set `client_cert` and `client_key` to those that its owner gave out"
_TLS = "ask it over TLS: leave `plain_http` out, and on loopback name its `ca`"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the way in which was asked, and what to do."""

    what: str
    cure: str


_PAGES = {
    b"No required SSL certificate was sent": Complaint("it wants a client certificate", _CERTIFICATE),
    b"The SSL certificate error": Complaint("it does not accept the client certificate", _CERTIFICATE),
    b"The plain HTTP request was sent to HTTPS port": Complaint("it was asked in plain HTTP and speaks TLS", _TLS),
    b"Client sent an HTTP request to an HTTPS server": Complaint("it was asked in plain HTTP and speaks TLS", _TLS),
}


def complaint(response: Response) -> Complaint | None:
    """What the answer complains of, where it is a page of that kind; no registry answers so itself."""
    if response.status != 400:
        return None
    said = response.body[:_LOOKED_AT]
    return next((complaint for page, complaint in _PAGES.items() if page in said), None)
