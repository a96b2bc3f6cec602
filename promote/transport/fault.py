"""What exceptions of the libraries below mean; translated here and nowhere else."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Generator
from contextlib import contextmanager

from promote.errors import PromoteError
from promote.transport.deadline import Guard
from promote.transport.proxy import Proxy, ProxyDenied
from promote.transport.tls import Fault, Tls, file_fault, tls_fault


class TooLongError(Exception):
    """The body goes past the cap."""


def causes(error: BaseException) -> Generator[BaseException]:
    """The error, and what led to it, the nearest first."""
    at: BaseException | None = error
    while at is not None:
        yield at
        # Before a proxy urllib3 raises what it caught only later: then it is an argument, and no context.
        at = at.__cause__ or at.__context__ or next((each for each in at.args if isinstance(each, BaseException)), None)


def is_stale(error: PromoteError) -> bool:
    """Whether the server hung up on us unasked, as it may on a connection that was kept."""
    return any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes(error))


_NOT_HTTP = "check the host and the port, and whether it is TLS that is spoken there"


def _answered(cause: BaseException) -> Fault | None:
    """What is wrong with bytes that came and are no answer."""
    from urllib3.exceptions import HeaderParsingError, InvalidHeader

    if isinstance(cause, http.client.RemoteDisconnected | http.client.IncompleteRead):
        return None
    if isinstance(cause, http.client.BadStatusLine | http.client.UnknownProtocol):
        return Fault("what it sent is not HTTP/1", _NOT_HTTP)
    # The bare class is raised for more than a hundred lines.
    if isinstance(cause, http.client.LineTooLong) or type(cause) is http.client.HTTPException:
        return Fault("the headers of its answer are too long or too many", _NOT_HTTP)
    if isinstance(cause, HeaderParsingError | InvalidHeader):
        return Fault("the headers of its answer cannot be read", "ask who runs the host, or what stands before it")
    return None


def _connected(cause: BaseException) -> Fault | None:
    """What kept an answer from coming."""
    from requests import exceptions

    if isinstance(cause, socket.gaierror):
        return Fault("the host's name is not known", "check how it is spelled, and DNS")
    if isinstance(cause, ConnectionRefusedError):
        return Fault("the connection was refused", "check the port, and that the server runs")
    if isinstance(cause, exceptions.Timeout | TimeoutError):
        return Fault("no answer in time", "check the network, or try again later")
    if isinstance(cause, exceptions.InvalidHeader | exceptions.InvalidURL | UnicodeEncodeError):
        return Fault("the request cannot be written down", "look for control characters in its URL or credentials")
    return None


def _diagnose(error: Exception, tls: Tls, proxy: Proxy | None, *, at_proxy: bool) -> Fault:
    """What `error` of a library below means for a user; never its own text, which may hold the URL."""
    from requests import exceptions
    from urllib3.exceptions import SSLError

    found = tuple(causes(error))
    if proxy is not None and (at_proxy or any(isinstance(cause, exceptions.ProxyError) for cause in found)):
        return proxy.fault(found)
    for cause in found:
        fault = tls_fault(cause, tls) if isinstance(cause, Exception) else None
        if fault is not None:
            return fault
        # urllib3's own, before OpenSSL could ask the terminal for the passphrase.
        if isinstance(cause, SSLError) and "encrypted" in str(cause):
            return Fault("the key of the client certificate has a passphrase", "write it without one to another file")
    # requests has one name for what cannot be written and for what cannot be read: what was read is looked for first.
    for say in (_answered, _connected):
        for cause in found:
            fault = say(cause)
            if fault is not None:
                return fault
    unread = file_fault(tls)
    return unread or Fault("the connection was cut before the answer was complete", "try again later")


def late(url: str, unreachable: type[PromoteError], slow: Proxy | None = None) -> PromoteError:
    """The error for a request whose time is over, while `slow` was to answer, or the host itself."""
    if slow is not None:
        return unreachable(f"{slow.name} gave no answer in time", where=url, cure=slow.cure)
    return unreachable("no complete answer in time", where=url, cure="check the network, or try again later")


@contextmanager
def translated(
    guard: Guard, url: str, tls: Tls, proxy: Proxy | None, unreachable: type[PromoteError]
) -> Generator[None]:
    """The one place where exceptions of the libraries below become ours."""
    from requests import exceptions
    from urllib3.exceptions import HTTPError

    try:
        yield
    except TooLongError as error:
        raise unreachable("the answer is too long", where=url, cure="check that this is the right server") from error
    except (
        exceptions.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError, ProxyDenied
    ) as error:  # fmt: skip
        if guard.expired:
            # Not from `error`: what the watchdog shut reads like a connection that the server has cut.
            raise late(url, unreachable, proxy if guard.at_proxy else None) from TimeoutError()
        fault = _diagnose(error, tls, proxy, at_proxy=guard.at_proxy)
        raise unreachable(fault.what, where=url, cure=fault.cure) from error
