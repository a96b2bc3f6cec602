"""Which forge a remote's URL leads to, and how its project is called there; promote.yaml's `forge` stands above it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, unquote, urlsplit

from promote.errors import UsageError

Kind = Literal["github", "gitlab", "gitea", "forgejo", "bitbucket", "bitbucket-dc", "azure"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# The hosts of which everybody knows what they run.
_KNOWN: dict[str, Kind] = {
    "github.com": "github",
    "ssh.github.com": "github",
    "gitlab.com": "gitlab",
    "altssh.gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "altssh.bitbucket.org": "bitbucket",
    "codeberg.org": "forgejo",
    "gitea.com": "gitea",
    "dev.azure.com": "azure",
    "ssh.dev.azure.com": "azure",
    "vs-ssh.visualstudio.com": "azure",
}
# What a host that a company runs itself is mostly called.
_NAMED: tuple[tuple[str, Kind], ...] = (
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("forgejo", "forgejo"),
    ("codeberg", "forgejo"),
    ("gitea", "gitea"),
    ("bitbucket", "bitbucket-dc"),
    ("stash", "bitbucket-dc"),
)
_WEB = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com", "altssh.bitbucket.org": "bitbucket.org"}
# How a page of a commit is called, where it is not `commit`.
_COMMIT: dict[Kind, str] = {"gitlab": "-/commit", "bitbucket": "commits", "bitbucket-dc": "commits"}
_SCP = re.compile(r"(?:(?P<user>[^@/:]+)@)?(?P<host>[^/:@]+):(?P<path>.+)\Z")


@dataclass(frozen=True, slots=True)
class Project:
    """A repository at a forge: what kind of forge, `url` of its web pages without a final slash, and its path there.

    The path is OWNER/NAME at most forges, GROUP/…/NAME at GitLab, KEY/SLUG (`~user` for a person's) at Bitbucket Data
    Center, and ORGANISATION/PROJECT/REPOSITORY at Azure DevOps (its server: COLLECTION/PROJECT/REPOSITORY).
    """

    kind: Kind
    url: str
    path: str

    @property
    def page(self) -> str:
        """The project's own page."""
        if self.kind == "azure":
            *above, project, name = self.path.split("/")
            return "/".join([self.url, *map(_quoted, above), _quoted(project), "_git", _quoted(name)])
        if self.kind == "bitbucket-dc":
            key, _, slug = self.path.partition("/")
            where = f"users/{key[1:]}" if key.startswith("~") else f"projects/{key}"
            return f"{self.url}/{where}/repos/{slug}"
        return f"{self.url}/{self.path}"

    def commit(self, oid: str) -> str:
        """The page of one of its commits."""
        return f"{self.page}/{_COMMIT.get(self.kind, 'commit')}/{oid}"


def _quoted(segment: str) -> str:
    return quote(segment, safe="")


@dataclass(frozen=True, slots=True)
class _Remote:
    """A remote's URL, taken apart; `port` is "" for the scheme's own."""

    scheme: str
    host: str
    port: str
    path: str


def _taken_apart(url: str) -> _Remote | None:
    if "://" not in url:
        scp = _SCP.match(url)
        return None if scp is None else _Remote("ssh", scp["host"].lower(), "", scp["path"].strip("/"))
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "ssh") or not parts.hostname:
        return None
    return _Remote(parts.scheme, parts.hostname, port, unquote(parts.path).strip("/"))


def kind_of(host: str) -> Kind | None:
    """What the forge at a host is, by the host's name; None where that does not tell."""
    if host in _KNOWN:
        return _KNOWN[host]
    if host.endswith(".visualstudio.com"):
        return "azure"
    if host.endswith(".ghe.com"):
        return "github"
    labels = host.split(".")
    return next((kind for word, kind in _NAMED if any(word in label for label in labels[:-1])), None)


