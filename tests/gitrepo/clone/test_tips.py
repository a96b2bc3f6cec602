from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from promote.gitrepo.clone.tips import TipTree, tips
from promote.gitrepo.command.git import Git
from promote.tree import Globs, Unread
from tests.gitrepo.clone.conftest import found
from tests.gitrepo.person import Person


def _read(tree: TipTree, *paths: str) -> dict[bytes, object]:
    read = tree.read(tree.list(Globs(paths)))
    return {entry.path: data.why if isinstance(data, Unread) else data for entry, data in read}


def test_a_clone_without_a_commit_has_no_branches(git: Git, environ: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "new"
    Person(environ, tmp_path).git("init", "--quiet", str(folder))
    assert tips(found(folder, git)) == {}


def test_each_branch_is_as_the_remote_had_it_else_as_it_is_here(git: Git, other: Person) -> None:
    first = other.git("rev-parse", "HEAD")
    there = other.push({"x": b"there"}, branch="dev")
    other.git("branch", "dev", first)
    other.git("branch", "env/prod", first)
    # What another remote has is no branch of this repository's.
    other.git("update-ref", "refs/remotes/fork/staging", first)
    branches = tips(found(other.folder, git))
    assert {name: tree.oid for name, tree in branches.items()} == {
        "dev": there,
        "env/prod": first,
        "main": first,
    }


def test_the_files_of_a_tip_and_what_is_no_file(git: Git, other: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.gitrepo.clone.sparse.MAX_FILE", 100)
    (other.folder / "link").symlink_to("/etc/passwd")
    other.push({"a/large.yaml": b"x" * 101, "a/\xc3\xa9\n.yaml".encode("latin-1").decode(): b"odd", "b": b"here"})
    (other.folder / "b").write_bytes(b"edited, and not committed")
    tree = tips(found(other.folder, git))["main"]
    assert _read(tree, "a", "b", "link") == {
        b"a/large.yaml": "too large",
        b"a/\xc3\xa9\n.yaml": b"odd",
        b"b": b"here",
        b"link": "symlink",
    }
    assert _read(tree, "nowhere") == {}


def test_a_file_that_is_too_large_is_not_taken_into_memory(git: Git, other: Person) -> None:
    """All of it was read first, and a file of more than 1 GiB ended the run."""
    other.push({"a/large.yaml": bytes(24 << 20), "a/x.yaml": b"here"})
    tree = tips(found(other.folder, git))["main"]
    tracemalloc.start()
    try:
        assert _read(tree, "a") == {b"a/large.yaml": "too large", b"a/x.yaml": b"here"}
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_what_a_partial_clone_lacks_is_told(git: Git, other: Person, bare: Path, tmp_path: Path) -> None:
    other.push({"a.yaml": b"on dev"}, branch="dev")
    clone = tmp_path / "partial"
    other.git("clone", "--quiet", "--filter=blob:none", bare.as_uri(), str(clone), cwd=tmp_path)
    assert _read(tips(found(clone, git))["dev"], "a.yaml") == {b"a.yaml": "not checked out"}
