"""What a git command is given to reach one remote: settings and variables, and what of them must not be seen.

A password never stands in an argument, in a repository's config or in a message. It goes to git in the environment, by
a credential helper that is bound to the remote's own scheme, host and port: git asks it only after a 401 of that host,
so that a redirection takes it nowhere else (an `http.extraHeader` would go along).
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from promote.errors import UsageError
from promote.gitrepo.url import RemoteUrl

_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$PROMOTE_GIT_USERNAME" "$PROMOTE_GIT_PASSWORD"; }; f'
)
# What these are called inside of git is known to the helper above alone.
_USERNAME, _PASSWORD = "PROMOTE_GIT_USERNAME", "PROMOTE_GIT_PASSWORD"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 8  # characters of a user's name that is surely no token


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password or token; `source` says in a word or two who gave them."""

    username: str
    password: str = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Settings and variables for one remote; `source` is "" where git itself is left to find a credential.

    `own` are the user's settings of headers, of which none may sign in where there is a source.
    """

    source: str = ""
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    own: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def _told(remote: RemoteUrl, login: Login) -> dict[str, str]:
    """What the helper reads; UsageError where it would tell git more than a name and a password."""
    # Secrets that were pasted into a CI system often end with a line break.
    told = {_USERNAME: login.username, _PASSWORD: login.password.rstrip("\r\n")}
    if any(_CONTROL.search(value) for value in told.values()):
        raise UsageError(
            f"the credential from {login.source} holds a control character", where=remote.public, cure="remove it"
        )
    return told


def _forms(told: Mapping[str, str]) -> frozenset[str]:
    # As a server or git may repeat it: as it is, as part of a URL, as part of a header.
    password = told[_PASSWORD]
    header = base64.b64encode(f"{told[_USERNAME]}:{password}".encode()).decode()
    return frozenset({password, quote(password, safe=""), header} - {""})


def given(remote: RemoteUrl, login: Login) -> Grant:
    """The grant by which `login` is used for `remote`, and nothing else is; UsageError for what cannot be sent."""
    key = f"credential.{remote.origin}.helper"
    told = _told(remote, login)
    return Grant(
        login.source,
        # The empty helper clears what the user's own settings offer for this host: what was given is what is meant.
        ((key, ""), (key, _HELPER)),
        environ=told,
        secrets=_forms(told),
    )


def offered(remote: RemoteUrl, login: Login) -> Grant:
    """The grant by which `login` is used for `remote` where git finds nothing else."""
    told = _told(remote, login)
    return Grant(
        "",
        # Settings that come by the environment are read last, so this helper is the last that is asked.
        ((f"credential.{remote.origin}.helper", _HELPER),),
        environ=told,
        secrets=_forms(told),
    )


def by_url(remote: RemoteUrl) -> Grant:
    """The grant by which what the remote's URL itself says is used."""
    if remote.password is not None:
        return given(remote, Login(remote.username or "", remote.password, "its URL"))
    if remote.username is None:
        return Grant()
    # Without a password the user's name may be a token itself (GitHub takes that); `git` is none.
    secrets = frozenset({remote.username, quote(remote.username, safe="")})
    return Grant(
        "",
        ((f"credential.{remote.origin}.username", remote.username),),
        secrets=secrets if len(remote.username) > _LONGEST_NAME else frozenset(),
    )


class Access:
    """The grant for one remote, had anew for each command, since a token may end; remembers every secret."""

    def __init__(self, find: Callable[[], Grant]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._secrets: frozenset[str] = frozenset()
        self._source = ""

    def grant(self) -> Grant:
        """What the next command is given; UsageError, RemoteDenied or RemoteUnreachable where it cannot be had."""
        granted = self._find()
        with self._lock:
            self._secrets |= granted.secrets
            self._source = granted.source
        return granted

    @property
    def source(self) -> str:
        """Who gave what was granted last; "" where git itself was left to find a credential."""
        return self._source

    @property
    def secrets(self) -> frozenset[str]:
        """All that was granted and must not be seen."""
        return self._secrets
