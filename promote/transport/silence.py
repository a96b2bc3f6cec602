"""Hosts that have not answered at all: what they are asked for again fails at once, as it did the first time."""

from __future__ import annotations

import errno
import socket
import threading

from promote.errors import PromoteError
from promote.transport.fault import causes

_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})


def _is_silent(error: PromoteError) -> bool:
    """Whether nothing answered: no name, no connection, or no word in time. Who cuts us off is there."""
    from requests.exceptions import Timeout

    silent = (ConnectionRefusedError, socket.gaierror, TimeoutError, Timeout)
    return any(
        isinstance(cause, silent) or (isinstance(cause, OSError) and cause.errno in _NO_ROUTE)
        for cause in causes(error)
    )


class Silence:
    """What kept each host from answering, for as long as it has answered nothing; may be used from many threads.

    One answer is enough, of whatever status: then it is a repository that is slow, and not the host that is dead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: set[str] = set()
        self._silent: dict[str, PromoteError] = {}

    def heard(self, host: str) -> None:
        """An answer has come from `host`."""
        with self._lock:
            self._answered.add(host)
            self._silent.pop(host, None)

    def failed(self, host: str, error: PromoteError) -> None:
        """No answer has come from `host`, by what `error` says."""
        with self._lock:
            if host not in self._answered and _is_silent(error):
                self._silent.setdefault(host, error)

    def of(self, host: str) -> PromoteError | None:
        """Why `host` need not be asked again; None where it may be."""
        with self._lock:
            return self._silent.get(host)
