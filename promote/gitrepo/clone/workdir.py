"""The user's own clone: found and read by GitPython and `git status`, never changed (but for `keep`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from promote.errors import GitError, UsageError
from promote.gitrepo.clone.uncommitted import uncommitted
from promote.gitrepo.command.git import Git
from promote.gitrepo.url import RemoteUrl, parse

# What says how a remote is reached, and with which credential: a clone may hold it (actions/checkout's token does).
_TRANSPORT = re.compile(r"(credential|http|url)\..+|core\.sshcommand|ssh\.variant")
_SCOPES = ("local", "worktree")


@dataclass(frozen=True, slots=True)
class Found:
    top: Path
    git_dir: Path
    branch: str | None


@contextmanager
def _without_git_environment() -> Iterator[None]:
    # GitPython looks at GIT_DIR, GIT_COMMON_DIR, GIT_OBJECT_DIRECTORY and others itself, and no argument stops it.
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    try:
        yield
    finally:
        os.environ.update(taken)


def _may_be_in_one(directory: Path) -> bool:
    """Whether a repository could be at a folder or above it; False only where GitPython would find none either."""
    here = Path(os.path.abspath(directory))  # noqa: PTH100 - as GitPython goes upward: `..` by name, not by links
    return not here.exists() or any(
        os.path.lexists(folder / name) for folder in (here, *here.parents) for name in (".git", "HEAD")
    )


def _found(directory: Path) -> Found | None:
    if not _may_be_in_one(directory):
        return None
    try:
        import git  # slow to import, and its import fails where there is no git program
    except ImportError as exc:
        raise GitError("there is no program 'git'", cure="install it, or put its folder on PATH") from exc
    try:
        repo = git.Repo(directory, search_parent_directories=True, expand_vars=False)
    except git.NoSuchPathError as exc:
        raise UsageError("is not a folder that is there", where=str(directory), cure="name another") from exc
    except git.InvalidGitRepositoryError:
        return None
    try:
        git_dir = Path(repo.git_dir)
        top = repo.working_tree_dir
        if top is None or git_dir == directory or git_dir in directory.parents:
            raise GitError("has no working files", where=str(git_dir), cure="name the repository by --repo instead")
        return Found(Path(top), git_dir, None if repo.head.is_detached else repo.active_branch.name)
    finally:
        repo.close()


def _settings(git: Git) -> Iterator[tuple[str, str, str]]:
    out = git.output("config", "--list", "-z", "--show-scope", "--includes").decode("utf-8", "surrogateescape")
    words = out.split("\0")[:-1]
    for scope, setting in zip(words[::2], words[1::2], strict=True):
        key, newline, value = setting.partition("\n")
        yield scope, key, value if newline else "true"


def _remote(local: Mapping[str, str], branch: str | None, top: Path) -> RemoteUrl | None:
    names = [key[len("remote.") : -len(".url")] for key in local if re.fullmatch(r"(?s)remote\..+\.url", key)]
    upstream = local.get(f"branch.{branch}.remote")
    name = next((name for name in (upstream, "origin", names[0] if len(names) == 1 else None) if name in names), None)
    if name is None:
        return None
    # The URL that may be written to serves for reading too: it is the same repository.
    return parse(local.get(f"remote.{name}.pushurl") or local[f"remote.{name}.url"], base=top)


@dataclass(frozen=True, slots=True)
class Workdir:
    """A clone with working files. `branch` is None where HEAD is detached, `upstream` what it follows at the remote."""

    top: Path
    git_dir: Path
    branch: str | None
    upstream: str | None
    remote: RemoteUrl | None
    git: Git
    transport: tuple[tuple[str, str], ...] = field(repr=False)
    # Whether files of its index may be missing on disk on purpose.
    is_sparse: bool = False

    def transport_to(self, remote: RemoteUrl) -> tuple[tuple[str, str], ...]:
        """The settings of this clone by which `remote` is reached: for another remote only those that name a URL."""
        own = self.remote is not None and remote.public == self.remote.public
        return tuple((key, value) for key, value in self.transport if own or key.count(".") > 1)

    @property
    def secrets(self) -> frozenset[str]:
        """The credentials in the headers of `transport`."""
        headers = (value for key, value in self.transport if key.endswith(".extraheader"))
        return frozenset(value.split()[-1] for value in headers if value.split())

    def dirty(self, paths: Sequence[bytes]) -> tuple[bytes, ...]:
        """Which of `paths` differ from HEAD, in the index or on disk, in the order given; GitError if it cannot tell.

        What is not on disk because it was never checked out does not differ.
        """
        return uncommitted(self.git, self.top, self.git_dir, paths)


def find(directory: Path, *, git: Git) -> Workdir | None:
    """The clone that `directory` lies in, whatever GIT_DIR says; None where it lies in none."""
    with _without_git_environment():
        found = _found(directory.absolute())
    if found is None:
        return None
    here = git.at(found.top, worktree=True)
    local: dict[str, str] = {}
    transport: list[tuple[str, str]] = []
    filters: set[str] = set()
    asking = {False: "", True: ""}
    for scope, key, value in _settings(here):
        if match := re.fullmatch(r"(?s)(filter\..+)\.(clean|smudge|process|required)", key):
            filters.add(match[1])
        if key == "core.askpass":
            asking[scope in _SCOPES] = value
        if scope in _SCOPES:
            local.setdefault(key, value) if key.endswith("url") else local.update({key: value})
            if _TRANSPORT.fullmatch(key):
                transport.append((key, value))
    if not local:
        here.output("rev-parse", "--show-toplevel")  # says why git does not take this folder for a repository
    elsewhere = local.get("core.worktree")
    if elsewhere is not None and (found.git_dir / elsewhere).resolve() != found.top.resolve():
        # What is edited and what git looks at would be two folders. A submodule's names the folder that was found.
        raise GitError(
            f"its core.worktree is another folder, {elsewhere!r}", where=str(found.top),
            cure="unset it, or name the repository by --repo",
        )  # fmt: skip
    # Programs that the repository names: `status` would run a filter, a fetch that is asked for a password the other.
    unarmed = tuple(
        (f"{name}.{what}", value)
        for name in sorted(filters)
        for what, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    ) + ((("core.askPass", asking[False]),) if asking[True] else ())
    upstream = local.get(f"branch.{found.branch}.merge", "").removeprefix("refs/heads/") or None
    remote = _remote(local, found.branch, found.top)
    return Workdir(
        found.top, found.git_dir, found.branch, upstream, remote, replace(here, config=unarmed), tuple(transport),
        is_sparse=local.get("core.sparsecheckout", "").lower() in ("true", "yes", "on", "1"),
    )  # fmt: skip
