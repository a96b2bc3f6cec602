"""promote in clones as people and CI systems have them: the branch gets its commit, and the clone stays as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.gitrepo.command import environment
from tests.e2e.bad_cases import WEB_FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, exactly, files, web_line, working_files
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp

SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag")
EDIT = {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def everything(folder: Path) -> dict[str, str]:
    """Every file of a clone and its repository, and every link: what it holds, and what may be done with it."""
    out = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            out[name] = f"-> {path.readlink()}"
        elif path.is_file():
            out[name] = f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return out


@dataclass(frozen=True)
class Clone:
    """The folder to stand in, and the folder that must not change."""

    here: Path
    whole: Path
    on_disk: bool = True


@pytest.fixture
def gitops(create: Create) -> Gitops:
    made = create(files("registry.invalid", digest="sha256:" + "0" * 64))
    # A second commit, for shallow clones to be shallow.
    made.commit({"README.md": b"read me\n"})
    return made


def _folder(gitops: Gitops, name: str) -> Path:
    folder = gitops.folder.parent.parent / name
    folder.mkdir()
    return folder


def gitlab(gitops: Gitops) -> Clone:
    """GitLab's runner: no clone, no branch, no upstream; one commit by its name."""
    folder = _folder(gitops, "gitlab")
    gitops.git("init", "--quiet", "--initial-branch=none", cwd=folder)
    gitops.git("remote", "add", "origin", gitops.url, cwd=folder)
    gitops.git("fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main", cwd=folder)
    gitops.git("checkout", "--quiet", "--detach", gitops.tip(), cwd=folder)
    gitops.git("remote", "set-url", "--push", "origin", gitops.url, cwd=folder)
    return Clone(folder, folder)


def github(gitops: Gitops) -> Clone:
    """actions/checkout on a pull request: a merge commit that no branch has."""
    gitops.commit({"README.md": b"of a pull request\n"}, branch="feature")
    gitops.git("update-ref", "refs/pull/1/merge", "refs/heads/feature")
    gitops.git("update-ref", "-d", "refs/heads/feature")
    folder = _folder(gitops, "github")
    gitops.git("init", "--quiet", "--initial-branch=main", cwd=folder)
    gitops.git("remote", "add", "origin", gitops.url, cwd=folder)
    ref = "refs/remotes/pull/1/merge"
    gitops.git(
        *("-c", "protocol.version=2", "fetch", "--no-tags", "--prune", "--no-recurse-submodules", "--depth=1"),
        *("origin", f"+refs/pull/1/merge:{ref}"),
        cwd=folder,
    )
    gitops.git("checkout", "--quiet", "--force", ref, cwd=folder)
    gitops.git("config", "http.extraheader", "X-Any: 1", cwd=folder)
    return Clone(folder, folder)


def tag(gitops: Gitops) -> Clone:
    """A job of a tag: detached at a commit that the branch has left behind."""
    gitops.git("tag", "v1", "main~1")
    folder = gitops.clone("--branch=v1", "--depth=1")
    return Clone(folder, folder)


def another_branch(gitops: Gitops) -> Clone:
    """On a branch of one's own, with a stash and staged changes of other files."""
    folder = gitops.clone()
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    gitops.git("checkout", "--quiet", "-b", "mine", cwd=folder)
    (folder / "README.md").write_bytes(b"to be stashed\n")
    gitops.git(*who, "stash", cwd=folder)
    (folder / "README.md").write_bytes(b"to be staged\n")
    gitops.git("add", "README.md", cwd=folder)
    (folder / "README.md").write_bytes(b"and changed again\n")
    (folder / "untracked").write_bytes(b"x")
    return Clone(folder, folder)


def in_a_rebase(gitops: Gitops) -> Clone:
    """In the midst of a conflict in another file."""
    folder = gitops.clone()
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    gitops.git("checkout", "--quiet", "-b", "mine", "HEAD~1", cwd=folder)
    (folder / "README.md").write_bytes(b"mine\n")
    gitops.git(*who, "commit", "--quiet", "-am", "mine", cwd=folder)
    with pytest.raises(AssertionError, match="could not apply"):
        gitops.git(*who, "rebase", "main", cwd=folder)
    return Clone(folder, folder)


