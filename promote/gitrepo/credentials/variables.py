"""PROMOTE_GIT_…: credentials by the environment, for the host in the variable's name or for the run's own host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promote.errors import UsageError
from promote.gitrepo.credentials.grant import Login
from promote.gitrepo.credentials.settings import App, Secret, Ssh
from promote.hostvars import unique_part
from promote.ordinary import read_ordinary

STEM = "PROMOTE_GIT"
_APP = f"{STEM}_APP"
_MAX_FILE = 64 << 10
# A token is a password; what name stands before it matters to few hosts. This one is right for most, GitHub among them.
_USER = "x-access-token"
_USERS = {"bitbucket.org": "x-token-auth"}


def user_for(host: str) -> str:
    """The user's name that a token without one is sent with."""
    return _USERS.get(host, _USER)


def _one_login(stem: str, host: str, environ: Mapping[str, str]) -> Login | None:
    # CI systems make a secret that is not there an empty variable.
    token, username, password = (environ.get(f"{stem}_{name}", "") for name in ("TOKEN", "USERNAME", "PASSWORD"))
    if token and password:
        raise UsageError(f"{stem}_TOKEN and {stem}_PASSWORD are both set", where=host, cure="unset one of them")
    if token:
        return Login(username or user_for(host), token, f"{stem}_TOKEN")
    if password and not username:
        raise UsageError(f"{stem}_PASSWORD is set, and {stem}_USERNAME is not", where=host, cure="set both")
    if username and not password:
        raise UsageError(
            f"{stem}_USERNAME is set, and neither {stem}_PASSWORD nor {stem}_TOKEN is",
            where=host,
            cure="set one of them too",
        )
    return Login(username, password, f"{stem}_PASSWORD") if password else None


def host_login(host: str, environ: Mapping[str, str]) -> Login | None:
    """What PROMOTE_GIT_<HOST>_… say, or None; UsageError where they do not fit together."""
    named = unique_part(host)
    return None if named is None else _one_login(f"{STEM}_{named}", host, environ)


def blank(environ: Mapping[str, str]) -> str | None:
    """The variable for the run's own host that is there and says nothing, as where CI has not got the secret."""
    return next((name for name in (f"{STEM}_TOKEN", f"{STEM}_PASSWORD") if environ.get(name) == ""), None)


def home_login(host: str, environ: Mapping[str, str]) -> Login | None:
    """What PROMOTE_GIT_… say of the host that promote was pointed at, or None; UsageError as above."""
    return _one_login(STEM, host, environ)


def _read(name: str, file: str) -> str:
    try:
        data = read_ordinary(Path(file), _MAX_FILE + 1)
    except OSError as exc:
        raise UsageError(f"{name} cannot be read: {exc.strerror}", where=file, cure=f"correct {name}") from exc
    if len(data) > _MAX_FILE or not data.strip():
        what = "too large" if len(data) > _MAX_FILE else "empty"
        raise UsageError(f"what {name} names is {what}", where=file, cure=f"correct {name}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        # Not chained: the exception holds the bytes.
        raise UsageError(f"what {name} names is not text", where=file, cure=f"correct {name}") from None


def _secret(name: str, environ: Mapping[str, str]) -> tuple[Secret, str] | None:
    """How the text of `name`, or of the file that `name`_FILE names, is had, and which of them was set."""
    text, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if text and file:
        raise UsageError(f"{name} and {name}_FILE are both set", cure="unset one of them")
    if text:
        return (lambda: text), name
    return ((lambda: _read(f"{name}_FILE", file)), f"{name}_FILE") if file else None


def home_app(environ: Mapping[str, str]) -> App | None:
    """The GitHub App of PROMOTE_GIT_APP_…, or None; UsageError where only a part of it is there."""
    name, key = environ.get(f"{_APP}_ID", ""), _secret(f"{_APP}_KEY", environ)
    if not name and key is None:
        return None
    if not name or key is None:
        there, missing = (f"{_APP}_ID", f"{_APP}_KEY or {_APP}_KEY_FILE") if key is None else (key[1], f"{_APP}_ID")
        raise UsageError(f"{there} is set, and {missing} is not", cure=f"set {missing} too")
    return App(name, key[0], environ.get(f"{_APP}_INSTALLATION") or None, f"{_APP}_ID")


def home_ssh(environ: Mapping[str, str]) -> Ssh | None:
    """The key and the hosts' keys of PROMOTE_GIT_SSH_KEY and PROMOTE_GIT_KNOWN_HOSTS, or of their files, or None."""
    key = _secret(f"{STEM}_SSH_KEY", environ)
    known = _secret(f"{STEM}_KNOWN_HOSTS", environ)
    if key is None and known is None:
        return None
    source = " and ".join(each[1] for each in (key, known) if each is not None)
    return Ssh(None if key is None else key[0], None if known is None else known[0], source)
