"""The forges of one session: each is opened when it is first asked, with the token that it is signed in by."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import UNSET

from promote.api.projects import project_at
from promote.clock import Clock
from promote.config.model import Config, Environment
from promote.config.request_settings import ForgeSettings
from promote.forge.address import Project
from promote.forge.kinds import OpenForge, no_token, open_forge, token_in
from promote.gitrepo.remote import Remotes
from promote.secret import resolve_secret
from promote.transport import Tls, Transport

_HTTP = logging.getLogger("promote.http")


class Forges:
    """Where the pull requests of each environment's repository are; open until `stack` ends.

    `home` is the repository that promote.yaml is in, and `root` where its relative paths start.
    """

    def __init__(
        self,
        config: Config,
        remotes: Remotes,
        home: str,
        environ: Mapping[str, str],
        root: Path,
        *,
        clock: Clock,
        jobs: int,
        stack: ExitStack,
    ) -> None:
        self._config = config
        self._remotes = remotes
        self._home = home
        self._environ = environ
        self._root = root
        self._clock = clock
        self._jobs = jobs
        self._stack = stack
        self._lock = threading.RLock()
        self._open: dict[Project, OpenForge] = {}
        self._transport: Transport | None = None

    def veiled(self) -> AbstractContextManager[None]:
        """Meanwhile no error that is raised tells a secret."""
        return self._asked_by().veil.over_errors()

    def at(self, environment: Environment, repo: str) -> OpenForge:
        """The forge of an environment's repository; ForgeDenied where there is no token for it."""
        project = project_at(self._config, environment, repo)
        with self._lock:
            if project not in self._open:
                self._open[project] = self._signed_in(project, environment, repo)
            return self._open[project]

    def _asked_by(self) -> Transport:
        """How all forges are asked, open until the session ends."""
        with self._lock:
            if self._transport is None:
                self._transport = self._stack.enter_context(Transport(self._clock, jobs=self._jobs, log=_HTTP.info))
            return self._transport

    def _signed_in(self, project: Project, environment: Environment, repo: str) -> OpenForge:
        said = environment.forge or self._config.forge
        token, source = self._token(said, project, repo)
        _HTTP.info("%s: its token is from %s", project.page, source)
        ca = None if said is None or said.ca is UNSET else self._root / said.ca
        return open_forge(project, token, transport=self._asked_by(), clock=self._clock, tls=Tls(ca))

    def _token(self, said: ForgeSettings | None, project: Project, repo: str) -> tuple[Callable[[], str], str]:
        """The token of a forge, asked each time, and where it is from; ForgeDenied where there is none."""
        if said is not None and said.token is not UNSET:
            secret = resolve_secret(said.token, self._environ)
            return (lambda: secret), "promote.yaml"
        found = token_in(project, self._environ, is_home=repo == self._home)
        if found is not None:
            given, name = found
            return (lambda: given), name
        # Only where the forge is that of the remote's own host: elsewhere it would be told a secret of another.
        if urlsplit(repo).hostname == urlsplit(project.url).hostname:
            by_git = self._remotes.api_token(repo)
            if by_git is not None:
                return by_git
        raise no_token(project)
