from __future__ import annotations

from pathlib import Path

import pytest

from promote.gitrepo.clone.sparse import working_tree
from promote.gitrepo.clone.workdir import find
from promote.gitrepo.command.git import Git
from promote.tree import Globs, Unread
from promote.tree.folder import FolderTree
from tests.gitrepo.person import Person


def test_a_whole_checkout_is_a_folder(git: Git, other: Person) -> None:
    assert working_tree(other.folder, find(other.folder, git=git)) == FolderTree(other.folder)


def test_what_was_not_checked_out_is_read_and_what_is_no_file_is_named(
    git: Git, other: Person, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.gitrepo.clone.sparse.MAX_FILE", 100)
    (other.folder / "envs/dev/link").symlink_to("x")
    other.git("update-index", "--add", "--cacheinfo", f"160000,{other.git('rev-parse', 'HEAD')},envs/dev/module")
    (other.folder / "envs/dev/module").mkdir()
    other.push({"envs/dev/large": b"x" * 101, "envs/dev/x": b"stored", "here": b"on disk"})
    clone = tmp_path / "sparse"
    other.git("clone", "--quiet", "--sparse", str(bare), str(clone), cwd=tmp_path)
    (clone / "here").write_bytes(b"edited")
    tree = working_tree(clone, find(clone, git=git))
    read = tree.read(tree.list(Globs(("here", "envs/dev"))))
    told = {entry.path: data.why if isinstance(data, Unread) else data for entry, data in read}
    del told[b"envs/dev/kustomization.yaml"]
    assert told == {
        b"here": b"edited",
        b"envs/dev/x": b"stored",
        b"envs/dev/large": "too large",
        b"envs/dev/link": "symlink",
        b"envs/dev/module": "submodule",
    }