def _azure(remote: _Remote) -> tuple[str, str] | None:
    """Azure's odd URLs: over HTTPS `ORG/PROJECT/_git/NAME`, where NAME alone stands for both; over ssh `v3/ORG/…`."""
    segments = remote.path.split("/")
    base = f"https://{remote.host}{remote.port}"
    if remote.scheme == "ssh":
        if segments[0] == "v3" and len(segments) == 4:
            return "https://dev.azure.com", "/".join(segments[1:])
        return None
    if "_git" not in segments or segments.index("_git") + 2 != len(segments):
        return None
    at = segments.index("_git")
    above, name = segments[:at], segments[at + 1]
    if remote.host.endswith(".visualstudio.com"):
        account = remote.host.removesuffix(".visualstudio.com")
        above = [account, *(each for each in above if each != "DefaultCollection")]
        base = "https://dev.azure.com"
    if len(above) == 1:
        above = [*above, name]
    return (base, "/".join([*above, name])) if len(above) >= 2 else None


def _data_center(remote: _Remote) -> tuple[str, str] | None:
    """`…/scm/KEY/SLUG` over HTTPS, below any context path; `KEY/SLUG` over ssh, on a port of its own."""
    segments = remote.path.split("/")
    if remote.scheme == "ssh":
        return (f"https://{remote.host}", "/".join(segments)) if len(segments) == 2 else None
    if "scm" not in segments or segments.index("scm") + 3 != len(segments):
        return None
    at = segments.index("scm")
    base = "/".join([f"{remote.scheme}://{remote.host}{remote.port}", *segments[:at]])
    return base, "/".join(segments[at + 1 :])


def address_of(remote_url: str) -> str | None:
    """The host of a remote, and its port where the pages are on that one too; None where it has none."""
    remote = _taken_apart(remote_url)
    return None if remote is None else remote.host if remote.scheme == "ssh" else f"{remote.host}{remote.port}"


def _usual(remote: _Remote, kind: Kind) -> tuple[str, str] | None:
    segments = remote.path.split("/")
    if len(segments) < 2 or (kind != "gitlab" and len(segments) != 2) or not all(segments):
        return None
    host = _WEB.get(remote.host, remote.host)
    # An ssh port says nothing of where the pages are.
    base = f"https://{host}" if remote.scheme == "ssh" else f"{remote.scheme}://{host}{remote.port}"
    return base, remote.path


def _below(remote: _Remote, base: str) -> str | None:
    """The remote's path below the path of `base`, as forges have it that live below a path of a web server."""
    above = urlsplit(base).path.strip("/")
    if not above:
        return remote.path
    return remote.path[len(above) + 1 :] if remote.path.startswith(f"{above}/") else None


def project_of(
    remote_url: str, *, kind: Kind | None = None, url: str | None = None, project: str | None = None
) -> Project:
    """The project behind a remote; what is given stands above what the URL tells.

    Raises UsageError, with what to write into promote.yaml, where neither tells.
    """
    remote = _taken_apart(remote_url)
    host = "" if remote is None else remote.host
    told = kind or kind_of(host) or (kind_of(urlsplit(url).hostname or "") if url else None)
    if told is None:
        raise UsageError(
            "which forge this is cannot be told from its address",
            where=remote_url,
            cure=f"write forge: {{kind: …}} (one of {', '.join(KINDS)})",
        )
    base = None if url is None else url.rstrip("/")
    if project is not None and base is not None:
        return Project(told, base, project.strip("/"))
    found: tuple[str, str] | None = None
    if remote is not None:
        remote = _Remote(remote.scheme, remote.host, remote.port, remote.path.removesuffix(".git"))
        if base is not None and told not in ("azure", "bitbucket-dc") and remote.scheme != "ssh":
            below = _below(remote, base)
            remote = remote if below is None else _Remote(remote.scheme, remote.host, remote.port, below)
        match told:
            case "azure":
                found = _azure(remote)
            case "bitbucket-dc":
                found = _data_center(remote)
            case _:
                found = _usual(remote, told)
    if found is None and (base is None or project is None):
        raise UsageError(
            f"no project of {told} can be read from this address",
            where=remote_url,
            cure="write forge: {kind: …, url: https://…, project: OWNER/NAME}",
        )
    there, path = found or ("", "")
    return Project(told, base or there, project.strip("/") if project is not None else path)
