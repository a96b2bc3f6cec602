"""The list of a repository's tags, page by page (OCI distribution spec 1.1, "Content Discovery")."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryUnreachable
from promote.registry.access import Access
from promote.registry.cache import Cache, Page
from promote.registry.decode import decode
from promote.registry.paging import is_senseless, may_be_cut_off, next_page
from promote.transport import Response, redact

_PAGE_CAP = 32 << 20
_KEPT = 4 << 20  # bytes of a page that is kept
_PAGES = 10_000
_LIST_CAP = 64 << 20  # bytes of all its pages
_SECONDS = 600.0  # for all its pages: each is waited for as long as anything is
_LONGEST = 300  # characters of a name that are kept: it cannot be a tag (at most 128) and stays none
_ASKED = 1000  # tags a page
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,200}"')
# What a server says that knows no `last`, or nothing after it.
_NO_MORE = frozenset({400, 404, 405, 416, 422})
_ASK = "ask who runs the registry"
_TRY = "try again later, or ask who runs the registry"


class _TagPage(msgspec.Struct):
    # An emptied repository, and an empty last page, have null. A page without the key, as an error that is sent with
    # 200 has none, is no page: taken for an empty one it would hide the newest tags.
    tags: list[str] | None
    errors: list[msgspec.Raw] | None = None


class _Pages:
    """Pages of one repository; what a server answers with an ETag is kept, and asked for by it the next time."""

    def __init__(self, access: Access, path: str, cache: Cache | None) -> None:
        self._access = access
        self._path = path
        self._cache = cache
        self._had: Page | None = None  # what was kept for the page that was asked for last

    def _get(self, url: str, etag: str = "") -> Response:
        return self._access.request("GET", url, self._path, accept="application/json", cap=_PAGE_CAP, etag=etag)

    def ask(self, url: str) -> Response:
        """The answer for `url`; a 304 is replaced by the page that it means."""
        self._had = kept = None if self._cache is None else self._cache.page(url)
        if kept is None:
            return self._get(url)
        response = self._get(url, kept.etag)
        if response.status != 304:
            return response
        # A 304 that names another page than was asked about answers nothing.
        said = response.headers.get("etag", kept.etag)
        if response.url != url or said.removeprefix("W/") != kept.etag.removeprefix("W/"):
            return self._get(url)
        headers = {"etag": kept.etag, "link": kept.link, "content-type": kept.content_type}
        return Response(200, headers, kept.body, url)

    def keep(self, url: str, response: Response, after: str | None) -> None:
        """Keep the page that was asked for last and understood, unless its address or the next may hold a secret."""
        etag = response.headers.get("etag", "")
        link, kind = response.headers.get("link", "").strip(), response.headers.get("content-type", "")
        if after is not None:
            link = f'<{after}>; rel="next"'  # no more of the header than is understood
        public = response.url == url and all(redact(each) == each for each in (url, after or ""))
        if self._cache is None or not public or not _ETAG.fullmatch(etag) or len(response.body) > _KEPT:
            return
        page = Page(etag, link, kind, response.body)
        if (after or not link) and page != self._had:
            self._cache.keep_page(url, page)


class _Bounds:
    """What one list may cost; RegistryUnreachable beyond."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = clock.monotonic() + _SECONDS
        self._asked: set[str] = set()
        self._bytes = 0

    def asks(self, url: str) -> None:
        if url in self._asked or len(self._asked) >= _PAGES:
            raise RegistryUnreachable("its pages never end", where=redact(url), cure=_ASK)
        if self._clock.monotonic() >= self._until:
            raise RegistryUnreachable(
                f"its list of tags is not whole after {_SECONDS / 60:.0f} minutes", where=redact(url), cure=_TRY
            )
        self._asked.add(url)

    def brings(self, url: str, size: int) -> None:
        self._bytes += size
        if self._bytes > _LIST_CAP:
            raise RegistryUnreachable(
                f"its list of tags is larger than {_LIST_CAP >> 20} MiB", where=redact(url), cure=_ASK
            )


def list_tags(access: Access, path: str, cache: Cache | None) -> tuple[str, ...]:
    """All names in the list of `path`, sorted; what cannot be a tag is among them, for policies to reject.

    A page that cannot be had fails the whole: no list is better than half of one. Where no page has had a Link, and
    the list may have been cut off nevertheless, the page after its last tag is asked for, until one brings nothing new;
    so it is where a Link cannot be understood.
    Of a name that is far too long only the beginning is kept.
    """
    pages = _Pages(access, path, cache)
    first = f"{access.base}/v2/{path}/tags/list?n={_ASKED}"
    url: str | None = first
    bounds = _Bounds(access.clock)
    found: set[str] = set()
    linked = probing = False
    while url is not None:
        bounds.asks(url)
        response = pages.ask(url)
        if probing and response.status in _NO_MORE:
            break
        # Only the first page can say that there is no such repository.
        absent = RegistryAbsent if url == first else RegistryUnreachable
        access.judge(response, f"the repository {path}", absent=absent)
        where = redact(response.url)
        bounds.brings(url, len(response.body))
        kind = response.headers.get("content-type", "")
        page = decode(response.body, _TagPage, where=where, noun="a list of tags", content_type=kind)
        if page.errors:
            raise RegistryUnreachable("sent errors and no whole list of tags", where=where, cure=_ASK)
        tags = [tag[:_LONGEST] for tag in page.tags or ()]  # an emptied repository has null
        before = len(found)
        found.update(tags)
        link = response.headers.get("link", "")
        after = next_page(link, response.url)
        pages.keep(url, response, after)
        new = len(found) > before
        url = after
        if after is not None:
            if tags and not new:
                raise RegistryUnreachable("its pages bring the same tags again", where=where, cure=_ASK)
            linked, probing = True, False
            continue
        if is_senseless(link, response.url):
            linked, doubted = False, True
        else:
            doubted = not linked and (probing or may_be_cut_off(len(tags), _ASKED))
        if doubted and tags and new:
            url, probing = f"{first}&last={quote(tags[-1], safe='')}", True
    return tuple(sorted(found))
