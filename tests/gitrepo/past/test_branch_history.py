"""Histories by first parents: in batches, from clones and from remotes, deepened as far as they are asked for."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pytest

from promote.clock import SystemClock
from promote.errors import GitError, RemoteUnreachable
from promote.gitrepo.clone.workdir import Workdir, find
from promote.gitrepo.command.git import Git
from promote.gitrepo.past import archive, branch_history, rewound
from promote.gitrepo.past.archive import in_clone, is_whole, open_archive
from promote.gitrepo.past.branch_history import Batch, History
from promote.gitrepo.remote import Remotes
from promote.gitrepo.store import holdings
from promote.place import Place
from promote.tree import Entry, Globs, Unread
from tests.history.lived import Lived
from tests.servers.githttp import Fault, GitHttp

Reach = Callable[[str], Git]
COMMITS = 20


@pytest.fixture
def lived(served: Path, environ: Mapping[str, str]) -> Lived:
    """A branch of 20 commits, each of which changes one of three files; the first is a root."""
    made = Lived.begin(served)
    for number in range(COMMITS):
        made.commit({f"envs/{number % 3}.yaml": f"n: {number}\n"})
    return made


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches of four, so that small histories have several."""
    monkeypatch.setattr(branch_history, "FIRST", 4)
    monkeypatch.setattr(archive, "FIRST", 4)
    return 4


def _oids(batches: Sequence[Batch]) -> list[str]:
    return [commit.oid for batch in batches for commit in batch.commits]


def _all(lived: Lived) -> list[str]:
    return lived.git("rev-list", "--first-parent", "main").split()


def _contents(of: History, tip: str) -> list[list[bytes | Unread]]:
    """What `envs` holds at every commit, read by going back."""
    tree, out = of.tree(tip), []
    for batch in of.batches(tip):
        tree.expect(batch.coming)
        for commit in batch.commits:
            out.append([data for _, data in tree.read(tree.list(Globs(("envs",))))])
            if commit.parents:
                tree.back(commit.parents[0], commit.turned)
    return out


def _expected(lived: Lived) -> list[list[bytes]]:
    def at(oid: str) -> list[bytes]:
        names = lived.git("ls-tree", "--name-only", oid, "envs/").splitlines()
        return [(lived.git("show", f"{oid}:{name}") + "\n").encode() for name in names]

    return [at(oid) for oid in _all(lived)]


@pytest.mark.usefixtures("short")
def test_all_commits_come_once_newest_first_and_the_first_one_is_known_as_such(lived: Lived) -> None:
    batches = list(lived.history().batches(lived.tip))
    assert _oids(batches) == _all(lived)
    assert [len(batch.commits) for batch in batches] == [4, 8, 8]
    assert [(batch.is_root, batch.ends) for batch in batches] == [(False, ""), (False, ""), (True, "")]


def test_a_tree_that_goes_back_shows_each_commit_as_it_was(lived: Lived) -> None:
    lived.commit({"envs/0.yaml": None, "envs/new file.yaml": "new: 1\n"})
    assert _contents(lived.history(), lived.tip) == _expected(lived)


