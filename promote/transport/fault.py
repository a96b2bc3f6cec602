"""What exceptions of the libraries below mean; translated here and nowhere else."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promote.errors import PromoteError
from promote.transport.deadline import Guard

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Tls:
    """How one host is to be known, and how to be known to it; None is what the system has."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class TooLongError(Exception):
    """The body goes past the cap."""


def _causes(error: BaseException) -> Generator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def is_stale(error: PromoteError) -> bool:
    """Whether the server hung up on us unasked, as it may on a connection that was kept."""
    return any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in _causes(error))


@dataclass(frozen=True, slots=True)
class _Fault:
    what: str
    cure: str


def _diagnose(error: Exception, tls: Tls) -> _Fault:
    """What `error` of a library below means for a user; never its own text, which may hold the URL."""
    from requests import exceptions

    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            ca = tls.ca or next((f"${name}" for name in CA_VARIABLES if os.environ.get(name)), "the system's")
            return _Fault(
                f"its TLS certificate is not trusted ({cause.verify_message})",
                f"name the file of its certificate authority (`ca`); used was {ca}",
            )
        if isinstance(cause, ssl.SSLError) and (cause.library in ("X509", "PEM") or "PEM lib" in str(cause)):
            return _Fault("a file of certificates or keys cannot be read", "check that those set for it are PEM")
        if isinstance(cause, ssl.SSLError):
            return _Fault("it does not speak TLS as expected", "check the port, and whether the host is plain HTTP")
        if isinstance(cause, exceptions.ProxyError):
            return _Fault("the proxy did not let it through", "check https_proxy, http_proxy and no_proxy")
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return _Fault("the host's name is not known", "check how it is spelled, and DNS")
        if isinstance(cause, ConnectionRefusedError):
            return _Fault("the connection was refused", "check the port, and that the server runs")
        if isinstance(cause, exceptions.Timeout | TimeoutError):
            return _Fault("no answer in time", "check the network, or try again later")
        if isinstance(cause, exceptions.InvalidHeader | exceptions.InvalidURL | exceptions.InvalidProxyURL):
            return _Fault("the request cannot be written down", "look for control characters in its URL or credentials")
    if tls.ca is not None and not tls.ca.exists():
        return _Fault(f"there is no file {tls.ca}", "correct `ca`")
    return _Fault("the connection was cut before the answer was complete", "try again later")


def late(url: str, unreachable: type[PromoteError]) -> PromoteError:
    """The error for a request whose time is over."""
    return unreachable("no complete answer in time", where=url, cure="check the network, or try again later")


@contextmanager
def translated(guard: Guard, url: str, tls: Tls, unreachable: type[PromoteError]) -> Generator[None]:
    """The one place where exceptions of the libraries below become ours."""
    from requests import exceptions
    from urllib3.exceptions import HTTPError

    try:
        yield
    except TooLongError as error:
        raise unreachable("the answer is too long", where=url, cure="check that this is the right server") from error
    except (exceptions.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        if guard.expired:
            raise late(url, unreachable) from error
        fault = _diagnose(error, tls)
        raise unreachable(fault.what, where=url, cure=fault.cure) from error
