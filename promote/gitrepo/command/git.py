"""The one place that runs git."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from promote.errors import GitError, RemoteDenied
from promote.gitrepo.command.dialogue import Dialogue
from promote.gitrepo.command.environment import for_git
from promote.gitrepo.command.failure import failed
from promote.gitrepo.credentials.grant import Access, Grant, by_url
from promote.gitrepo.credentials.headers import without_login
from promote.gitrepo.credentials.variables import blank
from promote.gitrepo.url import RemoteUrl, redacted
from promote.patience import Patience
from promote.process import Finished, run

_LOG = logging.getLogger("promote.git")
_CAP = 1 << 30
# git follows one at the beginning of an exchange; the credential of the old URL does not go along.
_MOVED = re.compile(rb"^warning: redirecting to (\S+)", re.MULTILINE)
_NOTHING = Grant()
_CORRECT = "check that it is valid, and for this repository"


@cache
def _tell_moved(old: str, new: str) -> None:
    """Says so once a process: every command that talks to the remote is redirected anew."""
    # Behind a `?` there may be a token of somebody's session.
    shown = "".join(char for char in new.partition("?")[0].removesuffix("/") if char.isprintable())
    _LOG.warning("%s: the repository has moved to %s; name it so", old, shown)


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
    access: Access | None = field(default=None, repr=False)
    hidden: frozenset[str] = field(default=frozenset(), repr=False)
    deadline_seconds: float = 120.0
    # Heeded by what reaches a remote: what is at work here alone ends by itself.
    patience: Patience | None = field(default=None, repr=False)
    # An open lock that all that this git starts holds too, for as long as any of it is at work.
    lock: int | None = None

    def at(self, directory: Path, *, worktree: bool = False) -> Git:
        """The same git, for another repository."""
        return replace(self, directory=directory, worktree=worktree)

    def to(
        self,
        remote: RemoteUrl,
        config: tuple[tuple[str, str], ...] = (),
        *,
        secrets: frozenset[str],
        access: Access | None = None,
    ) -> Git:
        """The same git with what it takes to reach `remote`: `access`, and `config` in the environment.

        Without `access` it is what the URL itself says.
        """
        return replace(
            self,
            remote=remote,
            config=(*self.config, *config),
            access=Access(partial(by_url, remote)) if access is None else access,
            hidden=self.hidden | secrets,
        )

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be seen of all that this git was given so far."""
        return self.hidden if self.access is None else self.hidden | self.access.secrets

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
    ) -> Finished:
        """How `git ARGS` ended, whatever that was.

        `config` and `environ` are for this one command; what stands in `environ` is passed on as it is.
        """
        deadline = self.deadline_seconds
        if self.patience is not None and self.remote is not None:
            deadline = min(deadline, self.patience.left)
        grant = _NOTHING if self.access is None else self.access.grant()
        settings = self.config
        if grant.source and self.remote is not None:
            settings = without_login(settings, grant.own, self.remote)
        env = for_git(self.environ, (*settings, *grant.config, *config), asks=self.access is not None)
        env |= {**grant.environ, **(environ or {})}
        words = [word if isinstance(word, str) else word.decode("utf-8", "surrogateescape") for word in args]
        # Never a repository found by accident: the store's own folder is named, and a clone of the user's is stood in.
        place = [] if self.directory is None or self.worktree else [f"--git-dir={self.directory}"]
        finished = run(
            ["git", *place, *words],
            cwd=self.directory,
            env=env,
            stdin=stdin,
            deadline_seconds=deadline,
            cap_bytes=_CAP,
            inherits=() if self.lock is None else (self.lock,),
        )
        if (moved := _MOVED.search(finished.stderr)) is not None:
            _tell_moved(self.where, redacted(moved[1].decode("utf-8", "replace"), self.secrets))
        if _LOG.isEnabledFor(logging.INFO):
            shown = " ".join(words).encode("utf-8", "backslashreplace").decode()
            line = redacted(f"git {shown[:300]}", self.secrets)
            _LOG.info("%s: %d in %.3f s", line, finished.code, finished.seconds)
        return finished

    def has_commit(self, oid: str) -> bool:
        """Whether this repository has this commit."""
        return self.attempt("cat-file", "-e", f"{oid}^{{commit}}").code == 0

    def converse(self, *args: str) -> Dialogue:
        """`git ARGS`, to be asked again and again by whoever closes it: about a repository here, never a remote."""
        place = [] if self.directory is None or self.worktree else [f"--git-dir={self.directory}"]
        return Dialogue(
            ["git", *place, *args],
            cwd=self.directory,
            env=for_git(self.environ, self.config, asks=False),
            deadline_seconds=self.deadline_seconds,
        )

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
        error = failed(finished, where=self.where, secrets=self.secrets, remote=remote)
        source = "" if self.access is None else self.access.source
        if source and isinstance(error, RemoteDenied):
            # To give one is no advice to who has given one.
            cure = _CORRECT if error.cure.startswith("give git a credential") else error.cure
            return RemoteDenied(f"{error.what} (the credential is from {source})", where=error.where, cure=cure)
        empty = blank(self.environ)
        if empty is not None and isinstance(error, RemoteDenied) and error.cure.startswith("give git a credential"):
            cure = f"{empty} is set, and empty: see that this job is given the secret (one of a fork is not)"
            return RemoteDenied(error.what, where=error.where, cure=cure)
        return error
