"""What has changed in a clone's working files since its last commit, without writing to it or asking its remote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from os import fsdecode
from pathlib import Path

from promote.errors import GitError
from promote.gitrepo.command.git import Git

_PATHS_CAP = 100_000
# git is not to ask the remote for what a partial clone lacks, and says so in one of these ways.
LACKING = re.compile(
    rb"from promisor remote|unable to read (tree|sha1 file)|bad tree object|bad object HEAD|lazy fetching disabled"
)


def _batches(paths: Sequence[bytes]) -> Iterator[list[bytes]]:
    """`paths` in pieces that fit into an argument list."""
    batch: list[bytes] = []
    size = 0
    for path in paths:
        batch.append(path)
        size += len(path)
        if size > _PATHS_CAP:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _changed(git: Git, top: Path, paths: Sequence[bytes]) -> Iterator[bytes]:
    """Those that `git status` tells."""
    finished = git.attempt(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all", "--",
        *paths,
    )  # fmt: skip
    if finished.code != 0:
        if LACKING.search(finished.stderr):
            raise GitError(
                "it cannot be told what has changed here: this partial clone lacks objects of its last commit",
                where=str(top),
                cure="let git fetch them (git status does), or name the repository by --repo",
            )
        raise git.failed(finished)
    return (line[3:] for line in finished.stdout.split(b"\0")[:-1])


def _hidden(git: Git, top: Path, paths: Sequence[bytes]) -> Iterator[bytes]:
    """Those that differ although git was told to look away: `assume-unchanged`, or `skip-worktree` and on disk."""
    if not paths:
        return
    unseen: dict[bytes, bytes] = {}
    for line in git.output("ls-files", "-v", "-s", "-z", "--", *paths).split(b"\0")[:-1]:
        # H: looked at. Small letters: assumed to be unchanged. S: not meant to be on disk.
        head, _, path = line.partition(b"\t")
        tag, _, oid, _ = head.split(b" ")
        if tag != b"H":
            unseen[path] = oid
    # git would open a FIFO, and follow a link.
    files = [path for path in unseen if (top / fsdecode(path)).is_file() and not (top / fsdecode(path)).is_symlink()]
    yield from unseen.keys() - files
    if files:
        oids = git.output("hash-object", "--", *files).split()
        yield from (path for path, oid in zip(files, oids, strict=True) if unseen[path] != oid)


def uncommitted(git: Git, top: Path, git_dir: Path, paths: Sequence[bytes]) -> tuple[bytes, ...]:
    """Which of `paths` differ from the last commit, in the index or on disk, in the order given.

    What is not on disk because it was never checked out does not differ. GitError where a partial clone cannot tell.
    """

    def is_here(path: bytes) -> bool:
        there = top / fsdecode(path)
        return there.is_symlink() or there.exists()

    if not (git_dir / "index").exists():
        # `git clone --no-checkout`: to `status` all files are gone, to people none was ever here.
        return tuple(path for path in paths if is_here(path))
    found: set[bytes] = set()
    for batch in _batches(paths):
        found.update(_changed(git, top, batch))
        found.update(_hidden(git, top, [path for path in batch if path not in found and is_here(path)]))
    return tuple(path for path in paths if path in found)
