"""The forges of a session: opened when one is first needed, and by whose token each is asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import UNSET

from promote.api.projects import committing, project_at
from promote.clock import Clock
from promote.config.model import Config, Environment
from promote.config.request_settings import ForgeSettings
from promote.errors import ForgeDenied, SecretMissing
from promote.forge.address import Project
from promote.forge.kinds import OpenForge, no_token, open_forge, token_in
from promote.gitrepo.remote import Remotes
from promote.secret import resolve_secret
from promote.transport import Tls, Transport

if TYPE_CHECKING:  # most runs have git make their commits
    from promote.forge.github_commit import Committer

_HTTP = logging.getLogger("promote.http")


@dataclass
class Forges:
    """Every forge that a session asks, each opened once; open until `stack` ends.

    `home` is the repository that promote.yaml is in, and `root` where its relative paths start.
    """

    config: Config
    remotes: Remotes
    home: str
    environ: Mapping[str, str]
    root: Path
    clock: Clock
    jobs: int
    stack: ExitStack
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: dict[Project, OpenForge] = field(default_factory=dict)
    _transport: Transport | None = None

    def veiled(self) -> AbstractContextManager[None]:
        """Meanwhile no error shows a secret that a forge sent back."""
        return self._asked_by().veil.over_errors()

    def at(self, environment: Environment, repo: str) -> OpenForge:
        """The forge of an environment's repository; UsageError, or ForgeDenied where there is no token for it."""
        project = project_at(self.config, environment, repo)
        with self._lock:
            if project not in self._open:
                self._open[project] = self._signed_in(project, environment, repo)
            return self._open[project]

    def committer(self, environment: Environment, repo: str) -> Committer:
        """Who makes commits in an environment's repository at its forge, as long as remotes may be waited for.

        UsageError where it is a forge that makes none.
        """
        from promote.forge.github_commit import Committer

        project = committing(self.config, environment, repo)
        return Committer(project, self.at(environment, repo).web.within(lambda: self.remotes.left), self.clock)

    def _asked_by(self) -> Transport:
        """How all forges are asked, open until the session ends."""
        with self._lock:
            if self._transport is None:
                self._transport = self.stack.enter_context(Transport(self.clock, jobs=self.jobs, log=_HTTP.info))
            return self._transport

    def _signed_in(self, project: Project, environment: Environment, repo: str) -> OpenForge:
        said = environment.forge or self.config.forge
        token, source = self._token(said, project, repo)
        _HTTP.info("%s: its token is from %s", project.page, source)
        ca = None if said is None or said.ca is UNSET else self.root / said.ca
        return open_forge(project, token, transport=self._asked_by(), clock=self.clock, tls=Tls(ca))

    def _token(self, said: ForgeSettings | None, project: Project, repo: str) -> tuple[Callable[[], str], str]:
        """The token of a forge, asked each time, and where it is from; ForgeDenied where there is none."""
        if said is not None and said.token is not UNSET:
            try:
                secret = resolve_secret(said.token, self.environ)
            except SecretMissing as exc:
                raise ForgeDenied(exc.what, where="forge: token", cure=exc.cure) from exc
            return (lambda: secret), self.config.file
        found = token_in(project, self.environ, is_home=repo == self.home)
        if found is not None:
            given, name = found
            return (lambda: given), name
        # Only where the forge is that of the remote's own host: elsewhere it would be told a secret of another.
        if urlsplit(repo).hostname == urlsplit(project.url).hostname:
            by_git = self.remotes.api_token(repo)
            if by_git is not None:
                return by_git
        raise no_token(project)
