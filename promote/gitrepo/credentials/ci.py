"""What CI gives its jobs: a token for the forge that the job runs on, and for no other host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promote.errors import UsageError
from promote.gitrepo.credentials.grant import Login
from promote.gitrepo.url import RemoteUrl, parse


def _is_at(remote: RemoteUrl, server: str) -> bool:
    try:
        return bool(server) and parse(server, base=Path("/")).origin == remote.origin
    except UsageError:  # CI says something that is no URL: then it is not this remote's
        return False


def _gitlab_server(environ: Mapping[str, str]) -> str:
    host = environ.get("CI_SERVER_HOST", "")
    return environ.get("CI_SERVER_URL", "") or (f"https://{host}" if host else "")


def ci_login(remote: RemoteUrl, environ: Mapping[str, str]) -> Login | None:
    """The job's token, where `remote` is on the forge that CI says it runs on and is safe on the way; else None."""
    if not remote.is_private:
        return None
    for name, username, server in (
        ("GITHUB_TOKEN", "x-access-token", environ.get("GITHUB_SERVER_URL") or "https://github.com"),
        ("CI_JOB_TOKEN", "gitlab-ci-token", _gitlab_server(environ)),
        ("SYSTEM_ACCESSTOKEN", "build", environ.get("SYSTEM_COLLECTIONURI", "")),
    ):
        token = environ.get(name, "")
        if token and _is_at(remote, server):
            return Login(username, token, name)
    return None
