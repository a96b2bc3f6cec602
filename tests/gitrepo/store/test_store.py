from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from promote.errors import GitError, HeadAbsent, RemoteDenied, RemoteUnreachable, UsageError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.store import Store
from promote.gitrepo.store.tree import CommitTree
from promote.gitrepo.url import parse
from promote.tree import Globs, Unread
from tests.gitrepo.person import Person
from tests.servers.githttp import Fault, GitHttp

Reach = Callable[[str], Git]
ALL = Globs(("**",))


def read_all(tree: CommitTree, globs: Globs = ALL) -> dict[bytes, bytes | Unread]:
    return {entry.path: data for entry, data in tree.read(tree.list(globs))}


def present(store: Store) -> set[str]:
    """The OIDs of the blobs that are here."""
    out = store.git.output("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").decode()
    return {line.split()[1] for line in out.splitlines() if line.startswith("blob")}


def opened(remote: Git, *, branch: str | None = None, cache: Path | None = None) -> None:
    with open_store(remote, branch=branch, cache=cache, now=1e9):
        pass


# ---- what is refused -----------------------------------------------------------------


def test_a_remote_that_is_not_there(reach: Reach, server: GitHttp, leftovers: Callable[[], Sequence[str]]) -> None:
    with pytest.raises(RemoteDenied, match=r"127\.0\.0\.1.*nothing\.git.*not found.*check the URL"):
        opened(reach(server.url("nothing.git")))
    assert leftovers() == []


def test_a_path_that_is_not_there(reach: Reach, tmp_path: Path) -> None:
    with pytest.raises(RemoteDenied, match="does not appear to be a git repository; check the URL"):
        opened(reach(str(tmp_path / "gone.git")))


def test_nobody_listens(reach: Reach) -> None:
    with pytest.raises(RemoteUnreachable, match="check the network"):
        opened(reach("http://127.0.0.1:1/x.git"))


@pytest.mark.usefixtures("bare")
def test_an_empty_repository(reach: Reach, server: GitHttp) -> None:
    with pytest.raises(GitError, match="the repository is empty; push a first commit"):
        opened(reach(server.url("gitops.git")))


def test_a_head_that_leads_nowhere_is_no_empty_repository(
    other: Person, bare: Path, reach: Reach, server: GitHttp, tmp_path: Path
) -> None:
    """A bare repository that was made for master and got main was called empty, whatever branch was named."""
    remote = reach(server.url("gitops.git"))
    opened(remote, cache=tmp_path / "kept")
    other.git("symbolic-ref", "HEAD", "refs/heads/master", cwd=bare)
    told = "its HEAD names a branch that is not there; there are: main; name one by --branch, or let HEAD name it there"
    for cache in (None, tmp_path / "new", tmp_path / "kept"):
        with pytest.raises(HeadAbsent, match=told):
            opened(remote, cache=cache)
        with open_store(remote, branch="main", cache=cache, now=1e9) as store:
            assert store.need("main").oid
            with pytest.raises(HeadAbsent, match=told):
                _ = store.default_branch
    with pytest.raises(HeadAbsent, match="there is no branch 'nope', and its HEAD"):
        opened(remote, branch="nope")


@pytest.mark.usefixtures("other")
def test_a_branch_that_is_not_there_has_no_tip(reach: Reach, server: GitHttp) -> None:
    with open_store(reach(server.url("gitops.git")), branch="nope") as store:
        assert store.tip("nope") is None
        assert store.tip("also/nope") is None
        with pytest.raises(GitError, match="no branch 'nope'; make it"):
            store.need("nope")
        with pytest.raises(UsageError, match="cannot be a branch's name"):
            store.tip("main:refs/heads/x")
        assert store.default_branch == "main"
        assert not store.contains("nope", "0" * 40)


def test_a_server_that_stalls_meets_the_deadline(
    other: Person, environ: Mapping[str, str], server: GitHttp, reach: Reach
) -> None:
    server.fail(Fault("/info/refs", method="GET", stall=30))
    remote = reach(server.url("gitops.git"))
    slow = Git(environ, deadline_seconds=0.5, remote=remote.remote)
    with pytest.raises(RemoteUnreachable, match="git did not end in time; try again"):
        opened(slow)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails(other: Person, server: GitHttp, reach: Reach, status: int) -> None:
    server.fail(Fault("/info/refs", method="GET", status=status))
    with pytest.raises(RemoteUnreachable, match=str(status)):
        opened(reach(server.url("gitops.git")))


# ---- reading -------------------------------------------------------------------------


