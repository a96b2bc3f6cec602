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
    return Credentials(environ.get("GITHUB_ACTOR") or "x-access-token", token, source="GITHUB_TOKEN")


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


def ci_token_hosts(host: str, environ: Mapping[str, str]) -> frozenset[str]:
    """The GitLab that sells the tokens for `host`, where CI says that it is that GitLab's registry."""
    server = environ.get("CI_SERVER_HOST", "").lower()
    return frozenset({server}) if server and _is_gitlab_registry(host, environ) else frozenset()
