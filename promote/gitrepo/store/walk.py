"""The files of a commit, found by going down from its root folder by name; folders that are missing are fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import cast

from promote.gitrepo.store.holdings import Holdings, Item
from promote.gitrepo.store.interest import Folder, Interest
from promote.tree import Entry, Globs

_FOLDER = b"40000"
# As Git keeps a folder: `MODE NAME\0OID`, again and again, without anything between them (SHA-1, SHA-256).
_ITEMS = {
    40: re.compile(rb"0?([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL),
    64: re.compile(rb"0?([0-7]+) ([^\0]+)\0(.{32})", re.DOTALL),
}


def items(folder: Folder, raw: bytes) -> list[Item]:
    """What is in a folder: the mode as Git writes it, the name, the OID's bytes."""
    return cast("list[Item]", _ITEMS[len(folder.oid)].findall(raw))


def _looked_for(holdings: Holdings, folder: Folder, raw: bytes, names: AbstractSet[bytes] | None) -> list[Item]:
    if names is None:
        return items(folder, raw)
    # A folder on the way may have tens of thousands of entries, and is gone through again and again for a few of them.
    known = holdings.by_name(folder, lambda: items(folder, raw))
    return [item for name in names for item in known.get(name, ())]


def _levels(holdings: Holdings, commit: str, interest: Interest) -> Iterator[tuple[Folder, bytes, bytes, bytes]]:
    """Whatever is not a folder in the folders that lead to what is wanted; one level after the other."""
    level = [interest.top(holdings.top(commit))]
    while level:
        raw = holdings.folders(level, interest)
        deeper: list[Folder] = []
        for folder in level:
            for mode, name, oid in _looked_for(holdings, folder, raw[folder.oid], interest.names(folder)):
                if mode != _FOLDER:
                    yield folder, mode, name, oid
                elif (found := interest.below(folder, name, oid.hex())) is not None:
                    deeper.append(found)
        level = deeper


def entries(holdings: Holdings, commit: str, globs: Globs) -> list[Entry]:
    """Every file that `globs` take, sorted by path; symbolic links and submodules too."""
    found: list[Entry] = []
    for folder, mode, name, oid in _levels(holdings, commit, Interest.of(globs, holdings.apps)):
        path = folder.path + b"/" + name if folder.path else name
        if globs.matches(path):
            entry = Entry(path, int(mode, 8), oid.hex())
            holdings.note(oid.hex(), folder)
            found.append(entry)
    return sorted(found, key=lambda entry: entry.path)


def reach(holdings: Holdings, commit: str, paths: Iterable[bytes]) -> None:
    """Fetches what is missing of the folders that lead to `paths`: a commit that changes these is made of them."""
    for _ in _levels(holdings, commit, Interest(paths, apps=holdings.apps)):
        pass
