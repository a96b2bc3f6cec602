"""A store that is begun by a clone: one branch, one commit deep, and of its files as little as the server can send."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.headless import nothing
from promote.gitrepo.store.holdings import PACKED, REFUSED, Form
from promote.gitrepo.store.listing import confirm_git, traced
from promote.gitrepo.store.origin import REMOTE
from promote.process import Finished

_LOG = logging.getLogger("promote.git")
NO_FILTER = b"filtering not recognized by server"
NOT_SHALLOW = re.compile(r"(?<!dumb http transport )does not support (shallow|--depth|--deepen)")
NO_BRANCH = re.compile(r"Remote branch .* not found in upstream|[Cc]ouldn't find remote ref")
# The first one that the server takes. A filter that stops at a depth is the one that costs a server nothing however
# many files there are; what else it is combined with makes it look at all folders.
FIRST: Mapping[Form, str | None] = {"treeless": "tree:1", "blobless": "blob:none", "whole": None}
# GitHub refuses combined filters, and a limit to depths is what it gave git a setting for: to ask would cost a clone.
_NO_DEPTH = frozenset({"github.com", "ssh.github.com"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A store to go on from: commits are made in `folder`, fetches write into `source`, which may be the same.

    `known` are the branches of which there is an older commit. What writes into `source` holds its `lock`, if any.
    `listed` are all branches of the remote, each with its commit; None where nothing told of them.
    """

    folder: Path
    source: Path
    tips: dict[str, str | None]
    default_branch: str | None
    form: Form
    known: frozenset[str] = frozenset()
    lock: int | None = None
    listed: Mapping[str, str] | None = None


def local(remote: Git, folder: Path) -> Git:
    """A git for a repository here that knows nothing of the remote and its credential."""
    return Git(remote.environ, directory=folder, deadline_seconds=remote.deadline_seconds)


def forms(remote: Git) -> list[Form]:
    """How a store may be begun, the first that is likely to do before the others."""
    where = None if remote.remote is None else remote.remote.host
    return [form for form in FIRST if form != "treeless" or where not in _NO_DEPTH]


def _clone(
    remote: Git, folder: Path, branch: str | None, forms: Sequence[Form], *depth: str
) -> tuple[Finished, Form, bytes]:
    """How a clone has ended, in which of these forms, and the trace of its packets."""
    form, *less = forms
    packets = folder.with_name(f"{folder.name}.packets")
    chosen = [] if branch is None else [f"--branch={branch}"]
    filtered = () if FIRST[form] is None else (f"--filter={FIRST[form]}",)
    finished = remote.at(folder.parent, worktree=True).attempt(
        "clone", "--quiet", "--bare", "--no-tags", "--single-branch", *depth, *filtered, "--template=",
        f"--origin={REMOTE}", *chosen, "--end-of-options", remote.where, folder.name,
        config=PACKED, environ={"GIT_TRACE_PACKET": str(packets)},
    )  # fmt: skip
    trace = packets.read_bytes() if packets.exists() else b""
    packets.unlink(missing_ok=True)
    if depth and finished.code != 0 and NOT_SHALLOW.search(reason(finished)):
        _LOG.info("%s gives no part of a history: fetching all of it", remote.where)
        return _clone(remote, folder, branch, forms)
    if less and REFUSED.search(reason(finished)):
        _LOG.info("%s takes no filter %s: fetching more", remote.where, FIRST[form])
        return _clone(remote, folder, branch, less, *depth)
    return finished, "whole" if NO_FILTER in finished.stderr else form, trace


def unpromised(config: Path) -> None:
    """Takes out of a store's config that it is partial: see origin.PROMISOR."""
    lines = config.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not line.strip().startswith((b"promisor", b"partialclonefilter"))]
    config.write_bytes(b"".join(kept))


def begin(remote: Git, folder: Path, branch: str | None) -> Begun:
    """A clone in `folder` of `branch`, or of the default branch where that is None or not there.

    RemoteUnreachable or RemoteDenied where it cannot be read, GitError where it is empty, HeadAbsent where it is not,
    and has neither `branch` nor the one that its HEAD names.
    """
    finished, form, trace = _clone(remote, folder, branch, forms(remote), "--depth=1")
    absent = finished.code != 0 and branch is not None and NO_BRANCH.search(reason(finished)) is not None
    if absent:
        confirm_git(remote, trace)
        finished, form, trace = _clone(remote, folder, None, [form], "--depth=1")
    if finished.code != 0:
        raise remote.failed(finished, remote=True)
    unpromised(folder / "config")
    tips: dict[str, str | None] = {branch: None} if absent and branch is not None else {}
    head: str | None = None
    refs = local(remote, folder).output("for-each-ref", "--format=%(HEAD)%(objectname) %(refname)", "refs/heads/")
    for line in refs.decode("utf-8", "surrogateescape").splitlines():
        oid, _, ref = line[1:].partition(" ")
        name = ref.removeprefix("refs/heads/")
        tips[name] = oid
        head = name if line.startswith("*") else head
    if head is None and (branch is None or absent) and b"empty repository" in finished.stderr:
        confirm_git(remote, trace)
        raise nothing(remote.at(folder), branch)
    default = head if branch is None or absent else None
    return Begun(folder, folder, tips, default, form, listed=traced(trace))
