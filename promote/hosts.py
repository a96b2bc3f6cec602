"""promote.yaml's `registries` → what the registry clients take; secrets are had when a host is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import UNSET

from promote.config.host_settings import RegistrySettings
from promote.config.model import Config
from promote.config.registry_name import mirror_of
from promote.errors import RegistryDenied, SecretMissing, UsageError
from promote.registry.settings import Credentials, HostSettings, Mirror
from promote.secret import SecretSettings, resolve_secret


@dataclass(frozen=True, slots=True)
class _Named:
    """Credentials that promote.yaml names: had when the host is first asked; UsageError where that fails.

    RegistryDenied where the secret is not set: whoever only looks, or rolls back, can do without it.
    """

    file: str
    host: str
    username: str
    password: SecretSettings
    environ: Mapping[str, str] = field(repr=False)

    @property
    def _key(self) -> str:
        return f"registries: {self.host}: password"

    def __call__(self) -> Credentials:
        try:
            password = resolve_secret(self.password, self.environ)
        except SecretMissing as exc:
            raise RegistryDenied(exc.what, where=self._key, cure=exc.cure) from exc
        except UsageError as exc:
            raise UsageError(exc.what, where=self._key, cure=exc.cure) from exc
        cure = f"correct them under `registries: {self.host}:` in {self.file}"
        return Credentials(self.username, password, source=self.file, cure=cure)


def _one(file: str, host: str, said: RegistrySettings, environ: Mapping[str, str], root: Path) -> HostSettings:
    credentials = None
    mirror = None if said.mirror is UNSET else mirror_of(said.mirror)
    if said.username is not UNSET and said.password is not UNSET:
        credentials = _Named(file, host, said.username, said.password, environ)
    return HostSettings(
        credentials=credentials,
        ca=None if said.ca is UNSET else root / said.ca,
        plain_http=said.plain_http,
        token_hosts=frozenset(said.token_hosts),
        layout=None if said.layout is UNSET else root / said.layout,
        mirror=None if mirror is None else Mirror(*mirror),
        client_cert=None if said.client_cert is UNSET else root / said.client_cert,
        client_key=None if said.client_key is UNSET else root / said.client_key,
    )


def host_settings(config: Config, environ: Mapping[str, str], root: Path) -> dict[str, HostSettings]:
    """Settings by host; relative paths of certificates and layouts start at `root`."""
    return {host: _one(config.file, host, said, environ, root) for host, said in config.registries.items()}
