"""A tree with changes over it: what is changed or created is answered from them, all else by the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.tree import Globs, Unread
from promote.tree.folder import FolderTree
from promote.tree.overlay import Overlay

FILES = {"a/x.yaml": b"1", "a/y.yaml": b"2", "b/z.yaml": b"3"}


def overlay(root: Path, changes: dict[bytes, bytes]) -> Overlay:
    for name, data in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
    return Overlay(FolderTree(root), changes)


@pytest.mark.parametrize(
    ("changes", "globs", "told"),
    [
        ({}, ["**"], ["a/x.yaml 1", "a/y.yaml 2", "b/z.yaml 3"]),
        ({b"a/y.yaml": b"5"}, ["a"], ["a/x.yaml 1", "a/y.yaml 5"]),
        ({b"a/m.yaml": b"6", b"c/n.yaml": b"7"}, ["a", "c"], ["a/m.yaml 6", "a/x.yaml 1", "a/y.yaml 2", "c/n.yaml 7"]),
        ({b"a/xx.yaml": b"6"}, ["a", "!a/xx.yaml"], ["a/x.yaml 1", "a/y.yaml 2"]),
        ({b"c/n.yaml": b"7"}, ["a"], ["a/x.yaml 1", "a/y.yaml 2"]),
    ],
)  # fmt: skip
def test_what_is_listed_and_read(
    tmp_path: Path, changes: dict[bytes, bytes], globs: list[str], told: list[str]
) -> None:
    tree = overlay(tmp_path, changes)
    read = list(tree.read(tree.list(Globs(tuple(globs)))))
    assert [f"{entry.path.decode()} {data.decode()}" for entry, data in read if isinstance(data, bytes)] == told
    assert len(read) == len(told)
    # Nothing is written.
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml")} == FILES.keys()


def test_entries_come_in_the_order_asked_and_what_cannot_be_read_stays_so(tmp_path: Path) -> None:
    tree = overlay(tmp_path, {b"a/y.yaml": b"5"})
    entries = tree.list(Globs(("**",)))
    (tmp_path / "b/z.yaml").unlink()
    found = list(tree.read(reversed(entries)))
    assert [entry.path for entry, _ in found] == [b"b/z.yaml", b"a/y.yaml", b"a/x.yaml"]
    assert isinstance(found[0][1], Unread)
    assert [data for _, data in found[1:]] == [b"5", b"1"]
    assert tree.oid is None
