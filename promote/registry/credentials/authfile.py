"""One file of credentials, as docker (config.json) and podman (containers-auth.json(5)) write it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

import msgspec

from promote.errors import RegistryDenied
from promote.ordinary import read_ordinary
from promote.registry.credentials.program import Helpers
from promote.registry.settings import Credentials

_CAP = 1 << 20


class _Auth(msgspec.Struct):
    auth: str | None = None
    username: str | None = None
    password: str | None = None
    identitytoken: str | None = None


class _File(msgspec.Struct, rename={"helpers": "credHelpers", "store": "credsStore"}):
    auths: dict[str, _Auth] | None = None
    helpers: dict[str, str] | None = None
    store: str | None = None


# Made here, by one thread (see `decode`).
_FILE = msgspec.json.Decoder(_File)


def _normal(key: str) -> str:
    """A key as docker writes or wrote them, `https://HOST/v1/`, `HOST/v2/`, `HOST`, or podman's `HOST/NAMESPACE`."""
    host, _, path = key.removeprefix("https://").removeprefix("http://").partition("/")
    path = path.strip("/")
    return host.lower() if path in ("", "v1", "v2") else f"{host.lower()}/{path}"


def _from_entry(entry: _Auth, name: str, path: Path) -> Credentials | None:
    username, password = entry.username or "", entry.password or ""
    if entry.auth:
        try:
            plain = base64.b64decode(entry.auth, validate=True).decode()
        except (binascii.Error, UnicodeError, ValueError):
            plain = ""
        username, colon, password = plain.partition(":")
        if not colon:
            raise RegistryDenied(
                f"`auth` of {name} is not base64 of `username:password`",
                where=str(path),
                cure=f"run `docker login {name}` again",
            )
        password = password.rstrip("\0")  # docker pads
    if entry.identitytoken:
        return Credentials(username, "", entry.identitytoken, source=str(path))
    return Credentials(username, password, source=str(path)) if username and password else None


class AuthFile:
    """What one file says, its keys in one form; RegistryDenied for a file that is there and cannot be read."""

    def __init__(self, path: Path, raw: bytes, noun: str) -> None:
        self._path = path
        try:
            if len(raw) > _CAP:
                raise msgspec.DecodeError("it is larger than 1 MiB")
            said = _FILE.decode(raw)
        except (ValueError, RecursionError) as error:
            # The parser's own words name places and types, never values.
            what = str(error) if isinstance(error, msgspec.MsgspecError) else "it is not well-formed JSON"
            raise RegistryDenied(
                f"not {noun}: {what}", where=str(path), cure="correct it, or sign in again to have it written anew"
            ) from None
        auths, helpers = said.auths or {}, said.helpers or {}
        # An exact key counts before one that only means the same.
        self._auths = {_normal(key): (key, entry) for key, entry in reversed(auths.items())}
        self._auths |= {key: (key, entry) for key, entry in auths.items()}
        self._helpers = {_normal(key): helper for key, helper in helpers.items()} | helpers
        self._store = said.store

    def find(self, keys: Sequence[str], hosts: Sequence[str], helpers: Helpers) -> Credentials | None:
        """Those of the first of `keys` that has any, else what the helper for one of `hosts` has.

        `hosts` are the names of one host, first the one by which helpers know it. None where the file knows neither;
        RegistryDenied where it names the host, and no credentials are to be had.
        """
        empty: str | None = None
        for key in keys:
            written, entry = self._auths.get(key, ("", None))
            if entry is not None:
                found = _from_entry(entry, key, self._path)
                if found is not None:
                    return found
                empty = empty or written
        helper = next((self._helpers[name] for name in hosts if name in self._helpers), "")
        name = helper or self._store
        if name:
            # A store knows a host by the spelling with which it was signed in to.
            found = helpers.get(name, empty or hosts[0], file=self._path)
            if found is not None:
                return found
        if empty or helper:
            who = f"docker-credential-{name} has no credentials for {hosts[-1]}, and this file says that it has"
            what = who if name else f"the entry for {empty} holds no credentials"
            raise RegistryDenied(what, where=str(self._path), cure=f"run `docker login {hosts[-1]}`")
        return None


def read(path: Path, noun: str) -> AuthFile | None:
    """The file, or None where there is none; RegistryDenied where there is one that cannot be read."""
    try:
        raw = read_ordinary(path, _CAP + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RegistryDenied(
            f"cannot be read ({error.strerror})", where=str(path), cure="correct its permissions, or name another file"
        ) from error
    return AuthFile(path, raw, noun)
