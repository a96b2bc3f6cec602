"""A store is opened for a run: begun by a clone, or as earlier runs have left it where they are kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from promote.errors import ObjectsBroken, RemoteUnreachable
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.begin import Begun, begin
from promote.gitrepo.store.scratch import scratch
from promote.gitrepo.store.store import Store

_LOG = logging.getLogger("promote.git")


def _opened(
    stack: ExitStack, remote: Git, branch: str | None, apps: set[bytes], cache: Path | None, now: float
) -> Store:
    folder = stack.enter_context(scratch(remote.environ)) / "store"
    kept: Begun | None = None
    if cache is not None:
        from promote.gitrepo.store.kept import keep  # most runs keep nothing

        kept = stack.enter_context(keep(cache, remote, folder, branch, now=now))
    store = Store(kept or begin(remote, folder, branch), remote, apps=apps)
    stack.callback(store.close)
    first = branch or (None if kept is None else kept.default_branch)
    if kept is not None and first is not None:
        # Fetched here what has moved since: where that shows that the store is broken, nothing was read of it yet.
        store.tip(first)
    return store


@contextmanager
def open_store(
    remote: Git,
    *,
    branch: str | None = None,
    apps: set[bytes] | None = None,
    cache: Path | None = None,
    now: float = 0.0,
) -> Iterator[Store]:
    """A store for the remote that `remote` reaches, at `branch` or the default one; what is made in it is removed.

    With `cache` what was fetched is kept in that folder for the next run. RemoteUnreachable or RemoteDenied where the
    remote cannot be read, GitError where it is empty. A `branch` that is not there has no tip.
    """
    if remote.remote is None:
        raise RemoteUnreachable("no remote is known", cure="name one by --repo")
    if branch is not None:
        ref_of(branch)
    names = set() if apps is None else apps
    with ExitStack() as stack:
        try:
            with ExitStack() as opening:
                store = _opened(opening, remote, branch, names, cache, now)
                stack.push(opening.pop_all())
        except ObjectsBroken as exc:
            if cache is None:
                raise
            _LOG.info("the store of %s is made anew: %s", remote.where, exc)
            store = _opened(stack, remote, branch, names, cache, now)
        yield store
