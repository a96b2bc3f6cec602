"""Where an image's source is, by its labels, which are other people's text; and what of it has a page of its own.

`org.opencontainers.image.source`, `.revision` and `.version` of the OCI image specification, "Annotations". No page is
looked up: these are links for people, and whoever follows one sees what is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from promote.forge.address import Kind

SOURCE = "org.opencontainers.image.source"
REVISION = "org.opencontainers.image.revision"
VERSION = "org.opencontainers.image.version"

_SCP = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/](?!\d+/)(.+)\Z")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?\Z")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~@%+-]+)+\Z")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,99}\Z")
# What releases are called: builds of a branch have its name for their version.
_RELEASE = re.compile(r"v?[0-9]{1,19}(?:\.[0-9]{1,19}){1,3}(?:[._+-][A-Za-z0-9._+-]{0,60})?\Z")
_RELEASES: Mapping[Kind, str] = {
    "github": "releases/tag",
    "gitlab": "-/releases",
    "gitea": "releases/tag",
    "forgejo": "releases/tag",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The page of a repository: a host, its port if it names one, and a path that begins with a slash."""

    host: str
    path: str

    @property
    def page(self) -> str:
        return f"https://{self.host}{self.path}"


def source_of(labels: Mapping[str, str]) -> Source | None:
    """Where an image says that its source is; None where that is no address of a repository."""
    text = labels.get(SOURCE, "").strip()
    scp = _SCP.match(text)
    if scp is not None:
        host, path = scp[1], f"/{scp[2]}"
    else:
        try:
            parts = urlsplit(text)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.query or parts.fragment:
            return None
        host, path = parts.netloc, parts.path
    path = path.rstrip("/").removesuffix(".git")
    if _HOST.match(host) is None or _PATH.match(path) is None or "/../" in f"{path}/":
        return None
    return Source(host.lower(), path)


def revision_of(labels: Mapping[str, str]) -> str | None:
    """The commit, or what else names one, that an image was built from; None where it does not tell."""
    text = labels.get(REVISION, "").strip()
    return None if _REVISION.match(text) is None or ".." in text else text


def release_of(labels: Mapping[str, str], tag: str | None) -> str | None:
    """What the release of an image is called: by its label, with the `v` in front that its tag has.

    None where that is the name of no release.
    """
    text = labels.get(VERSION, "").strip()
    text = tag if tag is not None and tag == f"v{text}" else text
    return None if _RELEASE.match(text) is None or ".." in text else text


def compare_page(source: Source, kind: Kind | None, old: str, new: str) -> str | None:
    """How each forge's pages spell a comparison; None for Bitbucket Data Center, which compares branches only."""
    before, after = quote(old, safe=""), quote(new, safe="")
    match kind:
        case "bitbucket":
            return f"{source.page}/branches/compare/{after}%0D{before}"
        case "azure":
            return f"{source.page}/branchCompare?baseVersion=GC{before}&targetVersion=GC{after}"
        case "gitlab":
            return f"{source.page}/-/compare/{before}...{after}"
        case "bitbucket-dc":
            return None
        case _:  # all others do as GitHub does
            return f"{source.page}/compare/{before}...{after}"


def release_page(source: Source, kind: Kind | None, release: str) -> str | None:
    """The page of a release's notes; None where it is not known that the forge has such pages."""
    below = None if kind is None else _RELEASES.get(kind)
    return None if below is None else f"{source.page}/{below}/{quote(release, safe='')}"
