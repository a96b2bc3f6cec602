from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from promote.errors import GitError, UsageError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.store import Store
from promote.gitrepo.write.commit import make_commit, stream
from promote.gitrepo.write.identity import OURSELVES, Author, Identity, identity
from promote.text.edit import FileChange
from tests.gitrepo.person import WHEN, WHO, Person, change

Reach = Callable[[str], Git]


def made(store: Store, *files: FileChange, message: bytes = b"m\n") -> str:
    return make_commit(store, store.need("main").oid, files, message, identity=WHO, when=WHEN)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("a\nb", "x@y"), ("a<b", "x@y"), ("a", "x@y>"), ("a\0", "x@y"), ("", "x@y"), ("a", " "), ("a", "x\ry"),
        ("\x1b[3m", "x@y"),
    ],
)  # fmt: skip
def test_an_author_that_git_could_not_write(name: str, email: str) -> None:
    with pytest.raises(UsageError, match=r"author: .*write NAME <EMAIL>"):
        Author(name, email)


@pytest.mark.parametrize("text", ["", "ann", "ann <a@b", "ann a@b>", "a <b> c", "<a@b>"])
def test_what_is_no_author(text: str) -> None:
    with pytest.raises(UsageError, match="author"):
        Author.parse(text)


def test_an_author_is_parsed() -> None:
    assert Author.parse(" Ann Ö. <ann@example.com> ") == Author("Ann Ö.", "ann@example.com")


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", ".git/config", "a/.GIT/hooks/x", "a/./b", ""])
def test_paths_that_are_none_are_refused(path: str) -> None:
    with pytest.raises(GitError, match="not a path inside a repository"):
        stream("refs/x", "0" * 40, [change(path, b"x")], b"m", WHO, WHEN)


def test_links_are_never_written() -> None:
    with pytest.raises(GitError, match="no plain file"):
        stream("refs/x", "0" * 40, [change("a", b"x", mode=0o120000)], b"m", WHO, WHEN)


def test_only_the_given_files_change_and_modes_stay(other: Person, bare: Path, reach: Reach) -> None:
    other.write(
        {"run.sh": b"#!/bin/sh\r\n", "gone": b"", 'caf\u00e9 "q"\\': b"1", ".gitattributes": b"* text eol=crlf\n"}
    )
    (other.folder / "run.sh").chmod(0o755)
    (other.folder / "link").symlink_to("README")
    tip = other.push({})
    with open_store(reach(str(bare))) as store:
        oid = made(
            store,
            change("run.sh", b"#!/bin/sh\r\nexit\r\n", mode=0o100755),
            change("gone", None),
            change('caf\u00e9 "q"\\', b"2\n\ndone\n"),
            change("new/deep/file\nx", b"", before=None),
            message="subject ü\n\nApp: web\n".encode(),
        )
        out = store.git.output("diff-tree", "-r", "-z", "--no-renames", "--name-status", tip, oid).decode()
        assert sorted(zip(out.split("\0")[1::2], out.split("\0")[:-1:2], strict=True)) == [
            ('caf\u00e9 "q"\\', "M"),
            ("gone", "D"),
            ("new/deep/file\nx", "A"),
            ("run.sh", "M"),
        ]
        assert store.git.output("ls-tree", oid, "--", "run.sh").startswith(b"100755 ")
        assert store.git.output("cat-file", "blob", f"{oid}:run.sh") == b"#!/bin/sh\r\nexit\r\n"
        assert store.git.output("cat-file", "blob", f'{oid}:caf\u00e9 "q"\\') == b"2\n\ndone\n"
        text = store.git.output("cat-file", "commit", oid).decode()
        assert f"parent {tip}\n" in text
        assert "\nauthor Ann <ann@example.com> 1767323045 +0000\ncommitter Ann" in text
        assert text.endswith("\n\nsubject ü\n\nApp: web\n")


def test_the_same_changes_make_the_same_commit_and_a_second_try_may_differ(
    other: Person, bare: Path, reach: Reach
) -> None:
    with open_store(reach(str(bare))) as store:
        first = made(store, change("a", b"1"))
        assert made(store, change("a", b"1")) == first
        other.push({"b": b"2"})
        store.refresh("main")
        assert made(store, change("a", b"1")) != first


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.usefixtures("other")
def test_a_stream_that_was_cut_makes_nothing(bare: Path, reach: Reach, share: float) -> None:
    with open_store(reach(str(bare))) as store:
        data = stream("refs/promote/made", store.need("main").oid, [change("a", b"1" * 99)], b"m", WHO, WHEN)
        finished = store.git.attempt("fast-import", "--quiet", stdin=data[: int(len(data) * share)])
        assert finished.code != 0
        assert store.git.output("for-each-ref", "refs/promote") == b""


def test_who_it_is(environ: dict[str, str], tmp_path: Path) -> None:
    git = Git(environ, directory=tmp_path, worktree=True)
    assert identity(git, environ) == Identity(OURSELVES, OURSELVES)
    (tmp_path / "config").write_text("[user]\nname = Ann\nemail = ann@example.com\n[committer]\nname = Bot\n")
    told = environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "config"), "GIT_AUTHOR_NAME": "Eve"}
    who = identity(Git(told, directory=tmp_path, worktree=True), told)
    assert who == Identity(Author("Eve", "ann@example.com"), Author("Bot", "ann@example.com"))
