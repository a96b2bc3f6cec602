"""The history of one branch by first parents, a batch at a time, newest first; where it ends, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promote.gitrepo.command.git import Git
from promote.gitrepo.past.objects import Objects
from promote.gitrepo.past.rewound import Rewound, Turned
from promote.tree import Entry

# The first batch; each later one is twice as long. A whole history is a few hundred commits, or wanted in large pieces.
FIRST = 512
_LISTED = (
    "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-color",
    "--no-relative", "--no-show-signature", "--no-notes", "--format=tformat:%H %P",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the branch, its parents as far as they are here, and what it changed against the first of them."""

    oid: str
    parents: tuple[str, ...]
    turned: tuple[Turned, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Commits that follow each other. Of the last one of the last batch the parents are not here.

    Then `is_root` says that it has none, or `ends` why nothing before it can be seen.
    """

    commits: tuple[Commit, ...]
    is_root: bool = False
    ends: str = ""

    @property
    def coming(self) -> Iterator[tuple[str, Turned]]:
        """What these commits change, each change with the first parent of its commit."""
        return ((commit.parents[0], change) for commit in self.commits if commit.parents for change in commit.turned)


def _turned(head: str, path: bytes) -> Turned:
    """What one line of git-diff(1)'s raw format says: `:MODE MODE OID OID STATUS`, and the path."""
    words = head.lstrip("\n:").split(" ")
    before, after = (
        None if int(mode, 8) == 0 else Entry(path, int(mode, 8), oid)
        for mode, oid in ((words[0], words[2]), (words[1], words[3]))
    )
    return Turned(path, before, after)


def _commits(out: bytes) -> list[Commit]:
    found: list[tuple[str, list[Turned]]] = []
    fields = iter(out.split(b"\0")[:-1])
    for field in fields:
        if field.lstrip(b"\n").startswith(b":"):
            found[-1][1].append(_turned(field.decode("ascii"), next(fields)))
        else:
            found.append((field.decode("ascii").strip(), []))
    made = []
    for head, changes in found:
        oid, *parents = head.split(" ")
        made.append(Commit(oid, tuple(parents), tuple(changes)))
    return made


class History:
    """What a branch held at each commit below a tip; `deepen` brings older commits, or says why it does not.

    `deepen` is given the oldest commit that is here, whose parents are not.
    """

    def __init__(self, git: Git, objects: Objects, deepen: Callable[[str], str]) -> None:
        self._git = git
        self._objects = objects
        self._deepen = deepen

    def tree(self, tip: str) -> Rewound:
        """The files at `tip`, to go back from."""
        return Rewound(tip, self._objects)

    def batches(self, tip: str) -> Iterator[Batch]:
        """All commits from `tip` to the first one, or to where history ends; nothing is read before it is asked for."""
        start, count = tip, FIRST
        while True:
            found = self._listed(start, count + 1)
            if len(found) > count:
                yield Batch(tuple(found[:-1]))
                start, count = found[-1].oid, count * 2
                continue
            oldest = found[-1].oid
            if not self._is_cut(oldest):
                yield Batch(tuple(found), is_root=True)
                return
            if len(found) > 1:
                # What it was before these may not be asked for at all.
                yield Batch(tuple(found[:-1]))
                start = oldest
                continue
            ends = self._deepen(oldest)
            if ends or not self._listed(oldest, 1)[0].parents:
                yield Batch(tuple(found), ends=ends or "the remote does not give more of it")
                return
            count *= 2

    def raw(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        """These commits as Git keeps them, None for one that is not here."""
        return self._objects.here(oids)

    def _listed(self, start: str, count: int) -> list[Commit]:
        # Else all files would be said to be new in a commit whose parents are not here.
        quiet = (("log.showRoot", "false"),)
        out = self._git.output(*_LISTED, f"--max-count={count}", "--end-of-options", start, config=quiet)
        return _commits(out)

    def _is_cut(self, oid: str) -> bool:
        """Whether a commit has parents, though none are to be seen: `log` shows none where a store is shallow."""
        raw = self._objects.here([oid])[oid] or b""
        return raw.partition(b"\n\n")[0].count(b"\nparent ") > 0
