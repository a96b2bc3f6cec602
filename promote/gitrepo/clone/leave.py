"""A commit left in the user's clone, at `refs/promote/BRANCH`, pushed nowhere (SEMANTICS 11.4)."""

from __future__ import annotations

from dataclasses import replace

from promote.errors import GitError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.git import Git
from promote.gitrepo.credentials.grant import Access
from promote.gitrepo.credentials.headers import without_login
from promote.gitrepo.url import RemoteUrl
from promote.patience import Patience


def bring(workdir: Workdir, remote: RemoteUrl, branch: str, access: Access, patience: Patience) -> None:
    """Fetches a branch into the clone as `git fetch` does, with its whole history since, and moves no ref.

    A depth or a filter would damage the user's clone. RemoteUnreachable, RemoteDenied.
    """
    grant = access.grant()
    # In the clone git reads its settings by itself: of their headers none may sign in as somebody else either.
    own = (*grant.own, *workdir.transport_to(remote))
    git = replace(workdir.git, patience=patience)
    there = git.to(remote, secrets=workdir.secrets, access=access)
    there.output(
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--end-of-options",
        remote.public, ref_of(branch),
        config=without_login((), own, remote) if grant.source else (),
        remote=True,
    )  # fmt: skip


def leave(made: Git, git: Git, oid: str, *, branch: str, tip: str) -> str:
    """The ref in the clone `git` where `oid`, which the repository `made` has, now is; `tip` is what it stands on.

    GitError where that ref holds a commit that the branch does not have yet.
    """
    ref = f"refs/promote/{branch}"
    held = _held(git, ref, tip=tip, branch=branch, oid=oid, made=made)
    pack = made.output("pack-objects", "--revs", "--stdout", "--quiet", stdin=f"{oid}\n^{tip}\n".encode())
    git.output("unpack-objects", "-q", stdin=pack)
    git.output("update-ref", "-m", "promote --no-push", ref, oid, held)
    return ref


def _brought(git: Git, tip: str, oid: str) -> tuple[bytes, bytes]:
    """What commits above `tip` come to: the files of the last of them, and how many they are."""
    return git.output("rev-parse", f"{oid}^{{tree}}"), git.output("rev-list", "--count", oid, f"^{tip}")


def _held(git: Git, ref: str, *, tip: str, branch: str, oid: str, made: Git) -> str:
    """What `ref` may be moved away from: its commit, or the null OID; GitError where only `ref` has that commit.

    `made` is the repository that has `oid`.
    """
    finished = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
    if finished.code != 0:
        return "0" * len(oid)
    held = finished.stdout.decode("ascii").strip()
    if held != oid:
        below = git.attempt("merge-base", "--is-ancestor", held, tip)
        # The same again, as after a run that was killed before it could tell, loses nothing.
        if below.code == 1 and _brought(git, tip, held) != _brought(made, tip, oid):
            raise GitError(
                f"{ref} holds {held[:12]}, which branch {branch!r} does not have, and which would be lost",
                where=git.where,
                cure=f"push it (git push REMOTE {ref}:{branch}), or drop it (git update-ref -d {ref})",
            )
        if below.code not in (0, 1):
            raise git.failed(below)
    return held
