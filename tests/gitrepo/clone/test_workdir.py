from __future__ import annotations

import os
from pathlib import Path

import pytest

from promote.errors import GitError, UsageError
from promote.gitrepo.clone.workdir import find
from promote.gitrepo.command.git import Git
from promote.gitrepo.url import RemoteUrl, parse
from tests.gitrepo.clone.conftest import found
from tests.gitrepo.person import Person
from tests.servers.githttp import GitHttp


def state(person: Person) -> dict[str, bytes]:
    """Every byte of the clone but its objects and files."""
    git_dir = person.folder / ".git"
    paths = [path for path in git_dir.rglob("*") if path.is_file() and "objects" not in path.parts]
    return {str(path.relative_to(git_dir)): path.read_bytes() for path in sorted(paths)}


def test_no_repository(git: Git, tmp_path: Path) -> None:
    assert find(tmp_path, git=git) is None


def test_no_folder(git: Git, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder that is there"):
        find(tmp_path / "gone", git=git)


def test_a_bare_repository_has_no_working_files(git: Git, bare: Path, other: Person) -> None:
    for folder in (bare, other.folder / ".git"):
        with pytest.raises(GitError, match=r"no working files.*--repo"):
            find(folder, git=git)


def test_from_a_folder_inside(git: Git, other: Person, bare: Path) -> None:
    before = state(other)
    workdir = found(other.folder / "envs" / "dev", git)
    assert (workdir.top, workdir.git_dir) == (other.folder, other.folder / ".git")
    assert (workdir.branch, workdir.upstream) == ("main", "main")
    assert workdir.remote == RemoteUrl(bare.as_uri())
    assert state(other) == before


def test_what_git_dir_says_has_no_effect(
    git: Git, other: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    workdir = found(other.folder / "envs", Git({**os.environ, **git.environ}))
    assert (workdir.top, workdir.branch) == (other.folder, "main")
    assert workdir.dirty([b"README"]) == ()


def test_a_detached_head_has_no_branch(git: Git, other: Person) -> None:
    other.git("checkout", "--quiet", "--detach")
    assert found(other.folder, git).branch is None
    assert found(other.folder, git).remote is not None


def test_a_worktree(git: Git, other: Person, tmp_path: Path) -> None:
    other.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    workdir = found(tmp_path / "side" / "envs", git)
    assert (workdir.top, workdir.branch, workdir.upstream) == (tmp_path / "side", "side", None)
    assert workdir.remote is not None
    (tmp_path / "side" / "README").write_bytes(b"dirty")
    assert workdir.dirty([b"README"]) == (b"README",)
    assert found(other.folder, git).dirty([b"README"]) == ()


def test_a_submodule(git: Git, other: Person, bare: Path) -> None:
    other.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(bare), "sub")
    workdir = found(other.folder / "sub" / "envs", git)
    assert (workdir.top, workdir.branch) == (other.folder / "sub", "main")


@pytest.mark.parametrize("elsewhere", ["/nowhere", "../..", ".", "../envs"])
def test_files_that_a_clone_says_are_elsewhere(git: Git, other: Person, elsewhere: str) -> None:
    other.git("config", "core.worktree", elsewhere)
    with pytest.raises(GitError, match=r"core\.worktree is another folder") as caught:
        find(other.folder, git=git)
    assert str(caught.value).isprintable()
    other.git("--work-tree=.", "config", "core.worktree", "..")
    assert found(other.folder, git).top == other.folder


@pytest.mark.parametrize(
    ("commands", "url"),
    [
        (["remote remove origin"], None),
        (["remote add fork https://fork.example.com/x"], "BARE"),
        (
            ["remote add fork https://fork.example.com/x", "config branch.main.remote fork"],
            "https://fork.example.com/x",
        ),
        (["remote rename origin up"], "BARE"),
        (["remote rename origin up", "remote add fork https://h/x", "config --unset branch.main.remote"], None),
        (["config branch.main.remote ."], "BARE"),
        (["remote set-url --push origin git@h:x"], "git@h:x"),
        (["remote set-url origin https://u:word@h/x"], "https://h/x"),
    ],
)
def test_which_remote(git: Git, other: Person, bare: Path, commands: list[str], url: str | None) -> None:
    for command in commands:
        other.git(*command.split())
    remote = found(other.folder, git).remote
    assert (remote.public if remote else None) == (bare.as_uri() if url == "BARE" else url)


def test_what_is_dirty(git: Git, other: Person) -> None:
    other.push({"a": b"1", "b": b"1", "c": b"1", "d": b"1", 'e/\u00e9 "x"': b"1", "[f]*": b"1", ".gitignore": b"i\n"})
    other.write({"a": b"2", "b": b"2", 'e/\u00e9 "x"': b"2", "new/file": b"1", "i": b"1", "fo": b"1"})
    other.git("add", "b")
    (other.folder / "d").unlink()
    workdir = found(other.folder, git)
    before = state(other)
    paths = [b"c", b"d", b"a", b"b", 'e/\u00e9 "x"'.encode(), b"new/file", b"nothing", b"i", b"[f]*"]
    assert workdir.dirty(paths) == (b"d", b"a", b"b", 'e/\u00e9 "x"'.encode(), b"new/file")
    assert workdir.dirty([]) == ()
    assert workdir.dirty([b"a", *(b"no/such/folder/%d" % number for number in range(10_000))]) == (b"a",)
    # Nobody's index is refreshed on the side.
    assert state(other) == before


RUNS = (
    "core.fsmonitor",
    "filter.bad.clean",
    "filter.bad.smudge",
    "filter.bad.process",
    "diff.external",
    "diff.bad.textconv",
    "core.pager",
    "core.editor",
    "gpg.program",
    "core.sshCommand",
    "alias.status",
)


def test_nothing_of_the_repository_is_run(git: Git, other: Person, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "run"
    script.write_text(f"#!/bin/sh\necho $0 $* >> {trap}\ncat\n")
    script.chmod(0o755)
    other.push({".gitattributes": b"*.yaml filter=bad diff=bad\n", "a.yaml": b"a: 1\n"})
    for key in RUNS:
        other.git("config", key, str(script))
    other.git("config", "filter.bad.required", "true")
    (other.folder / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (other.folder / ".git" / "hooks" / hook).symlink_to(script)
    (other.folder / "a.yaml").write_bytes(b"a: 2\n")
    workdir = found(other.folder, git)
    assert workdir.dirty([b"a.yaml", b"README"]) == (b"a.yaml",)
    assert not trap.exists()


def test_no_program_of_the_clone_is_asked_on_the_way_to_a_remote(
    git: Git, other: Person, served: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "run"
    script.write_text(f"#!/bin/sh\necho $0 $* >> {trap}\necho word\n")
    script.chmod(0o755)
    other.git("config", "core.askPass", str(script))
    other.git("config", "core.gitProxy", str(script))
    with GitHttp(served, users={"ann": "word"}) as asking:
        for url in (asking.url("gitops.git", userinfo="ann"), "git://127.0.0.1:1/gitops.git"):
            remote = parse(url, base=tmp_path)
            there = found(other.folder, git).git.to(remote, secrets=frozenset())
            assert there.attempt("ls-remote", remote.public).code != 0
            assert not trap.exists()
        # The user's own settings are another matter.
        (tmp_path / "global").write_text(f"[core]\n\taskPass = {script}\n")
        mine = Git({**git.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "global")}, deadline_seconds=20)
        remote = parse(asking.url("gitops.git", userinfo="ann"), base=tmp_path)
        there = found(other.folder, mine).git.to(remote, secrets=frozenset())
        assert there.attempt("ls-remote", remote.public).code == 0
        assert "run Password for" in trap.read_text()


def test_the_settings_that_reach_the_remote_are_carried_over(git: Git, other: Person, tmp_path: Path) -> None:
    other.git("remote", "set-url", "origin", "https://git.example.com/acme/gitops")
    # actions/checkout keeps its token so, lately in a file of its own.
    (tmp_path / "token").write_text('[http "https://git.example.com/"]\nextraheader = AUTHORIZATION: basic c2VjcmV0\n')
    other.git("config", f"includeIf.gitdir:{other.folder}/.git.path", str(tmp_path / "token"))
    other.git("config", "http.extraHeader", "X-Any: 1")
    other.git("config", "core.sshCommand", "ssh -i key")
    other.git("config", "url.https://mirror.example.com/.insteadOf", "https://git.example.com/")
    other.git("config", "core.hooksPath", "/evil")
    workdir = found(other.folder, git)
    assert workdir.remote is not None
    assert set(workdir.transport_to(workdir.remote)) == {
        ("http.https://git.example.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0"),
        ("http.extraheader", "X-Any: 1"),
        ("core.sshcommand", "ssh -i key"),
        ("url.https://mirror.example.com/.insteadof", "https://git.example.com/"),
    }
    # Another remote sees only what names its URL.
    assert {key for key, _ in workdir.transport_to(parse("https://else.example.com/x", base=tmp_path))} == {
        "http.https://git.example.com/.extraheader",
        "url.https://mirror.example.com/.insteadof",
    }
    assert "c2VjcmV0" in workdir.secrets
    assert "c2VjcmV0" not in repr(workdir)