def worktree(gitops: Gitops) -> Clone:
    main = gitops.clone()
    gitops.git("worktree", "add", "--quiet", "--detach", str(main / "wt"), cwd=main)
    return Clone(main / "wt" / "envs", main)


def submodule(gitops: Gitops) -> Clone:
    """A superproject that has the GitOps repository as a submodule, and promote run inside of that."""
    outer = _folder(gitops, "outer")
    gitops.git("init", "--quiet", cwd=outer)
    gitops.git("submodule", "--quiet", "add", gitops.url, "deploy", cwd=outer)
    gitops.git("checkout", "--quiet", "--detach", cwd=outer / "deploy")
    return Clone(outer / "deploy" / "base", outer)


def sparse_cone(gitops: Gitops) -> Clone:
    folder = gitops.clone("--sparse")
    gitops.git("sparse-checkout", "set", "--cone", "--sparse-index", "base", cwd=folder)
    return Clone(folder / "base", folder, on_disk=False)


def sparse_patterns(gitops: Gitops) -> Clone:
    folder = gitops.clone("--no-checkout")
    gitops.git("sparse-checkout", "set", "--no-cone", "/envs/prod/", "!README.md", cwd=folder)
    gitops.git("checkout", "--quiet", cwd=folder)
    return Clone(folder / "envs", folder, on_disk=False)


def blobless(gitops: Gitops) -> Clone:
    folder = gitops.clone("--filter=blob:none", "--sparse")
    return Clone(folder, folder, on_disk=False)


def treeless(gitops: Gitops) -> Clone:
    folder = gitops.clone("--filter=tree:0", "--sparse", "--depth=1")
    return Clone(folder, folder, on_disk=False)


def empty_handed(gitops: Gitops) -> Clone:
    folder = gitops.clone("--filter=tree:0", "--no-checkout")
    return Clone(folder, folder, on_disk=False)


def shallow(gitops: Gitops) -> Clone:
    folder = gitops.clone("--depth=1")
    return Clone(folder, folder)


def borrowing(gitops: Gitops) -> Clone:
    """Its objects lie elsewhere."""
    first = gitops.clone()
    folder = _folder(gitops, "borrowing")
    gitops.git("clone", "--quiet", "--shared", str(first), ".", cwd=folder)
    gitops.git("remote", "set-url", "origin", gitops.url, cwd=folder)
    return Clone(folder, folder)


def replaced(gitops: Gitops) -> Clone:
    """With a replaced commit and a graft, which change what git shows of its history."""
    folder = gitops.clone()
    tip = gitops.tip()
    gitops.git("replace", tip, "HEAD~1", cwd=folder)
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "grafts").write_text(f"{tip}\n")
    return Clone(folder, folder)


def unborn(gitops: Gitops) -> Clone:
    """A repository with a remote and no commit."""
    folder = _folder(gitops, "unborn")
    gitops.git("init", "--quiet", cwd=folder)
    gitops.git("remote", "add", "origin", gitops.url, cwd=folder)
    return Clone(folder, folder, on_disk=False)


KINDS: tuple[Callable[[Gitops], Clone], ...] = (
    gitlab,
    github,
    tag,
    another_branch,
    in_a_rebase,
    worktree,
    submodule,
    sparse_cone,
    sparse_patterns,
    blobless,
    treeless,
    empty_handed,
    shallow,
    borrowing,
    replaced,
    unborn,
)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_the_branch_gets_its_commit_and_the_clone_stays(
    kind: Callable[[Gitops], Clone], gitops: Gitops, inside: Inside
) -> None:
    clone = kind(gitops)
    tree, count = gitops.tree(), len(gitops.commits())
    before = everything(clone.whole)
    for words in (("status",), *([("find",)] if clone.on_disk else []), (*SET, "--dry-run"), SET, SET):
        result = inside(*words, cwd=clone.here)
        assert result.code == 0, result
    exactly(tree, gitops.tree(), EDIT)
    assert len(gitops.commits()) == count + 1
    assert everything(clone.whole) == before


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_a_file_that_was_changed_there_is_not_pushed_over(
    kind: Callable[[Gitops], Clone], gitops: Gitops, inside: Inside
) -> None:
    clone = kind(gitops)
    top = clone.here
    while not (top / ".git").exists():
        top = top.parent
    (top / WEB_FILE).parent.mkdir(parents=True, exist_ok=True)
    (top / WEB_FILE).write_bytes(b"images: []\n")
    refs, before = gitops.refs(), everything(clone.whole)
    result = inside(*SET, cwd=clone.here)
    assert (result.code, len(result.messages)) == (3, 1), result
    assert WEB_FILE in result.stderr
    assert "not committed" in result.stderr
    assert (gitops.refs(), everything(clone.whole)) == (refs, before)


