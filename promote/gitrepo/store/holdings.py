"""What of a remote's files is here, and the rest fetched: by folder, many by one request, never more than is wanted.

A single file is asked for only where there is no other way: how large it is would be known too late. So a folder is
asked for, of which the server leaves out what is too large.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from promote.errors import GitError, ObjectsBroken
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.interest import Folder, Interest, Kind
from promote.gitrepo.store.origin import NOT_BY_NAME, PROMISOR, REMOTE, lines
from promote.gitrepo.store.reader import Reader
from promote.tree import MAX_FILE

_LOG = logging.getLogger("promote.git")
# How a store was begun: without folders, with all folders and no files, or with everything.
Form = Literal["treeless", "blobless", "whole"]
# What is in a folder: its mode as Git writes it, its name, its OID's bytes.
Item = tuple[bytes, bytes, bytes]
# uploadpackfilter.*.allow and uploadpackfilter.tree.maxDepth of git; GitHub allows no `combine`.
REFUSED = re.compile(r"filter '[^']*' not supported|tree filter allows max depth")
# What protocol v0 comes to where git asks again for what the server does not hand out.
_CUT_OFF = "bad pack header"
# However few objects come, they come as a pack: git would take less than a hundred apart.
PACKED = (("fetch.unpackLimit", "1"),)
# Leaves out what is larger than MAX_FILE.
SMALL = f"blob:limit={MAX_FILE + 1}"
# What lies beside a file in hundreds of commits may be large each time: at first only what is about this small comes.
_NEAR = 128 << 10
_FILTERS: Mapping[Kind, str] = {
    "all": SMALL,
    "trees": "blob:none",
    # Of a folder that is asked for by itself git counts the depth from what is in it; others may count from itself.
    "near": f"combine:tree:1+blob:limit={_NEAR}",
    "direct": f"combine:tree:1+{SMALL}",
    "around": f"combine:tree:2+{SMALL}",
    "one": "tree:0",
}
# So many entries of folders that were taken apart are kept: some 35 MB.
_APART = 100_000
_ALIKE: tuple[Kind, ...] = ("near", "direct", "around")
# What is asked for instead where a server refuses a filter.
_INSTEAD: Mapping[Kind, Kind] = {"all": "trees", "near": "one", "direct": "one", "around": "one", "one": "trees"}


class Holdings:
    """The objects of one store; `refetch` brings the branches with all files where nothing less can be asked for.

    A folder called like one of `apps`, a set that may grow, is fetched as a whole once anything in it is wanted. Of a
    folder that single files are wanted of what `first` says is fetched before more of it.
    """

    def __init__(
        self,
        reader: Reader,
        remote: Git,
        *,
        form: Form,
        refetch: Callable[[], None],
        lock: AbstractContextManager[object],
        apps: set[bytes],
        first: Kind = "all",
    ) -> None:
        self.form: Form = form
        self.apps = apps
        self._reader = reader
        self._remote = remote
        self._refetch = refetch
        self._lock = lock
        self._first: Kind = first
        # Folders taken apart, by their OIDs and then by names, and how many entries they have together.
        self._by_name: dict[str, dict[bytes, list[Item]]] = {}
        self._apart = 0
        self._folders: dict[str, bytes] = {}
        self._asked: set[tuple[Kind, str]] = set()
        self._refused: set[Kind] = set()
        # Of each file that was listed the folder that it is in, and the one that it would be fetched with.
        self._lies: dict[str, tuple[str, str | None]] = {}

    def top(self, commit: str) -> str:
        """The OID of the root folder of a commit that is here."""
        with self._lock:
            raw = self._reader.read([commit]).get(commit)
        if raw is None or not raw.startswith(b"tree "):
            raise self._gone(commit)
        return raw[5 : raw.index(b"\n")].decode("ascii")

    def folders(self, asked: Sequence[Folder], interest: Interest) -> Mapping[str, bytes]:
        """These folders as Git keeps them; those that are missing are fetched, as `interest` says."""
        with self._lock:
            self._load(folder.oid for folder in asked)
            missing = [folder for folder in asked if folder.oid not in self._folders]
            if missing:
                self._bring(dict.fromkeys(map(interest.want, missing)))
                self._load(folder.oid for folder in missing)
                missing = [folder for folder in missing if folder.oid not in self._folders]
            if missing:
                self._bring(dict.fromkeys(("one", folder.oid) for folder in missing))
                self._load(folder.oid for folder in missing)
            for folder in missing:
                if folder.oid not in self._folders:
                    raise self._gone(folder.oid)
            return self._folders

    def folder(self, folder: Folder) -> bytes:
        """One folder as Git keeps it; GitError where it is not to be had."""
        return self.folders([folder], Interest(()))[folder.oid]

    def by_name(self, folder: Folder, items: Callable[[], list[Item]]) -> Mapping[bytes, Sequence[Item]]:
        """What is in a folder by name, of `items`; kept, but for the oldest ones where there are many.

        In a chain of commits, and in history, a large folder is another one in each commit.
        """
        with self._lock:
            known = self._by_name.get(folder.oid)
            if known is None:
                known = {}
                for item in items():
                    known.setdefault(item[1], []).append(item)
                self._apart += len(known)
                while self._by_name and self._apart > _APART:
                    self._apart -= len(self._by_name.pop(next(iter(self._by_name))))
                self._by_name[folder.oid] = known
            return known

    def note(self, file: str, folder: Folder) -> None:
        """Says where a file lies that may be read later."""
        self._lies[file] = (folder.oid, folder.cover)

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Which of these objects are not here, each once."""
        asked = list(dict.fromkeys(oids))
        with self._lock:
            here = self._reader.read(asked, limit=0)
        return [oid for oid in asked if oid not in here]

    def bring(self, oids: Sequence[str], kind: Kind = "one") -> None:
        """Fetches these very folders and files, whatever their size, and of the folders what `kind` says."""
        with self._lock:
            self._fetch(kind, oids)

    def read(self, oids: Iterable[str]) -> dict[str, bytes | None]:
        """The files' bytes, None for one above MAX_FILE; GitError where one is not to be had."""
        asked = list(dict.fromkeys(oids))
        with self._lock:
            found = self._reader.read(asked, limit=MAX_FILE)
            missing = [oid for oid in asked if oid not in found]
            if missing:
                left_out = self.fill(missing)
                found |= self._reader.read(missing, limit=MAX_FILE)
                for oid in missing:
                    if oid not in found:
                        if oid not in left_out:
                            raise self._gone(oid)
                        found[oid] = None
        return found

    def _load(self, oids: Iterable[str]) -> None:
        unseen = [oid for oid in dict.fromkeys(oids) if oid not in self._folders]
        self._folders |= {oid: raw for oid, raw in self._reader.read(unseen).items() if raw is not None}

    def _bring(self, wants: Iterable[tuple[Kind, str]]) -> None:
        by_kind: dict[Kind, list[str]] = {}
        for kind, oid in wants:
            if (kind, oid) not in self._asked:
                by_kind.setdefault(kind, []).append(oid)
        for kind, oids in by_kind.items():
            self._fetch(kind, oids)

    def fill(self, files: Sequence[str]) -> set[str]:
        """Fetches files, none of which is here; which of them came with a folder, and so only if not too large."""
        left_out: set[str] = set()
        missing = list(files)
        kinds: tuple[Kind, ...] = (self._first, "direct", "around") if self.form == "treeless" else ("all",)
        for kind in kinds:
            folders = {file: self._lies.get(file, ("", None))[1 if kind == "all" else 0] for file in missing}
            wants = {file: (kind, oid) for file, oid in folders.items() if oid}
            if kind not in self._refused:
                self._bring(dict.fromkeys(wants.values()))
            if kind in ("all", "around"):
                left_out.update(file for file, want in wants.items() if want in self._asked)
            here = self._reader.read(missing, limit=0) if missing else {}
            missing = [file for file in missing if file not in left_out and file not in here]
        if missing and self.form != "whole":
            self._fetch("one", missing)
        return left_out

    def _fetch(self, kind: Kind, oids: Sequence[str]) -> None:
        if self.form == "whole":
            return
        while kind in self._refused:
            kind = _INSTEAD[kind]
        # git asks for nothing that it has, and takes what is below it for present: it has to be told to ask again.
        again = len(self._reader.read(oids, limit=0)) == len(oids)
        finished = self._remote.attempt(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
            *(("--refetch",) if again else ()), f"--filter={_FILTERS[kind]}", "--stdin", REMOTE,
            stdin=lines(oids),
            config=(*PROMISOR, *PACKED, ("fetch.negotiationAlgorithm", "noop")),
        )  # fmt: skip
        why = "" if finished.code == 0 else reason(finished)
        if finished.code == 0:
            self._asked.update((kind, oid) for oid in oids)
        elif REFUSED.search(why) and kind in _INSTEAD:
            self._refused.update(_ALIKE if kind in _ALIKE else (kind,))
            _LOG.info("%s takes no filter %s: fetching more", self._remote.where, _FILTERS[kind])
            self._fetch(_INSTEAD[kind], oids)
        elif REFUSED.search(why) or NOT_BY_NAME.search(why) or (again and _CUT_OFF in why):
            _LOG.info("%s does not hand out single objects: fetching all files", self._remote.where)
            self.give_up()
        else:
            raise self._remote.failed(finished, remote=True)

    def give_up(self) -> None:
        """Fetches all files, where nothing less is to be had."""
        if self.form != "whole":
            self._refetch()
            self.form = "whole"

    def _gone(self, oid: str) -> GitError:
        return ObjectsBroken(f"object {oid} is gone", where=self._remote.where, cure="try again")
