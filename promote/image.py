"""Image references: what was written beside what it means.

The grammar is that of the distribution project's `reference` package; the short names of Docker Hub are completed as
Docker does (`nginx` is `docker.io/library/nginx`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, TypedDict

DOCKER_HUB = "docker.io"
_HUB_ALIASES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_SEGMENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*\Z")
_HOST = re.compile(rf"{_DOMAIN}\Z")
# Not the tag before a digest.
_USERINFO = re.compile(r"(\A|//)[^/@\s]*:[^/@\s]*@(?!sha(?:256|512):)")
_PORT = re.compile(r":([0-9]+)\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")


def is_tag(text: str) -> bool:
    """Whether `text` may be a tag (OCI distribution spec, "Pulling manifests")."""
    return _TAG.match(text) is not None


def is_digest(text: str) -> bool:
    """Whether `text` is a digest of a registered algorithm (OCI image spec, "Digests")."""
    return _DIGEST.match(text) is not None


@dataclass(frozen=True, slots=True)
class Repository:
    """Registry host and path; two are equal when they mean the same place, however they were written."""

    host: str
    path: str
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"

    @property
    def last_segment(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Version:
    """What an image's reference says beyond its repository: a tag, a digest, or both."""

    tag: str | None
    digest: str | None = None

    def __str__(self) -> str:
        if self.digest is None:
            return self.tag or ""
        return f"{self.tag or ''}@{self.digest}"

    @property
    def short(self) -> str:
        """The same for people: a digest cut to its first 12 digits."""
        if self.digest is None:
            return self.tag or "(none)"
        return f"{self.tag or ''}@{self.digest.partition(':')[2][:12]}"

    @property
    def reference(self) -> str:
        """What a registry is asked for: the digest where there is one, else the tag."""
        return self.digest or self.tag or ""


def agree(a: Version, b: Version) -> bool:
    """Whether two versions are the same as far as both say it: one without a digest takes none over."""
    if a.digest is not None and b.digest is not None and a.digest != b.digest:
        return False
    return a.tag == b.tag or (b.tag is None and b.digest is not None and a.digest == b.digest)


def alike(a: Version, b: Version) -> bool:
    """Whether two versions are the same as far as both say it, whichever says more."""
    return agree(a, b) or agree(b, a)


class TagAndDigest(TypedDict):
    """A version; either may be null."""

    tag: Annotated[str | None, "the tag"]
    digest: Annotated[str | None, "the digest"]


def tag_and_digest(version: Version | None) -> TagAndDigest | None:
    """A version as all of promote's JSON has it (docs/json.md); None where there is none."""
    return None if version is None else {"tag": version.tag, "digest": version.digest}


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository and what is said of it."""

    repository: Repository
    version: Version


def without_password(text: str) -> str:
    """`text` for a message: a name and a password that somebody wrote before a host are left out."""
    return _USERINFO.sub(r"\1…@", text)


def has_host(written: str) -> bool:
    """Whether a name begins with a registry's host: only then does its first segment look like one."""
    first, slash, _ = written.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost" or first.startswith("["))


def _has_port(host: str) -> bool:
    """Whether the port of a host, if it names one, is one that there is."""
    port = _PORT.search(host)
    return port is None or (len(port[1]) <= 5 and 0 < int(port[1]) < 1 << 16)


@lru_cache(maxsize=1 << 16)
def parse_repository(written: str) -> Repository | None:
    """The repository that `written` names, or None where it is not a well-formed name."""
    if has_host(written):
        host, _, path = written.partition("/")
        if _HOST.match(host) is None or not _has_port(host):
            return None
    else:
        host, path = DOCKER_HUB, written
    host = host.lower()
    if host in _HUB_ALIASES:
        host = DOCKER_HUB
        if "/" not in path:
            path = f"library/{path}"
    if len(path) > 255 or _PATH.match(path) is None:
        return None
    return Repository(host, path, written)


def split_reference(text: str) -> tuple[str, str | None, str | None]:
    """`(name, tag, digest)` as written, by the separators alone; nothing is checked."""
    rest, at, digest = text.partition("@")
    slash = rest.rfind("/")
    colon = rest.rfind(":")
    if colon > slash:
        return rest[:colon], rest[colon + 1 :], digest if at else None
    return rest, None, digest if at else None


def parse_reference(text: str) -> Reference | None:
    """The reference that `text` is, or None where it is not a well-formed one."""
    name, tag, digest = split_reference(text)
    repository = parse_repository(name)
    if repository is None or (tag is not None and not is_tag(tag)) or (digest is not None and not is_digest(digest)):
        return None
    return Reference(repository, Version(tag, digest))


def parse_version(text: str) -> Version | None:
    """The version that `TAG`, `TAG@DIGEST` or `@DIGEST` is, or None where it is none of these."""
    tag, at, digest = text.partition("@")
    if (at and not is_digest(digest)) or (tag and not is_tag(tag)) or not (tag or digest):
        return None
    return Version(tag or None, digest or None)
