"""Links that show what lies between two images: built from their labels, which are other people's text.

`org.opencontainers.image.source` and `org.opencontainers.image.revision` of the OCI image specification, "Annotations".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

SOURCE = "org.opencontainers.image.source"
REVISION = "org.opencontainers.image.revision"

_SCP = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/](?!\d+/)(.+)\Z")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?\Z")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~@%+-]+)+\Z")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,99}\Z")


def _source(label: str) -> tuple[str, str] | None:
    """The host and the path of a repository's page; None where `label` is no address of one."""
    text = label.strip()
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
    return host.lower(), path


def _page(host: str, path: str, old: str, new: str) -> str:
    """How each forge's web interface spells a comparison."""
    base = f"https://{host}{path}"
    if host == "bitbucket.org":
        return f"{base}/branches/compare/{new}%0D{old}"
    if host == "dev.azure.com" or host.endswith(".visualstudio.com"):
        return f"{base}/branchCompare?baseVersion=GC{old}&targetVersion=GC{new}"
    # GitLab is mostly run by oneself, under a name that says so; all others do as GitHub does.
    return f"{base}/-/compare/{old}...{new}" if "gitlab" in host else f"{base}/compare/{old}...{new}"


def compare_link(old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """The page that compares the sources of two images, by their labels; None where these do not tell, or differ."""
    source = _source(new.get(SOURCE, ""))
    before, after = (labels.get(REVISION, "").strip() for labels in (old, new))
    if source is None or source != _source(old.get(SOURCE, "")) or before == after:
        return None
    if any(_REVISION.match(revision) is None or ".." in revision for revision in (before, after)):
        return None
    return _page(*source, quote(before, safe=""), quote(after, safe=""))
