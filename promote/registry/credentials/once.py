"""What a source of credentials has said, or why it could not: had once, and told as often as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from promote.errors import RegistryDenied

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key; the caller sees to it that one thread at a time asks for a key."""

    def __init__(self) -> None:
        self._had: dict[K, V | RegistryDenied] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What `make` gave for `key` the first time; the RegistryDenied that it raised then is raised again."""
        if key not in self._had:
            try:
                self._had[key] = make()
            except RegistryDenied as error:
                self._had[key] = error
        had = self._had[key]
        if isinstance(had, RegistryDenied):
            # Another one each time: threads would pile their tracebacks on the same.
            raise RegistryDenied(had.what, where=had.where, cure=had.cure)
        return had