def test_what_has_been_gone_past_is_not_held(
    lived: Lived, server: GitHttp, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of 80 kB that changed in 1,500 commits took 650 MiB."""
    monkeypatch.setattr(rewound, "_AHEAD", 2)
    size = 120_000
    for number in range(30):
        lived.commit({"envs/0.yaml": f"{number}\n" + "# \n" * (size // 3)})
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        of = opened.bring(lived.tip)
        (batch,) = of.batches(lived.tip)
        tree = of.tree(lived.tip)
        tree.expect(batch.coming)
        server.log.clear()
        tracemalloc.start()
        try:
            for commit in batch.commits[:30]:
                ((_, data),) = tree.read(tree.list(Globs(("envs/0.yaml",))))
                assert isinstance(data, bytes)
                assert len(data) > size - 10
                tree.back(commit.parents[0], commit.turned)
            # Three of them, and as many again while they are taken out of what git wrote.
            assert tracemalloc.get_traced_memory()[1] < 10 * size
        finally:
            tracemalloc.stop()
    # All came by one request all the same.
    assert len(server.log) == 2


def test_what_was_not_asked_for_does_not_matter(lived: Lived) -> None:
    lived.commit({"README": "1\n"})
    lived.commit({"envs/0.yaml": "n: 99\n"})
    (batch,) = lived.history().batches(lived.tip)
    tree = lived.history().tree(lived.tip)
    tree.begin()
    tree.list(Globs(("envs/0.yaml",)))
    matters = [tree.back(commit.parents[0], commit.turned) for commit in islice(batch.commits, 5)]
    assert matters == [True, False, False, True, False]
    # What was asked before, and is not any more, does not matter either.
    tree.begin()
    assert not tree.back(batch.commits[5].parents[0], batch.commits[5].turned)


@pytest.mark.usefixtures("short")
def test_a_remote_is_asked_for_no_more_than_is_wanted(lived: Lived, server: GitHttp, reach: Reach) -> None:
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        of = opened.bring(lived.tip)
        server.log.clear()
        batches = of.batches(lived.tip)
        assert len(next(batches).commits) == 3  # the fourth is here, and what it changed is not
        assert len(server.log) == 0
        rest = list(batches)
        assert _oids(rest)[-1] == _all(lived)[-1]
        assert rest[-1].is_root
    assert len(server.log) > 0


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("how", ["as forges are", "no filters", "protocol v0", "nothing by its name"])
def test_every_server_will_do(lived: Lived, server: GitHttp, reach: Reach, how: str) -> None:
    if how == "no filters":
        lived.git("config", "uploadpack.allowFilter", "false")
    if how != "as forges are":
        lived.git("config", "uploadpack.allowAnySHA1InWant", "false")
    server.v0 = how in ("protocol v0", "nothing by its name")
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        assert _contents(opened.bring(lived.tip), lived.tip) == _expected(lived)


def test_a_server_that_gives_no_part_of_a_history_gives_all(lived: Lived, server: GitHttp, reach: Reach) -> None:
    server.gives_parts = False
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        assert _oids(list(opened.bring(lived.tip).batches(lived.tip))) == _all(lived)


@pytest.mark.usefixtures("short")
def test_a_history_that_is_not_given_any_further_says_so(
    lived: Lived, served: Path, server: GitHttp, reach: Reach
) -> None:
    # The remote is a shallow clone itself: what it does not have it cannot give.
    lived.git("clone", "--quiet", "--bare", "--depth=6", lived.folder.as_uri(), str(served / "cut.git"))
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        lived.git("config", key, "true", cwd=served / "cut.git")
    with open_archive(reach(server.url("cut.git")), "main") as opened:
        batches = list(opened.bring(lived.tip).batches(lived.tip))
    assert _oids(batches) == _all(lived)[:6]
    assert (batches[-1].is_root, batches[-1].ends) == (False, "the remote does not give more of it")


@pytest.mark.usefixtures("short")
def test_a_remote_that_goes_away_is_an_error_and_no_end(lived: Lived, server: GitHttp, reach: Reach) -> None:
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        batches = opened.bring(lived.tip).batches(lived.tip)
        next(batches)
        server.fail(Fault("/git-upload-pack", status=503))
        with pytest.raises(RemoteUnreachable):
            list(batches)


def test_a_tip_that_came_later_is_brought_and_one_that_is_gone_is_an_error(
    lived: Lived, server: GitHttp, reach: Reach, leftovers: Callable[[], Sequence[str]]
) -> None:
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        before = lived.tip
        later = lived.commit({"envs/0.yaml": "n: later\n"})
        assert _oids(list(opened.bring(later).batches(later))) == _all(lived)
        # The branch is set back and goes on elsewhere; what was seen once is still told.
        other = lived.commit({"envs/0.yaml": "n: other\n"}, onto=_all(lived)[3])
        assert _oids(list(opened.bring(other).batches(other))) == _all(lived)
        assert _oids(list(opened.bring(before).batches(before)))[0] == before
    told = "is not on the branch any more; run again"
    with open_archive(reach(server.url("lived.git")), "main") as opened, pytest.raises(GitError, match=told):
        opened.bring(later)
    assert leftovers() == []


@pytest.fixture
def clone(lived: Lived, server: GitHttp, tmp_path: Path) -> Callable[..., Workdir]:
    """A user's own clone, made with these options."""

    def make(*options: str) -> Workdir:
        folder = tmp_path / "clone"
        lived.git("clone", "--quiet", *options, server.url("lived.git"), str(folder), cwd=tmp_path)
        found = find(folder, git=Git(lived.environ))
        assert found is not None
        return found

    return make


def test_a_clone_that_has_all_of_it_is_read_and_neither_asked_for_more_nor_changed(
    lived: Lived, server: GitHttp, clone: Callable[..., Workdir], tmp_path: Path
) -> None:
    workdir = clone()
    state = _state(lived, workdir)
    assert workdir.remote is not None
    place = Place(workdir.remote.public, "main")
    server.log.clear()
    with Remotes(environ=lived.environ, clock=SystemClock(), base=tmp_path, workdir=workdir) as remotes:
        assert _contents(remotes.history(place, lived.tip), lived.tip) == _expected(lived)
    assert len(server.log) == 0
    assert _state(lived, workdir) == state


@pytest.mark.parametrize("options", [["--depth=5"], ["--filter=blob:none", "--no-checkout"], ["stale"]])
def test_a_clone_that_lacks_something_is_left_alone(
    lived: Lived, server: GitHttp, clone: Callable[..., Workdir], tmp_path: Path, options: list[str]
) -> None:
    workdir = clone(*(each for each in options if each != "stale"))
    if options == ["stale"]:
        lived.commit({"envs/0.yaml": "n: 99\n"})
    assert not is_whole(workdir, lived.tip)
    state = _state(lived, workdir)
    assert workdir.remote is not None
    place = Place(workdir.remote.public, "main")
    server.log.clear()
    with Remotes(environ=lived.environ, clock=SystemClock(), base=tmp_path, workdir=workdir) as remotes:
        assert _contents(remotes.history(place, lived.tip), lived.tip) == _expected(lived)
    assert len(server.log) > 0
    assert _state(lived, workdir) == state


def _state(lived: Lived, workdir: Workdir) -> list[str]:
    """All that a fetch would change in a clone."""
    files = sorted(path.relative_to(workdir.git_dir).as_posix() for path in workdir.git_dir.rglob("*"))
    config = (workdir.git_dir / "config").read_text()
    refs, objects = (lived.git(*words, cwd=workdir.top) for words in (["for-each-ref"], ["count-objects", "-v"]))
    return [*files, config, refs, objects]


def test_a_shallow_clone_without_a_remote_says_where_it_ends(lived: Lived, clone: Callable[..., Workdir]) -> None:
    workdir = clone("--depth=5")
    lived.git("remote", "remove", "origin", cwd=workdir.top)
    (first, last) = in_clone(workdir).batches(lived.tip)
    assert _oids([first, last]) == _all(lived)[:5]
    assert (last.is_root, last.ends) == (False, f"{workdir.top} is a shallow clone, and has no remote to ask for more")
    assert not first.ends


def test_a_clone_from_which_an_object_was_lost_is_an_error(lived: Lived, clone: Callable[..., Workdir]) -> None:
    of = in_clone(clone())
    lost = Entry(b"envs/0.yaml", 0o100644, "1" * 40)
    with pytest.raises(GitError, match=f"object {lost.oid} is missing; see `git fsck`"):
        list(of.tree(lived.tip).read([lost]))


def test_files_that_end_like_none_that_was_read_do_not_come_along(lived: Lived, server: GitHttp, reach: Reach) -> None:
    for number in range(3):
        large = f"{number} is large\n" + "x" * (128 << 10)
        lived.commit({"envs/model.bin": large, "envs/0.yaml": f"n: {number}\n"})
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        of = opened.bring(lived.tip)
        tree = of.tree(lived.tip)
        (batch,) = of.batches(lived.tip)
        tree.expect(batch.coming)
        entries = tree.list(Globs(("envs",)))
        list(tree.read(entry for entry in entries if entry.path.endswith(b".yaml")))
        oids = lived.git("rev-parse", "main~1:envs/0.yaml", "main~1:envs/model.bin").split()
        found = of.raw(oids)
        assert [found[oid] is not None for oid in oids] == [True, False]
        # Asked for, they come.
        (model,) = (entry for entry in entries if entry.path.endswith(b".bin"))
        ((_, data),) = tree.read([model])
        assert isinstance(data, bytes)
        assert data.startswith(b"2 is large\n")


def test_what_is_too_large_for_a_manifest_is_never_fetched(
    lived: Lived, server: GitHttp, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 150 << 10
    monkeypatch.setattr(holdings, "MAX_FILE", limit)
    monkeypatch.setitem(holdings._FILTERS, "direct", f"combine:tree:1+blob:limit={limit + 1}")
    monkeypatch.setitem(holdings._FILTERS, "around", f"combine:tree:2+blob:limit={limit + 1}")
    sizes = (limit, limit + 1, 1, limit + 1, limit)
    for number, size in enumerate(sizes):
        lived.commit({"envs/0.yaml": f"{number}" + "x" * (size - 1)})
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        of = opened.bring(lived.tip)
        (batch,) = of.batches(lived.tip)
        tree = of.tree(lived.tip)
        tree.expect(batch.coming)
        found: list[int | str] = []
        for commit in batch.commits[: len(sizes)]:
            ((_, data),) = tree.read(tree.list(Globs(("envs/0.yaml",))))
            found.append(data.why if isinstance(data, Unread) else len(data))
            tree.back(commit.parents[0], commit.turned)
        oids = lived.git("rev-parse", *(f"main~{back}:envs/0.yaml" for back in range(len(sizes)))).split()
        here = [data is not None for data in of.raw(oids).values()]
    assert found == [limit, "too large", 1, "too large", limit]
    assert here == [True, False, True, False, True]


def test_what_is_read_comes_in_one_request_for_many_commits(lived: Lived, server: GitHttp, reach: Reach) -> None:
    lived.commit({"envs/.gitattributes": "*.yaml text\n"})
    with open_archive(reach(server.url("lived.git")), "main") as opened:
        of = opened.bring(lived.tip)
        tree = of.tree(lived.tip)
        (batch,) = of.batches(lived.tip)
        tree.expect(batch.coming)
        server.log.clear()
        for commit in batch.commits:
            entries = tree.list(Globs(("envs",)))
            # As an estate does: the attributes first, then the files.
            for ending in (b".gitattributes", b".yaml"):
                list(tree.read(entry for entry in entries if entry.path.endswith(ending)))
            if commit.parents:
                tree.back(commit.parents[0], commit.turned)
        assert sum(request.path.endswith("/info/refs") for request in server.log.requests) == 2
