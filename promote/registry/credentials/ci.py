"""What CI gives its jobs: credentials for the registry of the forge that the job runs on, and for no other host."""

from __future__ import annotations

from collections.abc import Mapping

from promote.registry.settings import Credentials

_GITHUB = "https://github.com"


def _github(environ: Mapping[str, str]) -> Credentials | None:
    token = environ.get("GITHUB_TOKEN", "")
    # On a GitHub of one's own the token is that server's, and no business of ghcr.io.
    if not token or environ.get("GITHUB_SERVER_URL", _GITHUB).rstrip("/").lower() != _GITHUB:
        return None
    user = environ.get("GITHUB_ACTOR") or "x-access-token"
    return Credentials(user, token, source="GITHUB_TOKEN", cure="give it `packages: read`, for this package too")


def _is_gitlab_registry(host: str, environ: Mapping[str, str]) -> bool:
    return environ.get("CI_REGISTRY", "").lower() == host


def _gitlab(environ: Mapping[str, str]) -> Credentials | None:
    user, password = environ.get("CI_REGISTRY_USER"), environ.get("CI_REGISTRY_PASSWORD")
    if user and password:
        return Credentials(user, password, source="CI_REGISTRY_PASSWORD")
    token = environ.get("CI_JOB_TOKEN")
    return Credentials("gitlab-ci-token", token, source="CI_JOB_TOKEN") if token else None


def ci_credentials(host: str, environ: Mapping[str, str]) -> Credentials | None:
    """GitHub's for ghcr.io, GitLab's for the host that CI_REGISTRY names; None for every other host."""
    if host == "ghcr.io":
        return _github(environ)
    return _gitlab(environ) if _is_gitlab_registry(host, environ) else None


def ci_lack(host: str, environ: Mapping[str, str]) -> str:
    """What a GitLab job must set to have credentials for `host`, which it calls its registry; "" where it has them."""
    if not _is_gitlab_registry(host, environ) or _gitlab(environ) is not None:
        return ""
    missing = [name for name in ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD") if not environ.get(name)]
    these, verb = " and ".join(missing), "are" if missing[1:] else "is"
    return f"CI_REGISTRY names this host, and {these} {verb} not set: set {these}, or CI_JOB_TOKEN"


def ci_token_hosts(host: str, environ: Mapping[str, str]) -> frozenset[str]:
    """The GitLab that sells the tokens for `host`, where CI says that it is that GitLab's registry."""
    server = environ.get("CI_SERVER_HOST", "").lower()
    return frozenset({server}) if server and _is_gitlab_registry(host, environ) else frozenset()
