"""Whose credential is used for a remote.

The first of these that has one counts, and nothing else is then used:

1. the remote's URL;
2. `git` of promote.yaml, for its host;
3. PROMOTE_GIT_<HOST>_TOKEN, or _USERNAME and _PASSWORD (`variables`);
4. for the host that promote was pointed at, and no other: PROMOTE_GIT_TOKEN, or _USERNAME and _PASSWORD; for ssh
   PROMOTE_GIT_SSH_KEY and PROMOTE_GIT_KNOWN_HOSTS;
5. for that host too, a GitHub App by PROMOTE_GIT_APP_… (`github_app`);
6. what git finds: settings, helpers, .netrc, for ssh the user's keys and agent;
7. what CI gives its jobs for the forge that they run on (`ci`).

A source that says that it has a credential, and cannot give it, is an error: who has said that it is there is never
made somebody else silently.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from promote.clock import Clock
from promote.errors import UsageError
from promote.gitrepo.command.git import Git
from promote.gitrepo.credentials.ci import ci_login
from promote.gitrepo.credentials.grant import Access, Grant, Login, by_url, given, offered
from promote.gitrepo.credentials.headers import PATTERN
from promote.gitrepo.credentials.settings import DEFAULT, App, HostAccess
from promote.gitrepo.credentials.ssh import ssh_grant
from promote.gitrepo.credentials.variables import home_app, home_login, home_ssh, host_login
from promote.gitrepo.url import RemoteUrl

if TYPE_CHECKING:  # most runs sign in as no app
    from promote.gitrepo.credentials.github_app import AppTokens, Right

_LOG = logging.getLogger("promote.git")
_HTTP = logging.getLogger("promote.http")
_APP_USER = "x-access-token"
_PULLS: tuple[Right, ...] = ("contents", "pull_requests", "statuses")


class Keyring:
    """The grants for all remotes of a run; what it makes for them is there until `stack` ends.

    `homes` are the addresses of the hosts that promote was pointed at.
    """

    def __init__(self, *, environ: Mapping[str, str], clock: Clock, homes: frozenset[str], stack: ExitStack) -> None:
        self._environ = environ
        self._clock = clock
        self._homes = homes
        self._stack = stack
        self._hosts: Mapping[str, HostAccess] = {}
        self._tokens: AppTokens | None = None
        self._own: tuple[tuple[str, str], ...] | None = None
        self._lock = threading.RLock()
        # What was found for a remote and stays so; that of an app ends, and is asked for each time.
        self._found: dict[str, Grant] = {}
        self._told: dict[str, str] = {}

    def know(self, hosts: Mapping[str, HostAccess]) -> None:
        """From now on what `hosts` say by address counts too: it may come from a repository that was reached before."""
        with self._lock:
            self._hosts = hosts
            self._found.clear()

    def access(self, remote: RemoteUrl) -> Access:
        """The access to `remote`, whatever is known of its host by the time it is used."""
        return Access(partial(self._grant, remote))

    def source(self, remote: RemoteUrl) -> str:
        """Who gives the credential for `remote`, as far as promote does; "" where git finds one, or none is needed."""
        return self._grant(remote).source

    def api_token(self, remote: RemoteUrl) -> tuple[Callable[[], str], str] | None:
        """What would do as a token of the API of `remote`'s forge: what was given for Git, or one of a GitHub App.

        With its source, and asked each time, since some end; None where nothing was given.
        """
        said = self._said(remote)
        if not remote.is_private:
            return None
        login, app = self._login(remote, said)
        if app is not None:
            return partial(self._token, app, remote, said, _PULLS), app.source
        return None if login is None else (lambda: login.password, login.source)

    def _said(self, remote: RemoteUrl) -> HostAccess:
        return self._hosts.get(remote.address) or self._hosts.get(remote.full_address, DEFAULT)

    def _grant(self, remote: RemoteUrl) -> Grant:
        with self._lock:
            grant = self._found.get(remote.public) or self._look(remote)
            if grant.source != self._told.get(remote.public, ""):
                self._told[remote.public] = grant.source
                _LOG.info("%s: signs in by %s", remote.public, grant.source)
            return grant

    def _look(self, remote: RemoteUrl) -> Grant:
        said = self._said(remote)
        if remote.scheme in ("https", "http"):
            grant, ends = self._by_http(remote, said)
        else:
            grant, ends = self._by_ssh(remote, said), False
        if not ends:
            self._found[remote.public] = grant
        return grant

    def _by_ssh(self, remote: RemoteUrl, said: HostAccess) -> Grant:
        if remote.scheme != "ssh":
            return by_url(remote)
        ssh = said.ssh or (home_ssh(self._environ) if remote.address in self._homes else None)
        return by_url(remote) if ssh is None else ssh_grant(ssh, remote.public, self._stack)

    def _by_http(self, remote: RemoteUrl, said: HostAccess) -> tuple[Grant, bool]:
        """The grant, and whether it ends."""
        login, app = self._login(remote, said)
        if app is not None:
            login = Login(_APP_USER, self._token(app, remote, said), app.source)
        if login is None:
            grant = self._left_to_git(remote)
        else:
            if not remote.is_private:
                raise UsageError(
                    f"would send what {login.source} has for it in the clear", where=remote.public, cure="use https"
                )
            grant = replace(given(remote, login), own=self._headers())
            if (Path(self._environ.get("HOME", "/")) / ".netrc").exists():
                # curl would answer a 401 from there before git asks its helpers; so it is given nothing to answer with.
                grant = replace(grant, config=(*grant.config, (f"http.{remote.origin}/.emptyAuth", "true")))
        if said.ca is not None:
            # By its variable: that outranks the settings, so a setting would not outrank a variable of the user's.
            grant = replace(grant, environ={**grant.environ, "GIT_SSL_CAINFO": str(said.ca)})
        return grant, app is not None

    def _headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the user's and the machine's own settings."""
        if self._own is None:
            # In the root folder no repository's settings come in between.
            git = Git(self._environ).at(Path("/"), worktree=True)
            finished = git.attempt("config", "-z", "--includes", "--get-regexp", PATTERN)
            if finished.code not in (0, 1):  # 1: there is none
                raise git.failed(finished)
            text = finished.stdout.decode("utf-8", "surrogateescape")
            pairs = (each.partition("\n") for each in text.split("\0")[:-1])
            self._own = tuple((key, value) for key, _, value in pairs)
        return self._own

    def _login(self, remote: RemoteUrl, said: HostAccess) -> tuple[Login | None, App | None]:
        if remote.password is not None:
            return Login(remote.username or "", remote.password, "its URL"), None
        if said.login is not None or said.app is not None:
            return (None if said.login is None else said.login()), said.app
        login = host_login(remote.address, self._environ)
        if login is None and remote.address in self._homes:
            login = home_login(remote.address, self._environ)
            if login is None:
                return None, home_app(self._environ)
        return login, None

    def _left_to_git(self, remote: RemoteUrl) -> Grant:
        own = by_url(remote)
        # Before a program that somebody has named for the purpose, git would ask this helper.
        login = None if self._environ.get("GIT_ASKPASS") else ci_login(remote, self._environ)
        if login is None:
            return own
        last = offered(remote, login)
        return replace(last, config=(*own.config, *last.config), secrets=own.secrets | last.secrets)

    def _token(
        self, app: App, remote: RemoteUrl, said: HostAccess, rights: tuple[Right, ...] = ("contents",)
    ) -> str:
        from promote.gitrepo.credentials.github_app import AppTokens
        from promote.transport import Tls, Transport

        if not remote.is_private:
            raise UsageError("a GitHub App signs in by https alone", where=remote.public, cure="use https")
        if self._tokens is None:
            transport = self._stack.enter_context(Transport(self._clock, jobs=2, log=_HTTP.info))
            self._tokens = AppTokens(self._clock, transport)
        return self._tokens.get(app, remote, Tls(ca=said.ca), rights)
