"""Manifests and configurations by their digests: each is fetched once, whoever asks and from wherever it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from promote.registry.cache import Cache

_HELD = 16 << 20  # bytes that are held in memory


class Contents:
    """Bytes by digest, proven by whoever fetched them; may be asked from many threads."""

    def __init__(self, cache: Cache | None) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._held: dict[str, bytes] = {}
        self._size = 0
        self._under_way: dict[str, Future[bytes | None]] = {}

    def get(self, digest: str, fetch: Callable[[], bytes]) -> bytes:
        """What has `digest`: as it is known, or by `fetch`, which proves it. Its errors are nobody else's."""
        with self._lock:
            held = self._held.get(digest)
            if held is not None:
                return held
            mine = Future[bytes | None]()
            theirs = self._under_way.setdefault(digest, mine)
        if theirs is not mine:
            # Where another's fetch fails, this one may not: it may come from another repository.
            found = theirs.result()
            return fetch() if found is None else found
        raw: bytes | None = None
        try:
            raw = self._cache.content(digest) if self._cache is not None else None
            if raw is None:
                raw = fetch()
                if self._cache is not None:
                    self._cache.keep_content(digest, raw)
            return raw
        finally:
            with self._lock:
                del self._under_way[digest]
                if raw is not None:
                    self._hold(digest, raw)
            mine.set_result(raw)

    def _hold(self, digest: str, raw: bytes) -> None:
        self._held[digest] = raw
        self._size += len(raw)
        while self._size > _HELD:
            self._size -= len(self._held.pop(next(iter(self._held))))
