"""Whose credentials are used for a host.

In this order:

1. those that the configuration names for it;
2. those in docker's config.json (`$DOCKER_CONFIG`, else ~/.docker), under `auths`;
3. none, where neither knows the host.

A file that cannot be read, or that sends us to a credential helper, is an error: who has said that credentials are
there is never made anonymous silently.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

import msgspec

from promote.errors import RegistryDenied
from promote.image import DOCKER_HUB
from promote.registry.settings import Credentials

_CAP = 1 << 20
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")


class _Auth(msgspec.Struct):
    auth: str | None = None
    username: str | None = None
    password: str | None = None
    identitytoken: str | None = None


class _File(msgspec.Struct, rename={"helpers": "credHelpers", "store": "credsStore"}):
    auths: dict[str, _Auth] | None = None
    helpers: dict[str, str] | None = None
    store: str | None = None


def docker_config(environ: Mapping[str, str], home: Path) -> Path:
    """Where docker's config.json is, or would be."""
    folder = environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else home / ".docker") / "config.json"


def _read(path: Path) -> _File | None:
    try:
        with path.open("rb") as file:
            raw = file.read(_CAP + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RegistryDenied(
            f"cannot be read ({error.strerror})", where=str(path), cure="correct its permissions, or set DOCKER_CONFIG"
        ) from error
    try:
        if len(raw) > _CAP:
            raise msgspec.DecodeError("it is larger than 1 MiB")
        return msgspec.json.decode(raw, type=_File)
    except (ValueError, RecursionError) as error:
        # The parser's own words name places and types, never values.
        what = str(error) if isinstance(error, msgspec.MsgspecError) else "it is not well-formed JSON"
        raise RegistryDenied(
            f"not a docker configuration: {what}", where=str(path), cure="correct it, or run `docker login` again"
        ) from None


def _normal(key: str) -> str:
    """The host of a key as docker writes or wrote them: `https://HOST/v1/`, `HOST/v2/`, `HOST`."""
    host, _, path = key.removeprefix("https://").removeprefix("http://").partition("/")
    # podman has keys for one namespace of a host: not this host's credentials.
    return host.lower() if path.strip("/") in ("", "v1", "v2") else key


def _from_entry(entry: _Auth, host: str, path: Path) -> Credentials | None:
    username, password = entry.username or "", entry.password or ""
    if entry.auth:
        try:
            plain = base64.b64decode(entry.auth, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            plain = ""
        username, colon, password = plain.partition(":")
        if not colon:
            raise RegistryDenied(
                f"`auth` of {host} is not base64 of `username:password`",
                where=str(path),
                cure=f"run `docker login {host}` again",
            )
        password = password.rstrip("\0")  # docker pads
    if entry.identitytoken:
        return Credentials(username, "", entry.identitytoken)
    return Credentials(username, password) if username and password else None


def credentials_for(
    host: str, explicit: Credentials | None, *, environ: Mapping[str, str], home: Path
) -> Credentials | None:
    """The credentials for `host` (as in a canonical Repository), or None where there are none; see the order above."""
    if explicit is not None:
        return explicit
    path = docker_config(environ, home)
    config = _read(path)
    if config is None:
        return None
    names = _HUB_KEYS if host == DOCKER_HUB else (host,)
    auths = {_normal(key): auth for key, auth in reversed((config.auths or {}).items())}
    auths |= config.auths or {}  # an exact key counts before one that only means the same
    entry = next((auths[name] for name in names if name in auths), None)
    if entry is not None and (found := _from_entry(entry, host, path)) is not None:
        return found
    helpers = {_normal(key): helper for key, helper in (config.helpers or {}).items()} | (config.helpers or {})
    helper = next((helpers[name] for name in names if name in helpers), config.store)
    if helper:
        raise RegistryDenied(
            f"the credentials for {host} are kept by docker-credential-{helper}, and helpers are not asked yet",
            where=str(path),
            cure=f"give username and password under `registries: {host}:`, or run `docker login` without a helper",
        )
    if entry is not None:
        raise RegistryDenied(
            f"the entry for {host} holds no credentials", where=str(path), cure=f"run `docker login {host}`"
        )
    return None
