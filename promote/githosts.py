"""promote.yaml's `git` → what the keyring of Git takes; secrets are had when a host is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import UNSET

from promote.config.host_settings import GitSettings
from promote.config.model import Config
from promote.errors import UsageError
from promote.gitrepo.credentials.grant import Login
from promote.gitrepo.credentials.settings import App, HostAccess, Secret, Ssh
from promote.gitrepo.credentials.variables import user_for
from promote.secret import SecretSettings, resolve_secret


def _secret_of(said: SecretSettings, environ: Mapping[str, str], *path: str) -> Secret:
    def had() -> str:
        try:
            return resolve_secret(said, environ)
        except UsageError as exc:
            raise UsageError(exc.what, where=": ".join(("git", *path)), cure=exc.cure) from exc

    return had


def _login_of(username: str, password: Secret, source: str) -> Callable[[], Login]:
    return lambda: Login(username, password(), source)


def _access(file: str, host: str, said: GitSettings, environ: Mapping[str, str], root: Path) -> HostAccess:
    source = f"`git: {host}` of {file}"
    login = app = ssh = None
    username = user_for(host) if said.username is UNSET else said.username
    if said.password is not UNSET:
        login = _login_of(username, _secret_of(said.password, environ, host, "password"), source)
    if said.token is not UNSET:
        login = _login_of(username, _secret_of(said.token, environ, host, "token"), source)
    if said.app is not UNSET:
        number = None if said.app.installation is UNSET else str(said.app.installation)
        app = App(str(said.app.id), _secret_of(said.app.key, environ, host, "app", "key"), number, source)
    if said.ssh is not UNSET:
        key, known = said.ssh.key, said.ssh.known_hosts
        ssh = Ssh(
            None if key is UNSET else _secret_of(key, environ, host, "ssh", "key"),
            None if known is UNSET else _secret_of(known, environ, host, "ssh", "known_hosts"),
            source,
        )
    return HostAccess(login, app, ssh, None if said.ca is UNSET else root / said.ca)


def git_access(config: Config, environ: Mapping[str, str], root: Path) -> dict[str, HostAccess]:
    """How hosts of Git are reached, by host; relative paths of certificates start at `root`."""
    return {host: _access(config.file, host, said, environ, root) for host, said in config.git.items()}
