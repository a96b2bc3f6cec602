"""What a command reads, found and opened: a folder, a clone's remote, or the repository at a URL."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promote.api.trees import FolderTrees
from promote.clock import Clock
from promote.config import FILE, MAX_SIZE
from promote.errors import UsageError
from promote.gitrepo.clone.sparse import working_tree
from promote.gitrepo.clone.workdir import Workdir, find
from promote.gitrepo.command.git import Git
from promote.tree import Globs, Tree, Unread

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
    config: Config | None
    trusted: Callable[[], Tree]

    @property
    def repo(self) -> str:
        """The repository that promote is pointed at; "" for a folder that has no remote."""
        return "" if isinstance(self.trees, FolderTrees) else self.trees.home.repo

    @property
    def title(self) -> str:
        """The last two parts of the remote's path; of working files the name of their folder."""
        return titled(self.repo) or self.root.resolve().name


def titled(repo: str) -> str:
    """The last two parts of the path of a remote's URL, which is `HOST:PATH` too; "" where there is none."""
    path = urlsplit(repo).path if "://" in repo else repo.rpartition(":")[2]
    return "/".join([part for part in path.rstrip("/").removesuffix(".git").split("/") if part][-2:])


def _read(path: Path) -> bytes:
    try:
        # Without blocking: a FIFO is no configuration, and what has no end is not read to it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError("is not a plain file", where=str(path), cure="correct --config")
            return file.read(MAX_SIZE + 1)
    except OSError as exc:
        raise UsageError(f"cannot be read: {exc.strerror}", where=str(path), cure="correct --config") from exc


def _prefetch(remotes: Remotes, where: Where, tip: Place, trusted: Place) -> None:
    """Let one request bring promote.yaml and what the command is likely to read after it."""
    remotes.expect(where.apps)
    read = (FILE,) if where.config is None else ()
    if trusted != tip and read:
        remotes.prefetch(trusted, read)
    here = (*read, ".gitattributes") if trusted == tip else (".gitattributes",)
    remotes.prefetch(tip, here, environments=where.environments, apps=where.apps)


def _named(where: Where, environ: Mapping[str, str]) -> Config | None:
    """What --config names."""
    return None if where.config is None else _load(os.fsencode(where.config), _read(where.config), environ)


def _config(named: Config | None, tree: Tree, root: Path | None, environ: Mapping[str, str]) -> Config | None:
    """The configuration, from --config, else from the default branch's tree, else from the working directory.

    SEMANTICS 10.1: a branch that anybody may push to could otherwise send secrets anywhere, and lift any rule.
    """
    if named is not None:
        return named
    for _, data in tree.read(tree.list(Globs((FILE,)))):
        if isinstance(data, Unread):
            raise UsageError(f"{FILE} cannot be read: {data.why}", cure="make it a plain file")
        return _load(FILE, data, environ)
    if root is not None and (root / FILE).is_file():
        return _load(FILE, _read(root / FILE), environ)
    return None


def _load(file: str | bytes, data: bytes, environ: Mapping[str, str]) -> Config:
    from promote.config.load import load

    return load(file, data, environ=environ)


def _know(remotes: Remotes, config: Config | None, environ: Mapping[str, str], root: Path) -> None:
    """Let hosts be reached as `config` says from now on."""
    if config is not None and config.git:
        from promote.githosts import git_access

        remotes.know(git_access(config, environ, root))


def _expanded(config: Config | None, tree: Tree) -> Config | None:
    if config is None:
        return None
    from promote.config.expand import expand

    return expand(config, tree)


def _cache() -> Path | None:
    from promote.cachefolder import cache_folder

    return cache_folder(_LOG.info)


def _open_remote(
    where: Where, workdir: Workdir | None, *, environ: Mapping[str, str], clock: Clock, stack: ExitStack
) -> Opened:
    from promote.api.remotes import RemoteTrees
    from promote.gitrepo.remote import Remotes
    from promote.place import Place

    root = workdir.top if workdir is not None else where.directory.absolute()
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
    named = _named(where, environ)
    _know(remotes, named, environ, root)
    repo = remotes.add(where.repo) if where.repo is not None else remote.public if remote is not None else ""
    # With --config nobody asks which branch is the default one, if the other is named.
    default = None if where.branch and where.config else remotes.default_branch(repo)
    home = Place(repo, where.branch or default or "")
    tip = remotes.need(home)
    trusted = Place(repo, default or home.branch)
    _prefetch(remotes, where, home, trusted)
    config = _config(named, remotes.need(trusted), root if workdir is not None else None, environ)
    if config is not None:
        remotes.expect(config.apps)
    if config is not named:
        _know(remotes, config, environ, root)
    trees = RemoteTrees(remotes, home)
    return Opened(
        trees,
        tip,
        workdir,
        root,
        _expanded(config, tip),
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
        config = _config(_named(where, environ), files, root, environ)
        trees = FolderTrees(root, files, workdir)
        return Opened(trees, files, workdir, root, _expanded(config, files), lambda: files)
    return _open_remote(where, workdir, environ=environ, clock=clock, stack=stack)