@pytest.mark.parametrize("how", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_to_overlook_is_seen(how: str, gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone()
    gitops.git("update-index", how, WEB_FILE, cwd=clone)
    file = clone / WEB_FILE
    was = file.read_bytes()
    for there in (b"images: []\n", None):
        file.unlink(missing_ok=True)
        if there is None:
            # A FIFO would never answer.
            file.symlink_to("../../../README.md")
        else:
            file.write_bytes(there)
        result = inside(*SET, cwd=clone)
        assert result.code == 3, result
        assert WEB_FILE in result.stderr
    file.unlink()
    file.write_bytes(was)
    assert inside(*SET, cwd=clone).code == 0


def test_a_file_that_is_only_announced_and_one_in_a_conflict_are_uncommitted(gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone()
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    # Announced: gone from the last commit, and there again.
    gitops.git("rm", "--quiet", "--cached", WEB_FILE, cwd=clone)
    gitops.git(*who, "commit", "--quiet", "-m", "without it", cwd=clone)
    gitops.git("add", "--intent-to-add", WEB_FILE, cwd=clone)
    assert inside(*SET, cwd=clone).code == 3
    # In a conflict: both sides have changed it.
    gitops.git("reset", "--quiet", "--hard", "origin/main", cwd=clone)
    gitops.git("checkout", "--quiet", "-b", "theirs", cwd=clone)
    for branch, text in (("theirs", b"a: 1\n"), ("main", b"a: 2\n")):
        gitops.git("checkout", "--quiet", branch, cwd=clone)
        (clone / WEB_FILE).write_bytes(text)
        gitops.git(*who, "commit", "--quiet", "-am", branch, cwd=clone)
    with pytest.raises(AssertionError, match="merge"):
        gitops.git(*who, "merge", "theirs", cwd=clone)
    result = inside(*SET, cwd=clone)
    assert (result.code, len(result.messages)) == (3, 1)
    assert WEB_FILE in result.stderr


def test_a_partial_clone_that_cannot_tell_what_has_changed_says_so(gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone("--filter=tree:0")
    gitops.commit({"README.md": b"newer\n"})
    gitops.git("fetch", "--quiet", cwd=clone)
    # The branch is moved without its trees.
    gitops.git("update-ref", "refs/heads/main", "refs/remotes/origin/main", cwd=clone)
    before = everything(clone)
    result = inside(*SET, cwd=clone)
    assert (result.code, len(result.messages)) == (5, 1), result
    assert "partial clone" in result.stderr
    assert everything(clone) == before
    assert inside(*SET, "--repo", gitops.url, cwd=clone).code == 0


def test_a_clone_whose_borrowed_objects_are_gone_says_so(gitops: Gitops, inside: Inside) -> None:
    clone = borrowing(gitops).here
    (clone / ".git" / "objects" / "info" / "alternates").write_text("/nowhere/objects\n")
    result = inside(*SET, cwd=clone)
    assert (result.code, len(result.messages)) == (5, 1), result
    assert str(clone) in result.stderr


def test_a_repository_of_sha256(server: GitHttp, environ: dict[str, str], inside: Inside) -> None:
    gitops = Gitops(server, server.root / "sha256.git", environ)
    gitops.folder.mkdir()
    gitops.git("init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", "--template=", ".")
    for key in ("http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        gitops.git("config", key, "true")
    gitops.commit(files("registry.invalid", digest="sha256:" + "0" * 64))
    clone, tree = gitops.clone(), gitops.tree()
    assert inside("status", cwd=clone).code == 0
    result = inside(*SET, "--no-push", cwd=clone)
    assert result.code == 0, result
    kept = gitops.git("rev-parse", "refs/promote/main", cwd=clone)
    assert len(kept) == 64
    assert gitops.git("rev-parse", f"{kept}^", cwd=clone) == gitops.tip()
    result = inside(*SET, "-o", "json", cwd=clone)
    assert result.code == 0, result
    assert [commit["sha"] for commit in result.document["commits"]] == [gitops.tip()]
    exactly(tree, gitops.tree(), EDIT)
    before = working_files(clone)
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    exactly(before, working_files(clone), EDIT)


def test_a_clone_that_somebody_else_owns_says_what_git_wants(
    gitops: Gitops, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = gitops.clone()
    # What git's own tests say it by; only a superuser could give a folder away.
    told = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    monkeypatch.setattr(environment, "KEPT", {**environment.KEPT, **told})
    for words in (SET, (*SET, "--write-only"), ("status",)):
        result = inside(*words, cwd=clone, env=told)
        assert (result.code, len(result.messages)) == (5, 1), result
        assert "dubious ownership" in result.stderr
        assert f"{clone}: detected" in result.stderr
        assert "if you trust it: git config --global --add safe.directory" in result.stderr


def test_write_only_in_a_sparse_checkout_decides_on_all_files(gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone("--sparse")
    gitops.git("sparse-checkout", "set", "--cone", "envs/dev", cwd=clone)
    before = everything(clone)
    # What is not here is found, and not written to: the source of prod is not here either.
    result = inside("set", "prod", *SET[2:], "--write-only", cwd=clone)
    assert (result.code, len(result.messages)) == (3, 1), result
    assert f"test, which runs {OLD_WEB}" in result.stderr
    skipped = ("--skip-gate=from", "--reason=hurry")
    result = inside("set", "prod", *SET[2:], *skipped, "--write-only", cwd=clone)
    assert (result.code, len(result.messages)) == (3, 1), result
    assert "envs/prod/web/kustomization.yaml: is not checked out here" in result.stderr
    assert "git sparse-checkout add" in result.stderr
    assert everything(clone) == before
    files_before = working_files(clone)
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    exactly(files_before, working_files(clone), EDIT)


def test_write_only_in_a_sparse_checkout_names_what_a_partial_clone_lacks(gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone("--filter=blob:none", "--sparse")
    gitops.git("sparse-checkout", "set", "--cone", "envs/dev", cwd=clone)
    before = everything(clone)
    skipped = ("--skip-gate=from", "--reason=hurry")
    result = inside("set", "prod", *SET[2:], *skipped, "--write-only", cwd=clone)
    assert result.code == 3, result
    assert "could not be read (not checked out)" in result.output
    assert everything(clone) == before
    files_before = working_files(clone)
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    exactly(files_before, working_files(clone), EDIT)


def test_write_only_where_nothing_is_checked_out(gitops: Gitops, inside: Inside) -> None:
    clone = empty_handed(gitops).here
    before = everything(clone)
    result = inside(*SET, "--write-only", cwd=clone)
    assert result.code == 2, result
    assert everything(clone) == before


@pytest.mark.parametrize("how", ["--depth=1", "--filter=blob:none", "--filter=tree:0", "--no-tags"])
def test_a_commit_that_is_left_in_a_clone_does_it_no_harm(how: str, gitops: Gitops, inside: Inside) -> None:
    clone = gitops.clone(how)
    tree = gitops.tree()
    gitops.commit({"README.md": b"newer\n", "more/x": b"x"})
    tree |= {"README.md": b"newer\n", "more/x": b"x"}
    config, shallow = (clone / ".git" / "config").read_bytes(), clone / ".git" / "shallow"
    edge = shallow.read_bytes() if shallow.exists() else None
    before, refs = working_files(clone), gitops.git("for-each-ref", cwd=clone)
    result = inside(*SET, "--no-push", cwd=clone)
    assert result.code == 0, result
    kept = gitops.git("for-each-ref", "refs/promote/main", cwd=clone)
    assert sorted(gitops.git("for-each-ref", cwd=clone).splitlines()) == sorted([*refs.splitlines(), kept])
    assert (shallow.read_bytes() if shallow.exists() else None) == edge
    assert (clone / ".git" / "config").read_bytes() == config
    assert working_files(clone) == before
    gitops.git("fsck", "--strict", cwd=clone)
    gitops.git("push", "--quiet", "origin", "refs/promote/main:main", cwd=clone)
    exactly(tree, gitops.tree(), EDIT)
    gitops.git("pull", "--quiet", cwd=clone)
    exactly(tree, working_files(clone), EDIT)
