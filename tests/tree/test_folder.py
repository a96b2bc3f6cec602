from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.tree import MAX_FILE, Entry, Globs, Unread, show
from promote.tree.folder import FolderTree

ALL = Globs((".",))
LINK, PLAIN = 0o120000, 0o100644


def _listed(root: Path, globs: Globs = ALL) -> list[tuple[bytes, int]]:
    return [(entry.path, entry.mode) for entry in FolderTree(root).list(globs)]


def _read(root: Path, globs: Globs = ALL) -> dict[bytes, bytes | str]:
    tree = FolderTree(root)
    found = tree.read(tree.list(globs))
    return {entry.path: data.why if isinstance(data, Unread) else data for entry, data in found}


def _put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert _listed(tmp_path) == []
    assert FolderTree(tmp_path).oid is None


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    _put(tmp_path, "file")
    for name in ("nowhere", "file"):
        with pytest.raises(UsageError, match=f"{name}: there is no such folder"):
            FolderTree(tmp_path / name).list(ALL)


def test_files_come_sorted_by_their_bytes(tmp_path: Path) -> None:
    _put(tmp_path, "b.yaml", "a/z", "a.yaml", "a/b/c", "é", "Z")
    assert [path for path, _ in _listed(tmp_path)] == [b"Z", b"a.yaml", b"a/b/c", b"a/z", b"b.yaml", "é".encode()]


def test_git_itself_is_no_content(tmp_path: Path) -> None:
    _put(tmp_path, ".git/config", "a/.git", ".gitignore", ".github/x.yaml", "a.git/x")
    assert [path for path, _ in _listed(tmp_path)] == [b".github/x.yaml", b".gitignore", b"a", b"a.git/x"]


def test_another_repository_within_a_clone_is_an_entry_of_its_own(tmp_path: Path) -> None:
    _put(tmp_path, "sub/.git", "sub/x.yaml", "sub/deep/y.yaml", "z.yaml")
    # A folder that is no clone has nothing that would make one of its folders a part of another.
    assert [path for path, _ in _listed(tmp_path)] == [b"sub/deep/y.yaml", b"sub/x.yaml", b"z.yaml"]
    _put(tmp_path, ".git/HEAD")
    tree = FolderTree(tmp_path)
    assert [(entry.path, entry.mode) for entry in tree.list(ALL)] == [(b"sub", 0o160000), (b"z.yaml", 0o100644)]
    assert tree.list(Globs(("other",))) == []


def test_1_1_only_what_the_globs_take(tmp_path: Path) -> None:
    _put(tmp_path, "a/x.yaml", "a/b/x.yaml", "b/x.yaml", "ab/x.yaml")
    assert [path for path, _ in _listed(tmp_path, Globs(("a", "!a/b")))] == [b"a/x.yaml"]
    assert _listed(tmp_path, Globs(())) == []


def test_every_file_is_a_plain_one_but_a_link(tmp_path: Path) -> None:
    _put(tmp_path, "plain", "program", "odd")
    (tmp_path / "program").chmod(0o755)
    (tmp_path / "odd").chmod(0o655)
    (tmp_path / "link").symlink_to("plain")
    assert dict(_listed(tmp_path)) == {b"plain": PLAIN, b"program": PLAIN, b"odd": PLAIN, b"link": LINK}


def test_links_are_named_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    _put(outside, "secret", "folder/secret")
    _put(root, "real/x.yaml")
    for name, target in {
        "file": "real/x.yaml",
        "folder": "real",
        "loop": "loop",
        "up": "..",
        "out": str(outside / "secret"),
        "outside": str(outside / "folder"),
        "dangling": "nowhere",
        "real/self": "../real",
    }.items():
        (root / name).symlink_to(target)
    found = _read(root)
    assert found.pop(b"real/x.yaml") == b"real/x.yaml"
    assert set(found.values()) == {"symlink"}
    assert len(found) == 8


def test_a_link_put_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    _put(tmp_path, "a.yaml", "secret")
    tree = FolderTree(tmp_path)
    entries = tree.list(Globs(("a.yaml",)))
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "a.yaml").symlink_to("secret")
    ((_, data),) = tree.read(entries)
    assert isinstance(data, Unread)
    assert data.why == "symlink"


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "values.yaml")
    start = time.monotonic()
    assert _read(tmp_path) == {b"values.yaml": "not a file"}
    assert time.monotonic() - start < 5


def test_a_folder_named_as_a_file(tmp_path: Path) -> None:
    _put(tmp_path, "kustomization.yaml/values.yaml")
    assert _read(tmp_path) == {b"kustomization.yaml/values.yaml": b"kustomization.yaml/values.yaml"}
    ((_, data),) = FolderTree(tmp_path).read([Entry(b"kustomization.yaml", PLAIN, None)])
    assert isinstance(data, Unread)


def test_what_is_too_large_is_named_and_not_loaded(tmp_path: Path) -> None:
    for name, size in (("fits", MAX_FILE), ("large", MAX_FILE + 1), ("huge", 1 << 40)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    found = _read(tmp_path)
    assert (found[b"large"], found[b"huge"], len(found[b"fits"])) == ("too large", "too large", MAX_FILE)


def test_what_went_meanwhile_is_named(tmp_path: Path) -> None:
    _put(tmp_path, "a", "b")
    tree = FolderTree(tmp_path)
    entries = tree.list(ALL)
    (tmp_path / "a").unlink()
    found = [data if isinstance(data, bytes) else data.why for _, data in tree.read(entries)]
    assert found == ["gone", b"b"]


def test_answers_come_in_the_order_asked_for(tmp_path: Path) -> None:
    _put(tmp_path, "a", "b", "c")
    asked = [Entry(name, PLAIN, None) for name in (b"c", b"a", b"x", b"b")]
    assert [entry.path for entry, _ in FolderTree(tmp_path).read(asked)] == [b"c", b"a", b"x", b"b"]


def test_names_are_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n.yaml"
    Path(os.fsdecode(name)).write_bytes(b"x")
    assert _read(tmp_path) == {b"\xff\n.yaml": b"x"}
    assert show(b"\xff\n\x1b.yaml") == "\\xff\\x0a\\x1b.yaml"


@pytest.fixture
def as_anybody() -> Iterator[Path]:
    """A folder, while this process has no more rights than anybody."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o777)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield root
    os.seteuid(me)
    for path in root.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(root)


def test_what_may_not_be_read_is_named(as_anybody: Path) -> None:
    _put(as_anybody, "a.yaml", "b.yaml")
    (as_anybody / "a.yaml").chmod(0)
    assert _read(as_anybody) == {b"a.yaml": "not readable", b"b.yaml": b"b.yaml"}


def test_a_folder_that_may_not_be_listed_is_named(as_anybody: Path) -> None:
    _put(as_anybody, "a/b/x.yaml", "c/x.yaml")
    (as_anybody / "a/b").chmod(0)
    with pytest.raises(UsageError, match=r"^a/b: the folder cannot be listed \(Permission denied\)"):
        FolderTree(as_anybody).list(ALL)
    # Where nobody asks for it, it does not matter.
    assert [path for path, _ in _listed(as_anybody, Globs(("c",)))] == [b"c/x.yaml"]