def test_three_requests_open_it_and_two_read_any_number_of_files(other: Person, server: GitHttp, reach: Reach) -> None:
    files = {f"envs/e{number // 50}/f{number}.yaml": f"n: {number}\n".encode() for number in range(500)}
    other.push(files)
    with open_store(reach(server.url("gitops.git"))) as store:
        assert store.default_branch == "main"
        assert len(server.log) == 3
        tree = store.need("main")
        entries = tree.list(Globs(("envs/e1", "envs/e2/**")))
        assert len(entries) == 100
        assert len(server.log) == 5
        server.log.clear()
        found = {entry.path.decode(): data for entry, data in tree.read(entries)}
        assert len(server.log) == 2
        assert found == {name: files[name] for name in files if name.split("/")[1] in ("e1", "e2")}
        assert len(present(store)) == 100
        # What is here is not asked for again, what is not comes in one more batch.
        assert len(read_all(tree, Globs(("envs/e1",)))) == 50
        assert len(server.log) == 2
        assert len(read_all(tree, Globs(("envs/e1", "envs/e3", "envs/e4")))) == 150
        assert len(server.log) == 4


def test_entries_are_sorted_and_only_files_are_read(other: Person, server: GitHttp, reach: Reach) -> None:
    other.write(
        {"a.b": b"1", "a/x": b"2", "a0": b"3", "run.sh": b"#!/bin/sh\n", 'odd "name"\n\\': b"4", "caf\u00e9": b"5"}
    )
    (other.folder / "run.sh").chmod(0o755)
    (other.folder / "link").symlink_to("/etc/passwd")
    other.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    (other.folder / "sub").mkdir()
    other.push({})
    with open_store(reach(server.url("gitops.git"))) as store:
        tree = store.need("main")
        entries = tree.list(ALL)
        assert [entry.path for entry in entries] == sorted(entry.path for entry in entries)
        modes = {entry.path: entry.mode for entry in entries}
        assert (modes[b"run.sh"], modes[b"link"], modes[b"sub"]) == (0o100755, 0o120000, 0o160000)
        found = read_all(tree)
        assert [value.why for path, value in found.items() if isinstance(value, Unread)] == ["symlink", "submodule"]
        assert found[b'odd "name"\n\\'] == b"4"
        assert found["café".encode()] == b"5"
        assert tree.list(Globs(())) == []
        assert [entry.path for entry in tree.list(Globs(("a",)))] == [b"a/x"]
        # More folders than an argument list takes are no fault.
        assert len(tree.list(Globs(tuple(f"no/such/folder/{number}" for number in range(600))))) == 0


