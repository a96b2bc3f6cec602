"""What a run has open of its remotes: each store is made when it is first asked for, and kept to the end of the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from promote.clock import Clock
from promote.errors import GitError
from promote.gitrepo.command.git import Git
from promote.gitrepo.heads import Head, Heads, open_heads
from promote.gitrepo.past.archive import Archive, open_archive
from promote.gitrepo.past.branch_history import History
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.store import Store
from promote.place import Place


class Opened:
    """The stores of tips, of histories and of heads; safe for threads: each is opened by one, several side by side.

    `reach` gives the git that reaches a repository; what is opened is closed with `stack`.
    """

    def __init__(self, *, reach: Callable[[str], Git], clock: Clock, cache: Path | None, stack: ExitStack) -> None:
        self._reach = reach
        self._clock = clock
        self._cache = cache
        self._stack = stack
        self._stores: dict[str, Store] = {}
        self._archives: dict[Place, Archive] = {}
        self._heads: dict[str, Heads] = {}
        # What the opening of each store told of all branches, until that is old.
        self._listed: dict[str, Mapping[str, str] | None] = {}
        self._apps: set[bytes] = set()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def _opening(self, what: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(what, threading.Lock())

    def expect(self, apps: Iterable[str]) -> None:
        """Says that these apps are looked for: a folder that is called like one is fetched as a whole."""
        self._apps.update(app.rpartition("/")[2].encode() for app in apps)

    def store(self, repo: str, branch: str | None) -> Store:
        """The tips of a repository, begun at `branch` or the default one; errors as `open_store`."""
        if not repo:
            raise GitError("there is no remote", cure="add one, name one by --repo, or use --write-only")
        with self._opening(repo):
            if repo not in self._stores:
                store = open_store(
                    self._reach(repo),
                    branch=branch,
                    apps=self._apps,
                    cache=self._cache,
                    now=self._clock.now().timestamp(),
                )
                self._stores[repo] = self._stack.enter_context(store)
                self._listed[repo] = self._stores[repo].listed
            return self._stores[repo]

    def history(self, place: Place, tip: str) -> History:
        """The history of a branch below `tip`, as the remote has it; errors as `open_archive` and `Archive.bring`."""
        with self._opening(f"{place.repo} {place.branch}"):
            if place not in self._archives:
                archive = open_archive(self._reach(place.repo), place.branch)
                self._archives[place] = self._stack.enter_context(archive)
            return self._archives[place].bring(tip)

    def head(self, place: Place) -> Head | None:
        """What stands on a promotion branch, None where there is none; asked of the remote once until `forget`."""
        with self._opening(f"{place.repo} heads"):
            if place.repo not in self._heads:
                heads = open_heads(self._reach(place.repo), self._listed.get(place.repo))
                self._heads[place.repo] = self._stack.enter_context(heads)
            return self._heads[place.repo].get(place.branch)

    def forget(self) -> None:
        """What stands on promotion branches is asked of their remotes anew."""
        self._listed.clear()
        for heads in self._heads.values():
            heads.forget()
