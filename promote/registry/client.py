"""One registry host over HTTP: tags and facts (OCI distribution spec 1.1, "Pull" and "Content Discovery")."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from promote.errors import RegistryAbsent, RegistryUnreachable
from promote.image import is_digest, is_tag
from promote.question import Known, What
from promote.registry.access import Access
from promote.registry.decode import decode
from promote.registry.facts import known
from promote.registry.manifest import ACCEPT, Config, Manifest, digest_of, parse_config, parse_manifest, prove
from promote.registry.paging import next_page
from promote.transport import Response, redact

_PAGE_CAP = 32 << 20
_MANIFEST_CAP = 4 << 20  # what registries must at least take, and most take at most
_CONFIG_CAP = 8 << 20
_PAGES = 10_000
_ASK = "ask who runs the registry"


class _TagPage(msgspec.Struct):
    tags: list[str] | None = None


@dataclass(frozen=True, slots=True)
class _Remote:
    """The parts of images in one repository, as facts read them."""

    client: Client
    path: str

    def manifest(self, digest: str) -> Manifest:
        return self.client.manifest(self.path, digest)

    def config(self, digest: str) -> Config:
        return self.client.config(self.path, digest)


def _taken(page: _TagPage, where: str) -> list[str]:
    tags = page.tags or []  # an emptied repository has null
    for tag in tags:
        if not is_tag(tag):
            raise RegistryUnreachable(f"lists {tag[:80]!r}, which cannot be a tag", where=where, cure=_ASK)
    return tags


class Client:
    """Tags and facts of the repositories of one host; `path` is a repository's path on it."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def tags(self, path: str) -> tuple[str, ...]:
        """All tags of `path`, sorted. A page that cannot be had fails the whole: no list is better than half of one."""
        url: str | None = f"{self._access.base}/v2/{path}/tags/list?n=1000"
        asked: set[str] = set()
        found: set[str] = set()
        while url is not None:
            if url in asked or len(asked) >= _PAGES:
                raise RegistryUnreachable("its pages never end", where=redact(url), cure=_ASK)
            asked.add(url)
            response = self._access.request("GET", url, path, accept="application/json", cap=_PAGE_CAP)
            # Only the first page can say that there is no such repository.
            absent = RegistryAbsent if len(asked) == 1 else RegistryUnreachable
            self._access.judge(response, f"the repository {path}", absent=absent)
            where = redact(response.url)
            page = decode(
                response.body,
                _TagPage,
                where=where,
                noun="a list of tags",
                content_type=response.headers.get("content-type", ""),
            )
            before, tags = len(found), _taken(page, where)
            found.update(tags)
            url = next_page(response.headers.get("link", ""), response.url)
            if url is not None and tags and len(found) == before:
                raise RegistryUnreachable("its pages bring the same tags again", where=where, cure=_ASK)
        return tuple(sorted(found))

    def facts(self, path: str, reference: str, what: frozenset[What]) -> Known:
        """What was asked for of a tag or digest of `path`; RegistryAbsent where there clearly is none such."""
        if what <= {"digest"}:
            digest = self._head(path, reference)
            if digest is not None:
                return Known(digest)
        return known(self.manifest(path, reference), what, _Remote(self, path))

    def _url(self, path: str, kind: str, reference: str) -> str:
        if not (is_tag(reference) or is_digest(reference)):
            raise RegistryUnreachable(
                f"{reference[:80]!r} is neither a tag nor a digest", where=f"{self._access.base}/v2/{path}", cure=_ASK
            )
        return f"{self._access.base}/v2/{path}/{kind}/{reference}"

    def _head(self, path: str, reference: str) -> str | None:
        """The digest by a HEAD, which Docker Hub does not count as a pull; None where only a GET can tell."""
        url = self._url(path, "manifests", reference)
        response = self._access.request("HEAD", url, path, accept=ACCEPT, cap=0)
        digest = response.headers.get("docker-content-digest", "")
        if response.status != 200 or not is_digest(digest):
            return None  # a HEAD has no body that says why
        return None if is_digest(reference) and digest != reference else digest

    def manifest(self, path: str, reference: str) -> Manifest:
        """The manifest of a tag or digest; its bytes have the digest that was asked for, or that the server claims."""
        url = self._url(path, "manifests", reference)
        response = self._access.request("GET", url, path, accept=ACCEPT, cap=_MANIFEST_CAP)
        self._access.judge(response, f"{path}:{reference}" if is_tag(reference) else f"{path}@{reference}")
        where = redact(response.url)
        digest = self._proven(response, reference, where)
        return parse_manifest(response.body, digest, where=where, content_type=response.headers.get("content-type", ""))

    @staticmethod
    def _proven(response: Response, reference: str, where: str) -> str:
        claimed = response.headers.get("docker-content-digest", "")
        if is_digest(reference):
            prove(response.body, reference, where)
            return reference
        if claimed:
            prove(response.body, claimed, where)
            return claimed
        return digest_of(response.body)

    def config(self, path: str, digest: str) -> Config:
        """The image configuration `digest`."""
        url = self._url(path, "blobs", digest)
        response = self._access.request("GET", url, path, accept="*/*", cap=_CONFIG_CAP)
        self._access.judge(response, f"{path}@{digest}")
        where = redact(response.url)
        prove(response.body, digest, where)
        return parse_config(response.body, where)
