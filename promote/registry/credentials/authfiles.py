"""Which files of credentials there are, and under which keys a repository is looked for in each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from promote.errors import RegistryDenied
from promote.image import DOCKER_HUB
from promote.registry.credentials.authfile import AuthFile, read
from promote.registry.credentials.program import Helpers
from promote.registry.once import Once
from promote.registry.settings import Credentials

# Docker Hub goes by the name of its index, in files and to helpers.
_HUB = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io", DOCKER_HUB)
_DOCKER = "a docker configuration"
_PODMAN = "an auth.json"


def docker_config(environ: Mapping[str, str], home: Path) -> Path:
    """Where docker's config.json is, or would be."""
    folder = environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else home / ".docker") / "config.json"


def podman_files(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """Where podman and skopeo look for auth.json, in their order (containers-auth.json(5))."""
    if named := environ.get("REGISTRY_AUTH_FILE"):
        return (Path(named),)
    runtime, settings = environ.get("XDG_RUNTIME_DIR"), environ.get("XDG_CONFIG_HOME")
    first = Path(runtime) / "containers" if runtime else Path("/run/containers") / str(os.getuid())
    second = (Path(settings) if settings else home / ".config") / "containers"
    return first / "auth.json", second / "auth.json"


def _hosts(host: str) -> tuple[str, ...]:
    return _HUB if host == DOCKER_HUB else (host,)


def _prefixes(host: str, path: str) -> tuple[str, ...]:
    """`host`/`path` and all that it lies below, the longest first."""
    parts = path.split("/")
    return tuple(
        f"{name}/{'/'.join(parts[:size])}" if size else name
        for size in range(len(parts), -1, -1)
        for name in _hosts(host)
        if not (size and name.startswith("https:"))
    )


class AuthFiles:
    """Credentials from docker's file and from podman's; each file is read once, whatever came of it."""

    def __init__(self, helpers: Helpers, *, environ: Mapping[str, str], home: Path) -> None:
        self._helpers = helpers
        self._docker = docker_config(environ, home)
        self._podman = podman_files(environ, home)
        self._named = bool(environ.get("REGISTRY_AUTH_FILE"))
        self._read: Once[Path, AuthFile | None] = Once()

    def docker(self, host: str) -> Credentials | None:
        """What docker's config.json has for `host`."""
        file = self._file(self._docker, _DOCKER)
        return None if file is None else file.find(_hosts(host), _hosts(host), self._helpers)

    def podman(self, host: str, path: str) -> Credentials | None:
        """What the first auth.json that knows it has for the longest part of `host`/`path`."""
        for each in self._podman:
            file = self._file(each, _PODMAN)
            if file is None and self._named:
                raise RegistryDenied(
                    "REGISTRY_AUTH_FILE names it, and it is not there", where=str(each), cure="correct or unset that"
                )
            if file is not None:
                found = file.find(_prefixes(host, path), _hosts(host), self._helpers)
                if found is not None:
                    return found
        return None

    def _file(self, path: Path, noun: str) -> AuthFile | None:
        return self._read.get(path, lambda: read(path, noun))
