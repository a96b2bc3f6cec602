"""What exceptions of the libraries below mean; translated here and nowhere else."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Generator
from contextlib import contextmanager

from promote.errors import PromoteError
from promote.transport.deadline import Guard
from promote.transport.tls import Fault, Tls, file_fault, tls_fault


class TooLongError(Exception):
    """The body goes past the cap."""


def _causes(error: BaseException) -> Generator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        # Before a proxy urllib3 raises what it caught only later: then it is an argument, and no context.
        at = at.__cause__ or at.__context__ or next((each for each in at.args if isinstance(each, BaseException)), None)


def is_stale(error: PromoteError) -> bool:
    """Whether the server hung up on us unasked, as it may on a connection that was kept."""
    return any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in _causes(error))


def _diagnose(error: Exception, tls: Tls) -> Fault:
    """What `error` of a library below means for a user; never its own text, which may hold the URL."""
    from requests import exceptions
    from urllib3.exceptions import SSLError

    causes = tuple(_causes(error))
    for cause in causes:
        fault = tls_fault(cause, tls) if isinstance(cause, Exception) else None
        if fault is not None:
            return fault
        if isinstance(cause, exceptions.ProxyError):
            return Fault("the proxy did not let it through", "check https_proxy, http_proxy and no_proxy")
        # urllib3's own, before OpenSSL could ask the terminal for the passphrase.
        if isinstance(cause, SSLError) and "encrypted" in str(cause):
            return Fault("the key of the client certificate has a passphrase", "write it without one to another file")
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return Fault("the host's name is not known", "check how it is spelled, and DNS")
        if isinstance(cause, ConnectionRefusedError):
            return Fault("the connection was refused", "check the port, and that the server runs")
        if isinstance(cause, exceptions.Timeout | TimeoutError):
            return Fault("no answer in time", "check the network, or try again later")
        if isinstance(cause, exceptions.InvalidHeader | exceptions.InvalidURL | exceptions.InvalidProxyURL):
            return Fault("the request cannot be written down", "look for control characters in its URL or credentials")
        if isinstance(cause, exceptions.InvalidSchema):
            return Fault("its proxy is of a kind that is not spoken (SOCKS)", "name an HTTP proxy, or set no_proxy")
    unread = file_fault(tls)
    if unread is not None:
        return unread
    return Fault("the connection was cut before the answer was complete", "try again later")


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
