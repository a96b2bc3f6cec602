"""The branches of a clone as it has them now, and the files of their tips: nothing is asked of a remote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from promote.gitrepo.clone.sparse import stored
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.git import Git
from promote.tree import Entry, Globs, Unread


@dataclass(frozen=True, slots=True)
class TipTree:
    """The files of one commit of a clone; what a partial clone lacks is told as not checked out."""

    oid: str
    git: Git = field(repr=False, compare=False)

    def list(self, globs: Globs) -> Sequence[Entry]:
        found: list[Entry] = []
        for line in self.git.output("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", self.oid).split(b"\0"):
            head, _, path = line.partition(b"\t")
            if path and globs.matches(path):
                mode, _, oid = head.decode("ascii").split(" ")
                found.append(Entry(path, int(mode, 8), oid))
        return sorted(found, key=lambda entry: entry.path)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        yield from stored(self.git, list(entries))


def tips(workdir: Workdir) -> Mapping[str, TipTree]:
    """The tip of each branch by its name, sorted: what the remote had when it was last fetched, else the local one."""
    out: dict[str, str] = {}
    told = workdir.git.output("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes")
    for line in told.decode("utf-8", "surrogateescape").splitlines():
        oid, _, ref = line.partition(" ")
        if ref.startswith("refs/heads/"):
            out.setdefault(ref.removeprefix("refs/heads/"), oid)
        elif ref.startswith("refs/remotes/origin/") and not ref.endswith("/HEAD"):
            out[ref.removeprefix("refs/remotes/origin/")] = oid
    return {name: TipTree(out[name], workdir.git) for name in sorted(out)}
