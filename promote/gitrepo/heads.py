"""The heads of a remote's promotion branches: their commits alone, in a repository of the run's own.

Apart from the store of the tips: there a commit that is fetched with a depth would end the history that tells whether a
lost push has arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promote.errors import GitError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.begin import local
from promote.gitrepo.store.origin import NOT_BY_NAME, PROMISOR, REMOTE
from promote.gitrepo.store.reader import Reader
from promote.gitrepo.store.scratch import scratch


@dataclass(frozen=True, slots=True)
class Head:
    """A branch's commit: its parents, and its message."""

    oid: str
    parents: tuple[str, ...]
    message: str


def _head(oid: str, data: bytes | None) -> Head:
    if data is None:
        raise GitError(f"object {oid} is gone", cure="try again")
    headers, _, message = data.partition(b"\n\n")
    lines = headers.decode("utf-8", "replace").splitlines()
    parents = tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))
    return Head(oid, parents, message.decode("utf-8", "replace"))


# Below this are all branches that have the names which promote gives them: a plan asks for those of an environment, of
# its holds and of its rollbacks.
_OWN = "promote"


class Heads:
    """The branches below one prefix, as the remote has them now; a prefix is listed once until `forget`.

    Until then `listed`, all branches of the remote as another request has just told them, stands for a listing.
    """

    def __init__(self, folder: Path, remote: Git, listed: Mapping[str, str] | None = None) -> None:
        self._git = local(remote, folder)
        self._remote = remote.at(folder)
        self._listed = listed
        self._known: dict[str, Mapping[str, Head]] = {}

    def forget(self) -> None:
        self._listed = None
        self._known = {}

    def get(self, branch: str) -> Head | None:
        """The head of `branch`; None where there is no such branch. One request for all that are beside it."""
        ref_of(branch)
        prefix = _OWN if branch.startswith(f"{_OWN}/") else branch.rpartition("/")[0]
        if prefix not in self._known:
            self._known[prefix] = self._beside(prefix)
        return self._known[prefix].get(branch)

    def _beside(self, prefix: str) -> Mapping[str, Head]:
        # A branch that is in no folder is asked for with all that are not: there is no way to ask for it alone that
        # tells "not there" from a fault.
        pattern = f"refs/heads/{prefix}/*" if prefix else "refs/heads/*"
        is_any = self._named(f"{prefix}/" if prefix else "")
        if is_any is None:
            is_any = self._fetch(pattern, "--filter=tree:0")
        if is_any is None:
            is_any = self._fetch(pattern)
        if not is_any:
            return {}
        refs = self._git.output("for-each-ref", "--format=%(objectname) %(refname)", pattern.removesuffix("*"))
        rows = [line.split(" ", 1) for line in refs.decode("utf-8", "surrogateescape").splitlines()]
        reader = Reader(self._git)
        try:
            found = reader.read([oid for oid, _ in rows])
        finally:
            reader.close()
        return {ref.removeprefix("refs/heads/"): _head(oid, found.get(oid)) for oid, ref in rows}

    def _named(self, beginning: str) -> bool | None:
        """Whether such heads are listed, which were fetched by name, unlisted; None where that cannot be done."""
        if self._listed is None:
            return None
        wanted = {branch: oid for branch, oid in self._listed.items() if branch.startswith(beginning)}
        if not wanted:
            return False
        named = "".join(f"+{oid}:refs/heads/{branch}\n" for branch, oid in wanted.items())
        finished = self._remote.attempt(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1", "--filter=tree:0", "--stdin", REMOTE,
            stdin=named.encode("utf-8", "surrogateescape"),
            config=PROMISOR,
        )  # fmt: skip
        if finished.code == 0:
            return True
        if "filter" in (why := reason(finished)) or NOT_BY_NAME.search(why):
            return None
        raise self._remote.failed(finished, remote=True)

    def _fetch(self, pattern: str, *filtered: str) -> bool | None:
        """Whether there are such heads, which were fetched; None where the server knows no such filter, and says so."""
        finished = self._remote.attempt(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--prune", "--depth=1", *filtered,
            "--end-of-options", REMOTE, f"+{pattern}:{pattern}",
            config=PROMISOR if filtered else (),
        )  # fmt: skip
        if finished.code == 0:
            return True
        if finished.code == 1 and not finished.stderr.strip():
            return False  # with a depth, that nothing fits is a fault without a word
        if filtered and "filter" in reason(finished):
            return None
        raise self._remote.failed(finished, remote=True)


@contextmanager
def open_heads(remote: Git, listed: Mapping[str, str] | None = None) -> Iterator[Heads]:
    """The heads of the remote that `remote` reaches; what it takes is removed at the end."""
    with scratch(remote.environ) as folder:
        there = remote.at(folder, worktree=True)
        there.output("init", "--quiet", "--bare", "--template=", "heads")
        store = folder / "heads"
        local(remote, store).output("config", f"remote.{REMOTE}.url", remote.where)
        yield Heads(store, remote, listed)
