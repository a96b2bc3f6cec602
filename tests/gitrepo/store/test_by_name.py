"""Folders that are taken apart by name: kept for those who come again, and not without end."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from promote.gitrepo.command.git import Git
from promote.gitrepo.store import holdings
from promote.gitrepo.store.holdings import Holdings, Item
from promote.gitrepo.store.interest import Folder
from promote.gitrepo.store.reader import Reader


def test_a_chain_of_commits_keeps_no_folder_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """980 commits on a folder of 980 environments held a million entries, 350 MB."""
    monkeypatch.setattr(holdings, "_APART", 10)
    # Nothing is read or fetched here.
    nothing = cast("Reader", None), cast("Git", None)
    one = Holdings(*nothing, form="whole", refetch=lambda: None, lock=threading.RLock(), apps=set())
    taken: list[int] = []

    def look(number: int) -> None:
        def items() -> list[Item]:
            taken.append(number)
            return [(b"100644", b"%d-%d" % (number, at), b"") for at in range(4)]

        assert set(one.by_name(Folder(b"envs", f"{number}"), items)) == {b"%d-%d" % (number, at) for at in range(4)}

    for number in (0, 1, 0, 1, 2, 1, 2, 0, 2):
        look(number)
    # Two have room; the oldest goes.
    assert taken == [0, 1, 2, 0]
    large = [(b"100644", b"%d" % at, b"") for at in range(20)]
    for _ in range(2):
        assert len(one.by_name(Folder(b"envs", "large"), lambda: large)) == 20
    look(0)
    assert taken == [0, 1, 2, 0, 0]
