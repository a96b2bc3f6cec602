"""How each remote of a run is reached: by which URL, in which environment, with which credential, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from promote.clock import Clock
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.environment import unasking
from promote.gitrepo.command.git import Git
from promote.gitrepo.credentials.keyring import Keyring
from promote.gitrepo.url import RemoteUrl, parse
from promote.patience import Patience


class Reach:
    """The remotes by their public URLs; `home` is the URL of --repo, and what keys need is there until `stack` ends."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        clock: Clock,
        base: Path,
        workdir: Workdir | None,
        home: str | None,
        deadline_seconds: float,
        stack: ExitStack,
    ) -> None:
        self._environ = environ
        self._base = base
        self._workdir = workdir
        self._deadline_seconds = deadline_seconds
        self.patience = Patience(clock)
        self._urls: dict[str, RemoteUrl] = {}
        self._lock = threading.Lock()
        own = [] if home is None else [parse(home, base=base)]
        if workdir is not None and workdir.remote is not None:
            self._urls[workdir.remote.public] = workdir.remote
            own.append(workdir.remote)
        # With their ports: what listens on another one is another server, and may be another's.
        self._homes = frozenset(remote.address for remote in own)
        self.keyring = Keyring(environ=environ, clock=clock, homes=self._homes, stack=stack)

    def add(self, url: str) -> str:
        """The public form of `url`; a credential in it is kept for this remote alone."""
        remote = parse(url, base=self._base)
        with self._lock:
            known = self._urls.get(remote.public)
            if known is None or remote.password is not None:
                self._urls[remote.public] = remote
        return remote.public

    def url(self, repo: str) -> RemoteUrl:
        """What is known of the remote of this public URL."""
        with self._lock:
            remote = self._urls.get(repo)
        return parse(repo, base=self._base) if remote is None else remote

    def git(self, repo: str) -> Git:
        """A git that reaches a remote by the clone's settings and the credential that is for it."""
        remote = self.url(repo)
        environ = self._environ if remote.address in self._homes else unasking(self._environ)
        git = Git(environ, deadline_seconds=self._deadline_seconds, patience=self.patience)
        access, clone = self.keyring.access(remote), self._workdir
        if clone is None:
            return git.to(remote, secrets=frozenset(), access=access)
        return git.to(remote, clone.transport_to(remote), secrets=clone.secrets, access=access)
