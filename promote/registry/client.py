"""One registry host over HTTP: tags and facts (OCI distribution spec 1.1, "Pull" and "Content Discovery")."""

from __future__ import annotations

from dataclasses import dataclass

from promote.errors import RegistryAbsent, RegistryUnreachable
from promote.image import is_digest, is_tag
from promote.question import Admitted, Known, Quota, What
from promote.registry.access import Access
from promote.registry.cache import Cache
from promote.registry.contents import Contents
from promote.registry.facts import known
from promote.registry.listing import list_tags
from promote.registry.manifest import (
    ACCEPT,
    Config,
    Manifest,
    digest_of,
    parse_config,
    parse_manifest,
    prove,
    prove_manifest,
)
from promote.transport import Response, redact

_MANIFEST_CAP = 4 << 20  # what registries must at least take, and most take at most
_CONFIG_CAP = 8 << 20
_ASK = "ask who runs the registry"


@dataclass(frozen=True, slots=True)
class _Remote:
    """The parts of images in one repository, as facts read them."""

    client: Client
    path: str

    def manifest(self, digest: str) -> Manifest:
        return self.client.manifest(self.path, digest)

    def config(self, digest: str) -> Config:
        return self.client.config(self.path, digest)


class Client:
    """Tags and facts of the repositories of one host; `path` is a repository's path on it."""

    def __init__(self, access: Access, host: str, *, contents: Contents, cache: Cache | None) -> None:
        self._access = access
        self._host = host
        self._contents = contents
        self._cache = cache

    @property
    def quota(self) -> Quota | None:
        """What the host has said last of how much it lets us pull."""
        return self._access.quota

    def admitted(self, path: str) -> Admitted | None:
        """As whom the host was last asked for `path`; None where it was not."""
        return self._access.admitted(path)

    def tags(self, path: str) -> tuple[str, ...]:
        """All names in the list of `path`, sorted; what cannot be a tag is among them, for policies to reject."""
        return list_tags(self._access, path, self._cache)

    def facts(self, path: str, reference: str, what: frozenset[What], *, immutable: bool = False) -> Known:
        """What was asked for of a tag or digest of `path`; RegistryAbsent where there clearly is none such.

        Of a tag that is `immutable`, the digest that it was once seen to have is as good as a new answer.
        """
        cache = self._cache if immutable and is_tag(reference) else None
        remembered = None if cache is None else cache.digest(self._host, path, reference)
        if remembered is not None:
            try:
                return self._known(path, remembered, what)
            except RegistryAbsent:
                remembered = None  # what it named is gone: its registry must say what it names now
        found, sure = self._asked(path, reference, what)
        if cache is not None and sure:
            cache.keep_digest(self._host, path, reference, found.digest)
        return found

    def _known(self, path: str, digest: str, what: frozenset[What]) -> Known:
        if what <= {"digest"}:
            # What it is does not matter then: it need not be an image that can be read.
            return Known(digest)
        return known(self.manifest(path, digest), what, _Remote(self, path))

    def _asked(self, path: str, reference: str, what: frozenset[What]) -> tuple[Known, bool]:
        """The facts as the registry has them now, and whether it said itself which digest this is."""
        digest = self._head(path, reference)
        if digest is not None:
            try:
                return self._known(path, digest, what), True
            except RegistryAbsent:
                digest = None  # moved since, or a HEAD that is not to be believed
        response, digest, proven = self._fetch(path, reference)
        if what <= {"digest"}:
            return Known(digest), proven
        sent = response.headers.get("content-type", "")
        root = parse_manifest(response.body, digest, where=redact(response.url), content_type=sent, proven=proven)
        return known(root, what, _Remote(self, path)), proven

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

    def manifest(self, path: str, digest: str) -> Manifest:
        """The manifest `digest`; RegistryUnreadable where that is none that can be understood."""
        raw = self._contents.get(digest, lambda: self._fetch(path, digest)[0].body)
        return parse_manifest(raw, digest, where=redact(self._url(path, "manifests", digest)), proven=True)

    def _fetch(self, path: str, reference: str) -> tuple[Response, str, bool]:
        """A manifest's bytes, their digest, and whether more than the bytes themselves says that it is theirs."""
        url = self._url(path, "manifests", reference)
        response = self._access.request("GET", url, path, accept=ACCEPT, cap=_MANIFEST_CAP)
        self._access.judge(response, f"{path}:{reference}" if is_tag(reference) else f"{path}@{reference}")
        claimed = reference if is_digest(reference) else response.headers.get("docker-content-digest", "")
        if claimed:
            prove_manifest(response.body, claimed, redact(response.url))
        return response, claimed or digest_of(response.body), bool(claimed)

    def config(self, path: str, digest: str) -> Config:
        """The image configuration `digest`; RegistryUnreadable where that is none that can be understood."""
        url = self._url(path, "blobs", digest)

        def fetch() -> bytes:
            response = self._access.request("GET", url, path, accept="*/*", cap=_CONFIG_CAP)
            self._access.judge(response, f"{path}@{digest}")
            prove(response.body, digest, redact(response.url))
            return response.body

        return parse_config(self._contents.get(digest, fetch), redact(url))
