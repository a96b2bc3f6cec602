"""What registries said, kept between runs: content by its digest, tags that never move, and pages with their ETags.

No name, password, token or header of a request is ever in it; what private registries hold is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from promote.cachefolder import cache_folder
from promote.clock import Clock
from promote.errors import RegistryUnreachable
from promote.image import is_digest
from promote.registry.cache.store import Store
from promote.registry.manifest import prove

LIMIT = 256 << 20


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of tags as the server sent it, with its ETag and its Link header."""

    etag: str
    link: str
    content_type: str
    body: bytes


# Made here, by one thread: two that make the first decoder of a Struct at once crash the process.
_PAGE = msgspec.msgpack.Decoder(Page)


class Cache:
    """Facts of registries that need no second asking; may be used by many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def content(self, digest: str) -> bytes | None:
        """A manifest or configuration, proven once more by its digest."""
        raw = self._store.get(f"content {digest}")
        if raw is None:
            return None
        try:
            prove(raw, digest, "")
        except RegistryUnreachable:
            return None  # broken: it is fetched again, and put in its place
        return raw

    def keep_content(self, digest: str, raw: bytes) -> None:
        """Keep what the caller has proven to have `digest`."""
        self._store.put(f"content {digest}", raw)

    def digest(self, host: str, path: str, tag: str) -> str | None:
        """What a tag was seen to name; it is for the caller to know that it names that for ever."""
        raw = self._store.get(f"tag {host}/{path}:{tag}")
        digest = "" if raw is None else raw.decode("ascii", "replace")
        return digest if is_digest(digest) else None

    def keep_digest(self, host: str, path: str, tag: str, digest: str) -> None:
        self._store.put(f"tag {host}/{path}:{tag}", digest.encode("ascii"))

    def page(self, url: str) -> Page | None:
        """The page that `url` was answered with last."""
        raw = self._store.get(f"page {url}")
        if raw is None:
            return None
        try:
            return _PAGE.decode(raw)
        except (ValueError, RecursionError):
            return None  # broken: it is read again, and put in its place

    def keep_page(self, url: str, page: Page) -> None:
        self._store.put(f"page {url}", msgspec.msgpack.encode(page))


@contextmanager
def open_cache(clock: Clock, *, log: Callable[[str], None], limit: int = LIMIT) -> Iterator[Cache]:
    """The user's cache, opened when first used, written and closed at the end.

    Where there can be none, it keeps nothing, and `log` hears why.
    """
    store = Store(lambda: cache_folder(log), clock=clock, limit=limit, log=log)
    try:
        yield Cache(store)
    finally:
        store.close()
