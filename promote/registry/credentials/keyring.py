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

from collections.abc import Mapping
from pathlib import Path

from promote.clock import Clock
from promote.registry.credentials.authfiles import AuthFiles
from promote.registry.credentials.ci import ci_credentials, ci_lack
from promote.registry.credentials.ecr import Ecr
from promote.registry.credentials.program import Helpers
from promote.registry.credentials.variables import Variables, variables_of
from promote.registry.once import Once
from promote.registry.settings import Credentials, HostSettings


def sign_in_cure(host: str, refused: Credentials | None = None) -> str:
    """What to do where `host` wants other credentials than those that it got."""
    if refused is not None and refused.cure:
        return refused.cure
    names = variables_of(host)
    by_variables = "" if names is None else f"set {names[0]} and {names[1]}, "
    return f"run `docker login {host}`, {by_variables}or set username and password under `registries: {host}:`"


class Keyring:
    """The credentials for all hosts of a run; each source is asked once, and again when what it gave ends.

    May be asked from many threads.
    """

    def __init__(
        self, settings: Mapping[str, HostSettings], *, environ: Mapping[str, str], home: Path, clock: Clock
    ) -> None:
        self._environ = environ
        self._variables = Variables(settings, environ)
        self._files = AuthFiles(Helpers(environ), environ=environ, home=home)
        self._ecr = Ecr(clock)
        self._kept = Once[tuple[str, str], Credentials | None](
            lambda found: found is not None and found.have_ended(clock.monotonic())
        )

    def find(self, host: str, path: str, explicit: Credentials | None = None) -> Credentials | None:
        """The credentials for the repository `path` of `host` (both canonical), or None where there are none.

        RegistryDenied where a source that should have them does not give them.
        """
        return explicit or self._kept.get((host, path), lambda: self._look(host, path))

    def cure(self, host: str) -> str:
        """What to do where `host` asks for credentials, and no source has any."""
        return self._variables.lack(host) or ci_lack(host, self._environ) or sign_in_cure(host)

    def _look(self, host: str, path: str) -> Credentials | None:
        return (
            self._variables.find(host)
            or self._files.docker(host)
            or self._files.podman(host, path)
            or ci_credentials(host, self._environ)
            or self._ecr.find(host)
        )
