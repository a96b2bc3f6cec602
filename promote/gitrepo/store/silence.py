"""Whether a remote that shows no branch is a Git server at all."""

from __future__ import annotations

from promote.errors import RemoteUnreachable
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.origin import REMOTE


def confirm_git(remote: Git) -> None:
    """Returns where Git's own protocol is spoken at the remote of this store; else RemoteUnreachable.

    By HTTP git takes any answer that is not of its protocol for the list of refs of a plain file server, and one
    without a whole line for an empty list (remote-curl.c, `discover_refs`). So a proxy's empty page is an empty
    repository to it.
    """
    if remote.remote is None or remote.remote.scheme not in ("http", "https"):
        return
    finished = remote.attempt("ls-remote", "--end-of-options", REMOTE, "HEAD", environ={"GIT_TRACE_PACKET": "1"})
    if finished.code != 0:
        raise remote.failed(finished, remote=True)
    if b" packet: " not in finished.stderr:
        raise RemoteUnreachable(
            "what answers there is no Git server that speaks smart HTTP",
            where=remote.where,
            cure="check the URL, and whether a proxy or a sign-in page answers in its place",
        )
