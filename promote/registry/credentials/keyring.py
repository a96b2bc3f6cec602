"""Whose credentials are used for a repository.

The first of these that has some counts:

1. those that the configuration names for its host;
2. PROMOTE_REGISTRY_<HOST>_USERNAME and _PASSWORD (`variables`);
3. docker's config.json: `auths`, `credHelpers`, `credsStore` (`authfiles`, `authfile`, `program`);
4. podman's and skopeo's auth.json, where one namespace of a host may have its own (the same);
5. what CI gives its jobs for the registry of their own forge (`ci`);
6. Amazon ECR, by boto3 (`ecr`);
7. none, where nobody knows the host.

A source that says that it has credentials, and cannot give them, is an error: who has said that they are there is never
made anonymous silently.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from promote.clock import Clock
from promote.registry.credentials.authfiles import AuthFiles
from promote.registry.credentials.ci import ci_credentials
from promote.registry.credentials.ecr import Ecr
from promote.registry.credentials.program import Helpers
from promote.registry.credentials.variables import Variables
from promote.registry.settings import Credentials, HostSettings


class Keyring:
    """The credentials for all hosts of a run; each source is asked once, and again when what it gave ends."""

    def __init__(
        self, settings: Mapping[str, HostSettings], *, environ: Mapping[str, str], home: Path, clock: Clock
    ) -> None:
        self._environ = environ
        self._clock = clock
        self._variables = Variables(settings, environ)
        self._files = AuthFiles(Helpers(environ), environ=environ, home=home)
        self._ecr = Ecr(clock)
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._kept: dict[tuple[str, str], Credentials | None] = {}

    def find(self, host: str, path: str, explicit: Credentials | None = None) -> Credentials | None:
        """The credentials for the repository `path` of `host` (both canonical), or None where there are none.

        RegistryDenied where a source that should have them does not give them.
        """
        if explicit is not None:
            return explicit
        with self._lock:
            lock = self._locks.setdefault(host, threading.Lock())
        with lock:  # of sixteen threads that want the same credentials one asks for them
            if (host, path) in self._kept:
                kept = self._kept[host, path]
                if kept is None or kept.until is None or kept.until > self._clock.monotonic():
                    return kept
            found = self._kept[host, path] = self._look(host, path)
            return found

    def _look(self, host: str, path: str) -> Credentials | None:
        return (
            self._variables.find(host)
            or self._files.docker(host)
            or self._files.podman(host, path)
            or ci_credentials(host, self._environ)
            or self._ecr.find(host)
        )
