from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import GitError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.paths import is_inside
from tests.gitrepo.person import WHEN, WHO, Person, change

Reach = Callable[[str], Git]


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\0b", "a/.."),
        *(".git", ".git/config", "a/.git/b", ".GIT", "a/.Git/hooks/x", "git~1", "GIT~1/config"),
        *(".git.", ".git ", ".git . .", "git~1.", ".git::$INDEX_ALLOCATION", ".git:x"),
        *(".g\u200cit", "\u200e.git", ".git\ufeff", ".gi\u206at/config", "a/.g\u202eit"),
        *("a\\..\\b", "..\\a", "a\\.git\\config", ".git\\hooks"),
    ],
)
def test_what_leads_out_or_into_gits_own_folder(path: str) -> None:
    assert not is_inside(path.encode())


@pytest.mark.parametrize(
    "path",
    [
        *("a", "a/b/c.yaml", "...", "a/...", "..a", "a..", ".gitignore", ".github/x", "a.git", "agit~1", "git~10"),
        *("git", ".gitmodules", "a b", "a\nb", "é", "a:b", "-x", "a\\b", "~", "x/.gitattributes"),
    ],
)
def test_what_is_a_file_like_any_other(path: str) -> None:
    assert is_inside(path.encode())


def test_a_name_that_is_no_utf8_is_a_name() -> None:
    assert is_inside(b"envs/\xff\xfe.yaml")
    assert not is_inside(b"\xff/.git")


@given(st.binary(max_size=20))
def test_git_takes_what_is_taken_for_a_path(path: bytes) -> None:
    if is_inside(path):
        assert path
        assert not {b"", b".", b"..", b".git"} & {part.lower() for part in path.split(b"/")}


@pytest.mark.parametrize("name", ["link", "file", "sub"])
def test_a_new_file_takes_no_place_of_a_link_a_file_or_a_submodule(
    name: str, other: Person, bare: Path, reach: Reach
) -> None:
    other.write({"file": b"x"})
    (other.folder / "link").symlink_to("envs")
    other.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    other.git("add", "file", "link")
    other.git("commit", "--quiet", "-m", "x")
    other.git("push", "--quiet", "origin", "HEAD:main")
    with open_store(reach(str(bare))) as store:
        tip = store.need("main").oid
        fits = change("new/deep/x.yaml", b"1", before=None)
        with pytest.raises(GitError, match=f"^{name}/new/x.yaml: cannot be written: {name} is in the way"):
            make_commit(
                store, tip, [fits, change(f"{name}/new/x.yaml", b"1", before=None)], b"m", identity=WHO, when=WHEN
            )
        oid = make_commit(
            store, tip, [fits, change("envs/dev/y.yaml", b"1", before=None)], b"m", identity=WHO, when=WHEN
        )
        told = store.git.output("diff-tree", "-r", "--name-status", tip, oid).decode().split()
        assert told == ["A", "envs/dev/y.yaml", "A", "new/deep/x.yaml"]