def test_a_file_too_large_is_named_not_read(
    other: Person, server: GitHttp, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promote.gitrepo.store.holdings.MAX_FILE", 10)
    other.push({"big": b"x" * 11, "fits": b"x" * 10})
    with open_store(reach(server.url("gitops.git"))) as store:
        found = read_all(store.need("main"), Globs(("big", "fits")))
        big = found[b"big"]
        assert isinstance(big, Unread)
        assert big.why == "too large"
        assert found[b"fits"] == b"x" * 10


@pytest.mark.parametrize("kind", ["http", "file"])
def test_a_server_without_filters(other: Person, bare: Path, server: GitHttp, reach: Reach, kind: str) -> None:
    other.git("config", "uploadpack.allowFilter", "false", cwd=bare)
    with open_store(reach(server.url("gitops.git") if kind == "http" else str(bare))) as store:
        requests = len(server.log)
        assert read_all(store.need("main"))[b"README"] == b"read me"
        assert len(server.log) == requests
        new = other.push({"README": b"new"})
        tree = store.refresh("main")
        assert tree is not None
        assert tree.oid == new
        assert read_all(tree)[b"README"] == b"new"


@pytest.mark.parametrize("v0", [False, True])
@pytest.mark.parametrize("filters", [False, True])
def test_a_server_that_gives_no_part_of_a_history(
    other: Person, bare: Path, server: GitHttp, reach: Reach, *, v0: bool, filters: bool
) -> None:
    other.git("config", "uploadpack.allowFilter", str(filters).lower(), cwd=bare)
    server.v0, server.gives_parts = v0, False
    other.push({"README": b"branch"}, branch="second")
    new = other.push({"README": b"new"})
    with open_store(reach(server.url("gitops.git"))) as store:
        assert read_all(store.need("main"))[b"README"] == b"new"
        assert read_all(store.need("second"))[b"README"] == b"branch"
        later = other.push({"README": b"later"})
        tree = store.refresh("main")
        assert tree is not None
        assert tree.oid == later
        assert read_all(tree)[b"README"] == b"later"
        assert store.contains("main", new)


def test_a_server_that_hands_out_no_single_objects(other: Person, bare: Path, served: Path, reach: Reach) -> None:
    other.git("config", "uploadpack.allowAnySHA1InWant", "false", cwd=bare)
    with GitHttp(served, v0=True) as server, open_store(reach(server.url("gitops.git"))) as store:
        tree = store.need("main")
        # Somebody moves the branch between our fetch and our read: the files of the commit in hand are still found.
        new = other.push({"README": b"new"})
        assert read_all(tree)[b"README"] == b"read me"
        after = store.refresh("main")
        assert after is not None
        assert after.oid == new
        assert read_all(after)[b"README"] == b"new"
        assert store.contains("main", tree.oid)


def test_attributes_do_not_touch_what_is_read(other: Person, server: GitHttp, reach: Reach) -> None:
    other.push({"a.yaml": b"a: $Id$\nb: 2\n", ".gitattributes": b"*.yaml text eol=crlf ident\n"})
    with open_store(reach(server.url("gitops.git"))) as store:
        found = read_all(store.need("main"))
        assert found[b"a.yaml"] == b"a: $Id$\nb: 2\n"


@pytest.mark.parametrize("folder", ["with space", "per%20cent", "caf\u00e9"])
def test_odd_paths_are_reached(other: Person, bare: Path, tmp_path: Path, reach: Reach, folder: str) -> None:
    shutil.copytree(bare, tmp_path / folder / "x.git")
    with open_store(reach(str(tmp_path / folder / "x.git"))) as store:
        assert read_all(store.need("main"))[b"README"] == b"read me"


# ---- moving on -----------------------------------------------------------------------


def test_later_fetches_see_the_history_since(other: Person, server: GitHttp, reach: Reach) -> None:
    first = other.git("rev-parse", "HEAD")
    with open_store(reach(server.url("gitops.git"))) as store:
        assert store.need("main").oid == first
        commits = [other.push({"README": f"{number}".encode()}) for number in range(3)]
        assert store.need("main").oid == first
        assert not store.contains("main", commits[0])
        server.log.clear()
        assert store.refresh("main") is not None
        assert len(server.log) == 3
        assert [store.contains("main", oid) for oid in [first, *commits]] == [True] * 4
        assert not store.contains("main", "1" * 40)


def test_other_branches_cost_one_fetch_each(other: Person, server: GitHttp, reach: Reach) -> None:
    oid = other.push({"x": b"on prod"}, branch="env/prod")
    with open_store(reach(server.url("gitops.git")), branch="main") as store:
        server.log.clear()
        tree = store.need("env/prod")
        assert (tree.oid, len(server.log)) == (oid, 3)
        assert read_all(tree, Globs(("x",))) == {b"x": b"on prod"}
        assert store.need("env/prod") == tree
        assert len(server.log) == 5
        assert store.default_branch == "main"
        other.git("push", "--quiet", "origin", ":env/prod")
        assert store.refresh("env/prod") is None


# ---- what must not have an effect, and what must not be left -------------------------


def test_stores_are_removed_also_after_errors(
    other: Person, bare: Path, reach: Reach, leftovers: Callable[[], Sequence[str]]
) -> None:
    def interrupted() -> None:
        with open_store(reach(str(bare))):
            assert len(leftovers()) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert leftovers() == []


def test_the_inherited_environment_of_git_has_no_effect(
    other: Person, bare: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "pre-push", "post-checkout", "monitor"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (hooks / name).chmod(0o755)
    settings = [
        ("core.hooksPath", str(hooks)),
        ("core.fsmonitor", str(hooks / "monitor")),
        ("core.sshCommand", "false"),
    ]
    hostile = environ | {
        "GIT_DIR": str(tmp_path / "nowhere"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_TEMPLATE_DIR": str(hooks),
        "GIT_NAMESPACE": "x",
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath'='{hooks}'",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_TRACE": str(trap),
    }
    for number, (key, value) in enumerate(settings):
        hostile |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    file = tmp_path / "gitconfig"
    file.write_text(
        "".join(f"[{key.partition('.')[0]}]\n{key.partition('.')[2]} = {value}\n" for key, value in settings[:2])
    )
    hostile["GIT_CONFIG_GLOBAL"] = str(file)
    reach = Git(hostile, deadline_seconds=20)
    with open_store(reach.to(parse(str(bare), base=tmp_path), secrets=frozenset())) as store:
        assert read_all(store.need("main"))[b"README"] == b"read me"
        assert store.refresh("main") is not None
    assert not trap.exists()
    assert not (tmp_path / "objects").exists()
    assert os.environ.get("GIT_DIR") is None
