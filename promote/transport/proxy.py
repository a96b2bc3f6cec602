"""The proxy that the environment names for a URL, and what its faults mean for a user."""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult

from promote.transport.address import is_loopback
from promote.transport.tls import Fault

# What http.client says of a CONNECT that was refused: the status stands nowhere else.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
_ADDRESS = re.compile(r"[\w.:\[\]-]{0,200}")
_SIGN_IN = 407


class ProxyDenied(Exception):
    """The proxy answered itself that it wants a name and a password (RFC 9110 §15.5.8)."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy for one URL, written with its scheme, and where the environment says so."""

    url: str = field(repr=False)  # may hold a password
    source: str

    @property
    def name(self) -> str:
        """The proxy for people: its address without credentials, and what names it."""
        scheme, _, rest = self.url.partition("://")
        address = _ADDRESS.match(rest.rpartition("@")[2])
        return f"its proxy {scheme}://{address[0] if address else ''} ({self.source})"

    @property
    def cure(self) -> str:
        """What to do where it is the wrong one, or none is needed."""
        return f"correct {self.source}, or name the host in no_proxy if it can be reached without"

    def unfit(self) -> Fault | None:
        """What is wrong with the URL of the proxy itself."""
        from urllib3.exceptions import LocationParseError
        from urllib3.util import parse_url

        try:
            parts = parse_url(self.url)
            scheme, host = parts.scheme or "", parts.host
        except LocationParseError:
            scheme, host = "", None
        if scheme.startswith("socks"):
            return Fault(f"{self.name} is of a kind that is not spoken (SOCKS)", "name an HTTP proxy, or set no_proxy")
        if scheme not in ("http", "https") or not host:
            return Fault(f"what {self.source} names as its proxy is no http(s) URL", f"correct {self.source}")
        return None

    def fault(self, causes: Sequence[BaseException]) -> Fault:
        """What `causes` mean where it was the proxy that failed."""
        status = next((found[1] for cause in causes if (found := _TUNNEL.search(str(cause))) is not None), "")
        if status == str(_SIGN_IN) or any(isinstance(cause, ProxyDenied) for cause in causes):
            return Fault(
                f"{self.name} wants a name and a password ({_SIGN_IN})",
                f"write those that it knows into {self.source}, as http://NAME:PASSWORD@HOST:PORT",
            )
        if status:
            return Fault(f"{self.name} did not let it through ({status})", self.cure)
        for cause in causes:
            if isinstance(cause, socket.gaierror):
                return Fault(f"the host's name of {self.name} is not known", self.cure)
            if isinstance(cause, ConnectionRefusedError):
                return Fault(f"{self.name} refused the connection", self.cure)
            if isinstance(cause, TimeoutError):
                return Fault(f"{self.name} gave no answer in time", self.cure)
            if isinstance(cause, ssl.SSLCertVerificationError):
                return Fault(f"the TLS certificate of {self.name} is not trusted", self.cure)
            if isinstance(cause, ssl.SSLError):
                return Fault(f"{self.name} does not speak TLS", f"write it with http:// into {self.source}")
            if isinstance(cause, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
                return Fault(f"{self.name} cut the connection", self.cure)
            if isinstance(cause, http.client.HTTPException):
                return Fault(f"{self.name} does not speak HTTP", self.cure)
        return Fault(f"{self.name} did not let it through", self.cure)


def _source(scheme: str, url: str) -> str:
    """The variable that holds the proxy's URL; where none does, it is the system that has one."""
    names = [name for key in (scheme, "all") for name in (f"{key}_proxy", f"{key}_proxy".upper())]
    return next((name for name in names if os.environ.get(name) == url), "the system's settings")


def proxy_for(url: str, parts: SplitResult) -> Proxy | None:
    """The proxy that `url`, whose parts these are, goes through; None where it goes straight."""
    from requests.utils import get_environ_proxies, select_proxy

    # What is allowed in the clear on loopback must not leave the machine by a proxy.
    if is_loopback(parts.hostname or ""):
        return None
    chosen = select_proxy(url, get_environ_proxies(url))
    if chosen is None:
        return None
    # As curl reads it: urllib3 takes the name of `proxy:3128` for a scheme.
    written = chosen if _SCHEME.match(chosen) else f"http://{chosen}"
    return Proxy(written, _source(parts.scheme, chosen))
