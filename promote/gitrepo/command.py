"""The one place that runs git."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from promote.errors import GitError
from promote.gitrepo.environment import for_git
from promote.gitrepo.failure import failed
from promote.gitrepo.url import RemoteUrl, redacted
from promote.process import Finished, run

_LOG = logging.getLogger("promote.git")
_CAP = 1 << 30


@dataclass(frozen=True, slots=True)
class Git:
    """How git is run: the caller's environment (an allow-listed part reaches git), settings of ours, a deadline.

    `directory` is a repository's own folder (for `--git-dir`) or, with `worktree`, a folder of working files.
    """

    environ: Mapping[str, str] = field(repr=False)
    directory: Path | None = None
    worktree: bool = False
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    remote: RemoteUrl | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    deadline_seconds: float = 120.0

    def at(self, directory: Path, *, worktree: bool = False) -> Git:
        """The same git, for another repository."""
        return replace(self, directory=directory, worktree=worktree)

    def to(self, remote: RemoteUrl, config: tuple[tuple[str, str], ...] = (), *, secrets: frozenset[str]) -> Git:
        """The same git with what it takes to reach `remote`: its credential, and `config` in the environment."""
        return replace(
            self,
            remote=remote,
            config=(*self.config, *config, *remote.config),
            secrets=self.secrets | secrets | remote.secrets,
        )

    @property
    def where(self) -> str:
        """What this git is about, for messages."""
        if self.remote is not None:
            return self.remote.public
        return str(self.directory) if self.directory is not None else "git"

    def attempt(
        self,
        *args: str | bytes,
        stdin: bytes | None = None,
        config: tuple[tuple[str, str], ...] = (),
        environ: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Finished:
        """How `git ARGS` ended, whatever that was; `seconds` may shorten its time.

        `config` and `environ` are for this one command; what stands in `environ` is passed on as it is.
        """
        deadline = self.deadline_seconds if seconds is None else min(self.deadline_seconds, seconds)
        env = for_git(self.environ, (*self.config, *config))
        if self.remote is not None:
            env |= self.remote.environ
        env |= environ or {}
        words = [word if isinstance(word, str) else word.decode("utf-8", "surrogateescape") for word in args]
        # Never a repository found by accident: the store's own folder is named, and a clone of the user's is stood in.
        place = [] if self.directory is None or self.worktree else [f"--git-dir={self.directory}"]
        began = time.monotonic()
        finished = run(
            ["git", *place, *words],
            cwd=self.directory,
            env=env,
            stdin=stdin,
            deadline_seconds=deadline,
            cap_bytes=_CAP,
        )
        if _LOG.isEnabledFor(logging.INFO):
            shown = " ".join(words).encode("utf-8", "backslashreplace").decode()
            line = redacted(f"git {shown[:300]}", self.secrets)
            _LOG.info("%s: %d in %.3f s", line, finished.code, time.monotonic() - began)
        return finished

    def output(
        self,
        *args: str | bytes,
        stdin: bytes | None = None,
        config: tuple[tuple[str, str], ...] = (),
        remote: bool = False,
    ) -> bytes:
        """What `git ARGS` wrote; GitError where it failed: one of the remote's where it had to ask a `remote`."""
        finished = self.attempt(*args, stdin=stdin, config=config)
        if finished.code != 0:
            raise self.failed(finished, remote=remote)
        return finished.stdout

    def failed(self, finished: Finished, *, remote: bool = False) -> GitError:
        """The error for a command that ended so."""
        return failed(finished, where=self.where, secrets=self.secrets, remote=remote)
