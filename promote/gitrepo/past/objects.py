"""The objects of a store: which files a commit has, and their contents, however many by one request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from promote.errors import GitError
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.tree import MAX_FILE, NOT_FILES, Entry, Unread

_LOG = logging.getLogger("promote.git")
REMOTE = "origin"
# A store's config does not say that it is partial, so that git's local commands report a missing object instead of
# asking for it one by one (before 2.39.4 there is no other way to stop that). The commands that talk to the remote do
# have to know, and are told so here.
PROMISOR: tuple[tuple[str, str], ...] = (
    (f"remote.{REMOTE}.promisor", "true"),
    (f"remote.{REMOTE}.partialclonefilter", "blob:none"),
)
# Protocol v0 without uploadpack.allowAnySHA1InWant, and servers that lost the object since.
NOT_BY_NAME = re.compile(r"unadvertised object|not our ref|no such remote ref|[Ss]erver does not allow request for")
# More pathspecs than this are slower than the whole listing, and may not fit into an argument list.
_MANY_ROOTS = 500
_PATHS_CAP = 100_000


def lines(oids: Sequence[str]) -> bytes:
    """Objects as git's commands are told of many on stdin."""
    return "".join(f"{oid}\n" for oid in oids).encode()


def parsed(output: bytes) -> dict[str, bytes | None]:
    """What `cat-file --batch` wrote: each object's bytes, or None where it is not there."""
    found: dict[str, bytes | None] = {}
    place = 0
    while place < len(output):
        end = output.index(b"\n", place)
        words = output[place:end].decode("ascii").split(" ")
        place = end + 1
        if len(words) == 3:
            size = int(words[2])
            found[words[0]] = output[place : place + size]
            place += size + 1
        else:
            found[words[0]] = None
    return found


def files_of(asked: Iterable[Entry]) -> Iterator[str]:
    """The objects that hold the bytes of these entries."""
    return (entry.oid for entry in asked if entry.oid and entry.mode not in NOT_FILES)


def contents(asked: Iterable[Entry], found: Mapping[str, bytes | None]) -> Iterator[tuple[Entry, bytes | Unread]]:
    """Each entry with its bytes of those `found`, where None is too large, or why it has none."""
    for entry in asked:
        if entry.mode in NOT_FILES:
            yield entry, Unread(entry, NOT_FILES[entry.mode])
        elif entry.oid is None:
            yield entry, Unread(entry, "gone")
        else:
            data = found[entry.oid]
            yield entry, Unread(entry, "too large") if data is None else data


def _entries(lines: Iterable[bytes]) -> list[Entry]:
    """The lines of `ls-tree -z` as entries, sorted by path."""
    found = []
    for line in lines:
        head, _, path = line.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        found.append(Entry(path, int(mode, 8), oid))
    return sorted(found, key=lambda entry: entry.path)


class Objects:
    """One store's objects; `refetch` brings the branches with all files where single ones cannot be asked for.

    Without a `remote` what is not here is never fetched: a clone of the user's.
    """

    def __init__(self, git: Git, remote: Git | None, *, blobless: bool, refetch: Callable[[], None]) -> None:
        self._git = git
        self._remote = remote
        self._refetch = refetch
        # True until the first blob is there: a look for what is missing would find that all of it is.
        self._bare_of_blobs = blobless

    def entries(self, commit: str, roots: Sequence[bytes]) -> list[Entry]:
        """Every file below `roots` in `commit`, sorted by path; symbolic links and submodules too."""
        paths = list(roots)
        if b"" in paths or len(paths) > _MANY_ROOTS or sum(map(len, paths)) > _PATHS_CAP:
            paths = []
        out = self._git.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        return _entries(out.split(b"\0")[:-1])

    def here(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        """Objects of any kind and size, None for one that is not here; nothing is fetched."""
        return self._cat(oids) if oids else {}

    def bring(self, oids: Iterable[str]) -> None:
        """Fetches those of these blobs that are not here, by one request; nothing is fetched into a clone."""
        asked = list(dict.fromkeys(oids))
        if self._remote is None or not asked:
            return
        missing = asked
        if not self._bare_of_blobs:
            told = self._git.output("cat-file", "--batch-check", "--buffer", stdin=lines(asked)).splitlines()
            missing = [oid for oid, line in zip(asked, told, strict=True) if line.endswith(b" missing")]
        if missing:
            self._fetch(missing)

    def read(self, oids: Iterable[str]) -> dict[str, bytes | None]:
        """The blobs' bytes, None for one above MAX_FILE; GitError where one is not to be had."""
        asked = list(dict.fromkeys(oids))
        if not asked:
            return {}
        found: dict[str, bytes | None] = {} if self._bare_of_blobs else self._cat(asked)
        missing = [oid for oid in asked if found.get(oid) is None]
        if missing:
            self._fetch(missing)
            found |= self._cat(missing)
        for oid, data in found.items():
            if data is None:
                raise GitError(f"object {oid} is gone", where=(self._remote or self._git).where, cure="try again")
        return {oid: None if data is None or len(data) > MAX_FILE else data for oid, data in found.items()}

    def _cat(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        return parsed(self._git.output("cat-file", "--batch", "--buffer", stdin=lines(oids)))

    def _fetch(self, oids: Sequence[str]) -> None:
        if self._remote is None:
            raise GitError(f"object {oids[0]} is missing", where=self._git.where, cure="see `git fsck`")
        finished = self._remote.attempt(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin", REMOTE,
            stdin=lines(oids),
            config=(*PROMISOR, ("fetch.negotiationAlgorithm", "noop")),
        )  # fmt: skip
        if finished.code != 0:
            if not NOT_BY_NAME.search(reason(finished)):
                raise self._remote.failed(finished, remote=True)
            _LOG.info("%s does not hand out single objects: fetching all files", self._remote.where)
            self._refetch()
        self._bare_of_blobs = False
