"""Which branches a remote has, as Git's own protocol tells: what answers in a Git server's place is not believed."""

from __future__ import annotations

from promote.errors import RemoteUnreachable
from promote.gitrepo.command.failure import NO_GIT, cure_for
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.origin import REMOTE


def listing(remote: Git, *refs: str) -> tuple[str | None, dict[str, str]]:
    """The branch that the remote's HEAD names, and where those of `refs` are that it has; by one request.

    RemoteUnreachable where no Git server answers: by HTTP git takes what is not of its protocol for the list of a
    server of plain files, and what has no whole line for an empty one (remote-curl.c, `discover_refs`). So a proxy's
    empty page is an empty repository to it.
    """
    finished = remote.attempt(
        "ls-remote", "--symref", "--end-of-options", REMOTE, *refs, environ={"GIT_TRACE_PACKET": "1"}
    )
    if finished.code != 0:
        raise remote.failed(finished, remote=True)
    if b" packet: " not in finished.stderr:
        raise RemoteUnreachable(NO_GIT, where=remote.where, cure=cure_for(NO_GIT))
    default: str | None = None
    found: dict[str, str] = {}
    for line in finished.stdout.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: refs/heads/") and name == "HEAD":
            default = value.removeprefix("ref: refs/heads/")
        elif not value.startswith("ref: "):
            found[name] = value
    return default, found


def confirm_absent(remote: Git, *refs: str) -> None:
    """Returns where a remote, asked again, has none of `refs`; RemoteUnreachable where it has, or is no Git server."""
    _, found = listing(remote, *refs)
    if found:
        raise RemoteUnreachable(
            "something else has answered in the Git server's place", where=remote.where, cure="run again"
        )
