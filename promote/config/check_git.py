"""Whether what promote.yaml says of hosts of Git fits together."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from promote.config.host_settings import GitSettings
from promote.config.marks import Marks, Path, quoted
from promote.config.settings import Settings
from promote.secret import SecretSettings, fault_of, name_of

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\Z")
_APP = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")
# Of these at most one can be what a host is given by https.
_WAYS = ("password", "token", "app")


def canonical_address(host: str) -> str | None:
    """The host, with its port where it has one, as remotes have it; None where `host` is none."""
    lowered = host.lower()
    return lowered if _HOST.match(lowered) else None


def _secret(secret: SecretSettings | UnsetType, path: Path, marks: Marks, environ: Mapping[str, str]) -> None:
    if secret is not UNSET and (wrong := fault_of(secret, environ)) is not None:
        key, name = name_of(secret)
        marks.at_value((*path, key), f"{quoted(name)} {wrong}")


def _login(path: Path, said: GitSettings, marks: Marks) -> None:
    ways = [way for way in _WAYS if marks.has(*path, way)]
    if len(ways) > 1:
        marks.at_key((*path, ways[1]), f"`{ways[1]}` and `{ways[0]}` are two ways to sign in; leave out one of them")
    if said.username is not UNSET:
        if "app" in ways:
            marks.at_key((*path, "username"), "`username` says nothing beside `app`; leave out one of them")
        elif not ways:
            marks.at_key((*path, "username"), "`username` needs a `password` or a `token` beside it")
        elif not said.username.strip():
            marks.at_value((*path, "username"), "expected a user's name")
    elif "password" in ways and not marks.has(*path, "username"):
        marks.at_key((*path, "password"), "`password` needs a `username` beside it")


def _host(host: str, said: GitSettings, marks: Marks, environ: Mapping[str, str]) -> None:
    path: Path = ("git", host)
    _login(path, said, marks)
    _secret(said.password, (*path, "password"), marks, environ)
    _secret(said.token, (*path, "token"), marks, environ)
    if said.app is not UNSET:
        _secret(said.app.key, (*path, "app", "key"), marks, environ)
        name = str(said.app.id)
        if _APP.match(name) is None:
            marks.at_value((*path, "app", "id"), f"{quoted(name)} is no app's ID; expected one like 1234")
        if said.app.installation is not UNSET and said.app.installation < 1:
            marks.at_value((*path, "app", "installation"), "expected the number of an installation")
    if said.ssh is not UNSET:
        _secret(said.ssh.key, (*path, "ssh", "key"), marks, environ)
        _secret(said.ssh.known_hosts, (*path, "ssh", "known_hosts"), marks, environ)
        if not marks.has(*path, "ssh", "key") and not marks.has(*path, "ssh", "known_hosts"):
            marks.at_value((*path, "ssh"), "one of `key`, `known_hosts` is missing")
    if said.ca is not UNSET and (not said.ca.strip() or "\n" in said.ca):
        marks.at_value((*path, "ca"), "expected a file of PEM certificates")


def check_git(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """Hosts that are none or stand twice, ways to sign in that do not fit, secrets that may not be named."""
    seen: dict[str, str] = {}
    for host in marks.names("git"):
        canonical = canonical_address(host)
        if canonical is None:
            marks.at_key(("git", host), f"{quoted(host)} is no host; expected one like github.com")
        elif canonical in seen:
            marks.at_key(("git", host), f"{quoted(host)} is the same host as {quoted(seen[canonical])}")
        else:
            seen[canonical] = host
    for host, said in settings.git.items():
        _host(host, said, marks, environ)
