"""Every kind of forge: its adapter, how long a body may be there, and where its token is usually to be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import urlsplit

from promote.clock import Clock
from promote.errors import ForgeDenied
from promote.forge.address import Kind, Project
from promote.forge.request import Forge
from promote.forge.web import Web
from promote.hostvars import unique_part
from promote.transport import Tls, Transport

TOKEN = "PROMOTE_FORGE_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True)
class _Known:
    """An adapter's module and class; `limit` is of a body, in characters, `hides_html` whether comments are not shown.

    `variables` are (token, server): the token of CI, and the variable that says for which host it is ("" for any host
    that promote was told is this forge).
    """

    module: str
    name: str
    limit: int
    variables: tuple[tuple[str, str], ...]
    hides_html: bool = True


KNOWN: Mapping[Kind, _Known] = {
    "github": _Known(
        "github",
        "GitHub",
        65_536,
        (("GH_TOKEN", ""), ("GITHUB_TOKEN", "GITHUB_SERVER_URL"), ("GH_ENTERPRISE_TOKEN", "")),
    ),
    "gitlab": _Known("gitlab", "GitLab", 1_000_000, (("GITLAB_TOKEN", ""),)),
    "gitea": _Known("gitea", "Gitea", 65_536, (("GITEA_TOKEN", ""),)),
    "forgejo": _Known("gitea", "Gitea", 65_536, (("FORGEJO_TOKEN", ""), ("GITEA_TOKEN", ""))),
    "bitbucket": _Known("bitbucket", "Bitbucket", 32_768, (("BITBUCKET_TOKEN", ""),), hides_html=False),
    "bitbucket-dc": _Known(
        "bitbucket_dc", "BitbucketDataCenter", 32_768, (("BITBUCKET_TOKEN", ""),), hides_html=False
    ),
    "azure": _Known(
        "azure", "Azure", 4_000, (("AZURE_DEVOPS_EXT_PAT", ""), ("SYSTEM_ACCESSTOKEN", "SYSTEM_COLLECTIONURI"))
    ),
}
# What these hosts' tokens may be given to without anybody saying so: elsewhere a variable without a host is not enough.
_PUBLIC: Mapping[Kind, str] = {
    "github": "github.com",
    "gitlab": "gitlab.com",
    "gitea": "gitea.com",
    "forgejo": "codeberg.org",
    "bitbucket": "bitbucket.org",
    "azure": "dev.azure.com",
}


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2].lower()


def token_in(project: Project, environ: Mapping[str, str], *, is_home: bool) -> tuple[str, str] | None:
    """A token for the forge, and the variable that it is from; None where the environment has none for this host.

    `is_home` says that promote was pointed at a repository of this very forge: only then PROMOTE_FORGE_TOKEN, and what
    names no host, is for it.
    """
    host = _host(project.url)
    part = unique_part(host)
    names = [] if part is None else [f"PROMOTE_FORGE_{part}_TOKEN"]
    names += [TOKEN] if is_home else []
    for name in names:
        if environ.get(name):
            return environ[name], name
    for name, server in KNOWN[project.kind].variables:
        token = environ.get(name, "")
        said = environ.get(server, "") if server else ""
        fits = _host(said) == host if said else is_home or host == _PUBLIC.get(project.kind)
        if token and fits:
            return token, name
    return None


@dataclass(frozen=True, slots=True)
class OpenForge:
    """A forge, how it is asked, how long a body may be there, and whether comments of HTML are not shown in it."""

    forge: Forge
    web: Web
    limit: int
    hides_html: bool


def open_forge(
    project: Project, token: Callable[[], str], *, transport: Transport, clock: Clock, tls: Tls | None = None
) -> OpenForge:
    """The adapter for a project; `token` is asked at each request, since some end."""
    known = KNOWN[project.kind]
    module = import_module(f"promote.forge.{known.module}")

    def headers() -> Mapping[str, str]:
        secret = token()
        transport.veil.cover(secret)
        made: Mapping[str, str] = module.headers(secret)
        return made

    web = Web(module.api(project), transport, clock, headers=headers, cure=module.CURE, tls=tls)
    forge: Forge = getattr(module, known.name)(project, web)
    return OpenForge(forge, web, known.limit, known.hides_html)


def no_token(project: Project) -> ForgeDenied:
    """That there is no token for a forge, and where one would be looked for."""
    names = ", ".join(dict.fromkeys(name for name, _ in KNOWN[project.kind].variables))
    return ForgeDenied(
        "there is no token for its API",
        where=project.page,
        cure=f"set {TOKEN} (or {names}), or name one by forge: {{token: …}} in promote.yaml",
    )
