"""A remote of which a clone brought nothing: it is empty, or its HEAD leads nowhere."""

from __future__ import annotations

from promote.errors import GitError, HeadAbsent
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.listing import listing

# Of names of branches, as many as somebody reads.
_MOST = 12


def nothing(remote: Git, branch: str | None = None) -> GitError:
    """What to say of it: HeadAbsent where there are branches, though none that HEAD names, nor `branch`.

    RemoteUnreachable or RemoteDenied where it does not say.
    """
    names = list(listing(remote, "refs/heads/*").heads)
    if not names:
        return GitError("the repository is empty", where=remote.where, cure="push a first commit")
    named = "its HEAD names a branch that is not there"
    what = named if branch is None else f"there is no branch {branch!r}, and {named}"
    shown = [*names[:_MOST], *([f"and {len(names) - _MOST} more"] if len(names) > _MOST else [])]
    cure = f"name one by --branch, or let HEAD name it there: git symbolic-ref HEAD refs/heads/{names[0]}"
    return HeadAbsent(f"{what}; there are: {', '.join(shown)}", where=remote.where, cure=cure)
