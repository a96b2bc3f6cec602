"""The objects of a store: which files a commit has, and their contents, however many by one request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from promote.errors import GitError
from promote.gitrepo.command import Git
from promote.gitrepo.failure import reason
from promote.tree import MAX_FILE, Entry

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
_NOT_BY_NAME = re.compile(r"unadvertised object|not our ref|no such remote ref|[Ss]erver does not allow request for")
# More pathspecs than this are slower than the whole listing, and may not fit into an argument list.
_MANY_ROOTS = 500
_PATHS_CAP = 100_000


def _lines(oids: Sequence[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()


def _parsed(output: bytes) -> dict[str, bytes | None]:
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


def _entries(lines: Iterable[bytes]) -> list[Entry]:
    """The lines of `ls-tree -z` as entries, sorted by path."""
    found = []
    for line in lines:
        head, _, path = line.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        found.append(Entry(path, int(mode, 8), oid))
    return sorted(found, key=lambda entry: entry.path)


def _below(listing: bytes, roots: Sequence[bytes]) -> Iterator[bytes]:
    """The lines of a whole `ls-tree -z` below `roots`, none of which lies in another: found, not gone through."""
    for root in roots:
        if not root:
            yield from listing.split(b"\0")[:-1]
            return
        at = listing.find(b"\t" + root)
        while at >= 0:
            end = listing.index(b"\0", at)
            if listing[at + 1 + len(root) : at + 2 + len(root)] in (b"/", b"\0"):
                yield listing[listing.rfind(b"\0", 0, at) + 1 : end]
            at = listing.find(b"\t" + root, end)


class Objects:
    """One store's objects; `refetch` brings the branches with all files where single ones cannot be asked for."""

    def __init__(self, git: Git, remote: Git, *, blobless: bool, refetch: Callable[[], None]) -> None:
        self._git = git
        self._remote = remote
        self._refetch = refetch
        # True until the first blob is there: a look for what is missing would find that all of it is.
        self._bare_of_blobs = blobless
        self._wanted: set[str] = set()
        self._listings: dict[str, bytes] = {}
        self._brought: dict[str, bytes | None] = {}

    def entries(self, commit: str, roots: Sequence[bytes]) -> list[Entry]:
        """Every file below `roots` in `commit`, sorted by path; symbolic links and submodules too."""
        if commit in self._listings:
            return _entries(_below(self._listings[commit], roots))
        paths = list(roots)
        if b"" in paths or len(paths) > _MANY_ROOTS or sum(map(len, paths)) > _PATHS_CAP:
            paths = []
        out = self._git.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        return _entries(out.split(b"\0")[:-1])

    def named(self, commit: str, words: Sequence[str]) -> list[str]:
        """The YAML files of `commit` whose paths name all of `words`; its listing, once read, is kept."""
        if commit not in self._listings:
            self._listings = {commit: self._git.output("ls-tree", "-r", "-z", "--full-tree", commit)}
        lines = self._listings[commit].split(b"\0")[:-1]
        for word in words:
            text = word.encode()
            lines = [line for line in lines if text in line]
            whole = re.compile(rb"[/\t-]" + re.escape(text) + rb"(?:/|\.ya?ml\Z)")
            lines = [line for line in lines if whole.search(line)]
        files = (line for line in lines if line.startswith(b"100") and line.endswith((b".yaml", b".yml")))
        return [line.split(b" ", 2)[2].partition(b"\t")[0].decode("ascii") for line in files]

    def hint(self, oids: Iterable[str]) -> None:
        """Says that these will be wanted: they come with the next blobs that have to be fetched."""
        self._wanted.update(oids)

    def read(self, oids: Iterable[str]) -> dict[str, bytes | None]:
        """The blobs' bytes, None for one above MAX_FILE; GitError where one is not to be had."""
        asked = list(dict.fromkeys(oids))
        if not asked:
            return {}
        found: dict[str, bytes | None] = {oid: self._brought[oid] for oid in asked if oid in self._brought}
        unseen = [oid for oid in asked if oid not in found]
        if unseen and not self._bare_of_blobs:
            found |= self._cat(unseen)
        missing = [oid for oid in asked if found.get(oid) is None]
        if missing:
            hinted = sorted(self._wanted.difference(asked))
            self._fetch([*missing, *hinted])
            self._brought = self._cat([*missing, *hinted])
            found |= {oid: self._brought[oid] for oid in missing}
        for oid, data in found.items():
            if data is None:
                raise GitError(f"object {oid} is gone", where=self._remote.where, cure="try again")
        return {oid: None if data is None or len(data) > MAX_FILE else data for oid, data in found.items()}

    def _cat(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        return _parsed(self._git.output("cat-file", "--batch", "--buffer", stdin=_lines(oids)))

    def _fetch(self, oids: Sequence[str]) -> None:
        finished = self._remote.attempt(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin", REMOTE,
            stdin=_lines(oids),
            config=(*PROMISOR, ("fetch.negotiationAlgorithm", "noop")),
        )  # fmt: skip
        if finished.code != 0:
            if not _NOT_BY_NAME.search(reason(finished)):
                raise self._remote.failed(finished, remote=True)
            _LOG.info("%s does not hand out single objects: fetching all files", self._remote.where)
            self._refetch()
        self._bare_of_blobs = False
        self._wanted.clear()
