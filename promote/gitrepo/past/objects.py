"""The objects of a store with a history: which files a commit has, and their contents, however many by one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import NamedTuple

from promote.errors import GitError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.holdings import Form, Holdings
from promote.gitrepo.store.interest import Folder
from promote.gitrepo.store.reader import Reader
from promote.tree import MAX_FILE, Entry

# More pathspecs than this are slower than the whole listing, and may not fit into an argument list.
_MANY_ROOTS = 500
_PATHS_CAP = 100_000


class Lying(NamedTuple):
    """A file's object, and a commit that has it at a path."""

    oid: str
    commit: str
    path: bytes

    @property
    def folder(self) -> bytes:
        """What git calls the folder that it lies in."""
        return self.commit.encode("ascii") + b":" + self.path.rpartition(b"/")[0]


def _entries(lines: Iterable[bytes]) -> list[Entry]:
    """The lines of `ls-tree -z` as entries, sorted by path."""
    found = []
    for line in lines:
        head, _, path = line.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        found.append(Entry(path, int(mode, 8), oid))
    return sorted(found, key=lambda entry: entry.path)


class Objects:
    """One store's objects; of a `remote` what is not here is fetched, unless it is too large for a file that is read.

    `refetch` brings the branch with all files where nothing less can be asked for. Without a `remote`, as of a clone of
    the user's, nothing is fetched.
    """

    def __init__(
        self, git: Git, remote: Git | None = None, *, form: Form = "whole", refetch: Callable[[], None]
    ) -> None:
        self._git = git
        self._reader = Reader(git)
        self._remote = remote
        self._holdings = Holdings(
            self._reader, remote or git, form=form, refetch=refetch, lock=nullcontext(), apps=set(), first="near"
        )

    def entries(self, commit: str, roots: Sequence[bytes]) -> list[Entry]:
        """Every file below `roots` in `commit`, sorted by path; symbolic links and submodules too."""
        paths = list(roots)
        if b"" in paths or len(paths) > _MANY_ROOTS or sum(map(len, paths)) > _PATHS_CAP:
            paths = []
        out = self._git.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        return _entries(out.split(b"\0")[:-1])

    def here(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        """Objects of any kind and size, None for one that is not here; nothing is fetched."""
        try:
            return {**dict.fromkeys(oids), **self._reader.read(oids)}
        finally:
            self._reader.close()

    def bring(self, files: Sequence[Lying]) -> None:
        """Fetches those of these files that are not here, by one request; nothing is fetched into a clone."""
        if self._remote is None or not files:
            return
        try:
            missing = set(self._holdings.missing(file.oid for file in files))
            self._note([file for file in files if file.oid in missing])
            self._holdings.fill(list(missing))
        finally:
            self._reader.close()

    def _note(self, files: Sequence[Lying]) -> None:
        """Tells the holdings which folder each file lies in: only with its folder it comes if it is not too large."""
        known = [file for file in files if b"\n" not in file.path]
        asked = list(dict.fromkeys(file.folder for file in known))
        if not asked:
            return
        out = self._git.output("cat-file", "--batch-check", "--buffer", stdin=b"".join(each + b"\n" for each in asked))
        told = (line.split(b" ") for line in out.split(b"\n")[:-1])
        folders = {name: words[0] for name, words in zip(asked, told, strict=True) if words[1:2] == [b"tree"]}
        for file in known:
            if file.folder in folders:
                path = file.path.rpartition(b"/")[0]
                self._holdings.note(file.oid, Folder(path, folders[file.folder].decode("ascii")))

    def read(self, oids: Iterable[str]) -> dict[str, bytes | None]:
        """The blobs' bytes, None for one above MAX_FILE; GitError where one is not to be had."""
        asked = list(dict.fromkeys(oids))
        try:
            if self._remote is not None:
                return self._holdings.read(asked)
            found = self._reader.read(asked, limit=MAX_FILE)
        finally:
            self._reader.close()
        for oid in asked:
            if oid not in found:
                raise GitError(f"object {oid} is missing", where=self._git.where, cure="see `git fsck`")
        return found
