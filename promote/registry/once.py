"""What was asked for in a run: had once, or refused once, and told as often as it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from promote.errors import RegistryDenied

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key, each until `has_ended` says so of it; of many threads that want the same one makes it."""

    def __init__(self, has_ended: Callable[[V], bool] = lambda _: False) -> None:
        self._has_ended = has_ended
        self._lock = threading.Lock()
        self._locks: dict[K, threading.Lock] = {}
        self._had: dict[K, V] = {}
        self._denied: dict[K, RegistryDenied] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What `make` gave for `key` when it was last needed; the RegistryDenied that it raised is raised ever after.

        What else it raises is not remembered: a server that was down may be up again.
        """
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if (denied := self._denied.get(key)) is not None:
                # Another one each time: threads would pile their tracebacks on the same.
                raise RegistryDenied(denied.what, where=denied.where, cure=denied.cure)
            with self._lock:
                if key in self._had and not self._has_ended(self._had[key]):
                    return self._had[key]
            try:
                made = make()
            except RegistryDenied as error:
                self._denied[key] = error
                raise
            with self._lock:
                self._had[key] = made
            return made

    def forget(self, is_bad: Callable[[K, V], bool]) -> None:
        """Make those values anew that are bad, when they are next wanted."""
        with self._lock:
            for key in [key for key, value in self._had.items() if is_bad(key, value)]:
                del self._had[key]
