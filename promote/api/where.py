"""What a command reads, found and opened: a folder, a clone's remote, or the repository at a URL."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promote.api.configuration import Read, found, named
from promote.api.trees import FolderTrees
from promote.clock import Clock
from promote.config import FILE
from promote.errors import HeadAbsent, UsageError
from promote.gitrepo.clone.sparse import working_tree
from promote.gitrepo.clone.workdir import Workdir, find
from promote.gitrepo.command.git import Git
from promote.tree import Tree

if TYPE_CHECKING:  # of use where there is a remote to read, or a configuration
    from promote.api.remotes import RemoteTrees
    from promote.config.model import Config
    from promote.gitrepo.remote import Remotes
    from promote.place import Place

_LOG = logging.getLogger("promote.git")


@dataclass(frozen=True, slots=True)
class Where:
    """What a command reads: a directory (the clone around it), or the repository at a URL, without a checkout.

    `branch` is where the environments are; promote.yaml is the default branch's all the same (SEMANTICS 10.1). With
    `files` the working files count instead of the remote's branch. `environments` and `apps` are the names that
    the command is about: files that bear them are fetched in one request with promote.yaml. With `keep` what is fetched
    of repositories is kept in the user's cache.
    """

    directory: Path
    repo: str | None = None
    branch: str | None = None
    config: Path | None = None
    files: bool = False
    environments: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found: where trees come from, that of the branch that is read, the clone if there is one, its folder.

    `trusted` is the tree that scripts and keys are read from, as promote.yaml is: the default branch's (SEMANTICS
    10.1).
    """

    trees: RemoteTrees | FolderTrees
    home: Tree
    workdir: Workdir | None
    root: Path
    read: Read | None
    trusted: Callable[[], Tree]

    @property
    def config(self) -> Config | None:
        """What promote.yaml says; None where there is none."""
        return None if self.read is None else self.read.config

    @property
    def repo(self) -> str:
        """The repository that promote is pointed at; "" for a folder that has no remote."""
        return "" if isinstance(self.trees, FolderTrees) else self.trees.home.repo

    @property
    def where(self) -> str:
        """The repository, or the folder that has no remote."""
        return self.repo or str(self.root)

    @property
    def title(self) -> str:
        """The last two parts of the remote's path; of working files the name of their folder."""
        return titled(self.repo) or self.root.resolve().name


def titled(repo: str) -> str:
    """The last two parts of the path of a remote's URL, which is `HOST:PATH` too; "" where there is none."""
    path = urlsplit(repo).path if "://" in repo else repo.rpartition(":")[2]
    return "/".join([part for part in path.rstrip("/").removesuffix(".git").split("/") if part][-2:])


def _prefetch(remotes: Remotes, where: Where, tip: Place, trusted: Place) -> None:
    """Let one request bring promote.yaml and what the command is likely to read after it."""
    remotes.expect(where.apps)
    read = (FILE,) if where.config is None else ()
    if trusted != tip and read:
        remotes.prefetch(trusted, read)
    here = (*read, ".gitattributes") if trusted == tip else (".gitattributes",)
    remotes.prefetch(tip, here, environments=where.environments, apps=where.apps)


def _know(remotes: Remotes, read: Read | None, environ: Mapping[str, str], root: Path) -> None:
    """Let hosts be reached as the configuration says from now on."""
    if read is not None and read.config.git:
        from promote.githosts import git_access

        remotes.know(git_access(read.config, environ, root))


def _expanded(read: Read | None, tree: Tree) -> Read | None:
    if read is None:
        return None
    from promote.config.expand import expand

    return replace(read, config=expand(read.config, tree))


def _cache() -> Path | None:
    from promote.cachefolder import cache_folder

    return cache_folder(_LOG.info)


def _check_path(repo: str, base: Path) -> None:
    """UsageError for half a URL, such as `acme/gitops`: it is a path, and there is nothing at it.

    What may hold a secret, or cannot be shown, is left to those who read URLs.
    """
    if re.fullmatch(r"\w[\w./ -]*", repo) and not (base / repo).exists():
        what = "is a path, and there is nothing there"
        raise UsageError(what, where=repo[:100], cure="a URL begins with https://, ssh:// or git@HOST:")


def _default_branch(remotes: Remotes, repo: str, branch: str | None) -> str:
    """The one that the remote's HEAD names; `branch`, if there is one, where HEAD leads nowhere."""
    try:
        return remotes.default_branch(repo)
    except HeadAbsent:
        # Nobody who can push to `branch` alone gains by it: to take HEAD's branch away is to rule over that one too.
        if branch is None:
            raise
        return branch


def _open_remote(
    where: Where, workdir: Workdir | None, *, environ: Mapping[str, str], clock: Clock, stack: ExitStack
) -> Opened:
    from promote.api.remotes import RemoteTrees
    from promote.gitrepo.remote import Remotes
    from promote.place import Place

    root = workdir.top if workdir is not None else where.directory.absolute()
    if where.repo is not None:
        _check_path(where.repo, root)
    remote = workdir.remote if workdir is not None else None
    remotes = stack.enter_context(
        Remotes(
            environ=environ,
            clock=clock,
            base=root,
            workdir=workdir,
            home=where.repo,
            cache=_cache() if where.keep else None,
        )
    )
    read = named(where.config, environ)
    _know(remotes, read, environ, root)
    repo = remotes.add(where.repo) if where.repo is not None else remote.public if remote is not None else ""
    # With --config nobody asks which branch is the default one, if the other is named.
    default = None if where.branch and where.config else _default_branch(remotes, repo, where.branch)
    home = Place(repo, where.branch or default or "")
    tip = remotes.need(home)
    trusted = Place(repo, default or home.branch)
    _prefetch(remotes, where, home, trusted)
    if read is None:
        read = found(remotes.need(trusted), trusted.branch, root if workdir is not None else None, environ)
        _know(remotes, read, environ, root)
    if read is not None:
        remotes.expect(read.config.apps)
    trees = RemoteTrees(remotes, home)
    return Opened(
        trees,
        tip,
        workdir,
        root,
        _expanded(read, tip),
        # Not `trusted`: with --config and --branch that is the named branch, and nothing was read from it.
        lambda: remotes.need(Place(repo, default or remotes.default_branch(repo))),
    )


def open_where(where: Where, *, environ: Mapping[str, str], clock: Clock, stack: ExitStack) -> Opened:
    """The repository, opened until `stack` ends.

    Raises UsageError, ConfigError or GitError.
    """
    try:
        is_there = where.directory.is_dir()
    except OSError as exc:
        raise UsageError(f"cannot be read: {exc.strerror}", where=str(where.directory), cure="correct -C") from exc
    if not is_there:
        raise UsageError("there is no such directory", where=str(where.directory), cure="correct -C")
    workdir = None if where.repo is not None else find(where.directory, git=Git(environ))
    root = workdir.top if workdir is not None else where.directory.absolute()
    remote = workdir.remote if workdir is not None else None
    if where.repo is None and (where.files or remote is None):
        files = working_tree(root, workdir)
        read = named(where.config, environ) or found(files, "", root, environ)
        trees = FolderTrees(root, files, workdir)
        return Opened(trees, files, workdir, root, _expanded(read, files), lambda: files)
    return _open_remote(where, workdir, environ=environ, clock=clock, stack=stack)
