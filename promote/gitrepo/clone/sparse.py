"""The working files of a clone that has checked out only some: the others are read from its own object store.

Without them a sparse checkout would look like a repository that lacks files, and a version would be written where
another file overrules it. They are read to decide, and cannot be written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import fsdecode
from pathlib import Path

from promote.errors import GitError
from promote.gitrepo.clone.uncommitted import LACKING
from promote.gitrepo.clone.workdir import Workdir
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.reader import Reader
from promote.gitrepo.store.tree import contents, files_of
from promote.tree import MAX_FILE, NOT_FILES, Entry, Globs, Tree, Unread
from promote.tree.folder import FolderTree


@dataclass(frozen=True, slots=True)
class SparseTree:
    """`folder` with the files that its index has and that were not checked out."""

    folder: FolderTree
    withheld: Mapping[bytes, Entry] = field(repr=False)
    git: Git = field(repr=False, compare=False)

    @property
    def oid(self) -> str | None:
        return None

    def list(self, globs: Globs) -> Sequence[Entry]:
        others = [entry for path, entry in self.withheld.items() if globs.matches(path)]
        return sorted((*self.folder.list(globs), *others), key=lambda entry: entry.path)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        asked = list(entries)
        here = self.folder.read([entry for entry in asked if entry.oid is None])
        others = stored(self.git, [entry for entry in asked if entry.oid is not None])
        for entry in asked:
            yield next(here if entry.oid is None else others)


def stored(git: Git, asked: Sequence[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
    """These entries as a clone has them. Of a partial one all or nothing: git stops at the first that it lacks."""
    reader = Reader(git)
    found: Mapping[str, bytes | None] = {}
    try:
        found = reader.read(list(files_of(asked)), limit=MAX_FILE)
    except GitError as exc:
        if not LACKING.search(exc.what.encode()):
            raise
    finally:
        reader.close()
    for entry in asked:
        if entry.mode not in NOT_FILES and entry.oid not in found:
            yield entry, Unread(entry, "not checked out")
        else:
            yield from contents([entry], found)


def working_tree(root: Path, workdir: Workdir | None) -> Tree:
    """The files below `root`, which is `workdir`'s where there is one; GitError where its index cannot be read."""
    folder = FolderTree(root)
    if workdir is None or not workdir.is_sparse or not (workdir.git_dir / "index").exists():
        return folder
    withheld: dict[bytes, Entry] = {}
    for line in workdir.git.output("ls-files", "-t", "-s", "-z").split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        tag, mode, oid, _ = head.decode("ascii").split(" ")
        if tag == "S" and not (root / fsdecode(path)).is_symlink() and not (root / fsdecode(path)).exists():
            withheld[path] = Entry(path, int(mode, 8), oid)
    return SparseTree(folder, withheld, workdir.git)
