"""What a store lists and reads, against a full listing by git, on servers that allow more and less."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import GitError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.begin import forms
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.prefetch import prefetch
from promote.gitrepo.store.store import Store
from promote.gitrepo.url import parse
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.push import push
from promote.outcome import Beaten, Landed
from promote.tree import MAX_FILE, Globs, Unread
from tests.gitrepo.person import WHEN, WHO, Person, change
from tests.servers.githttp import GitHttp

Reach = Callable[[str], Git]


@dataclass(frozen=True)
class Server:
    """What a server allows of what can be asked of it."""

    settings: tuple[tuple[str, str], ...] = ()
    is_v0: bool = False


SERVERS = {
    "all": Server(),
    "no filters": Server((("uploadpack.allowFilter", "false"),)),
    "no tree": Server((("uploadpackfilter.tree.allow", "false"),)),
    "tree:0 only": Server((("uploadpackfilter.tree.maxDepth", "0"),)),
    "tree:1 only": Server((("uploadpackfilter.tree.maxDepth", "1"),)),
    "no combine": Server((("uploadpackfilter.combine.allow", "false"),)),
    "no blob:limit": Server((("uploadpackfilter.blob:limit.allow", "false"),)),
    "blob:none only": Server((("uploadpackfilter.allow", "false"), ("uploadpackfilter.blob:none.allow", "true"))),
    "no filter of any kind": Server((("uploadpackfilter.allow", "false"),)),
    "v0": Server(is_v0=True),
    "v0, nothing by name": Server((("uploadpack.allowAnySHA1InWant", "false"),), is_v0=True),
    "v0, no filters": Server(
        (("uploadpack.allowFilter", "false"), ("uploadpack.allowAnySHA1InWant", "false")), is_v0=True
    ),
}

# ---- the same as a full listing ------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "app", "dev", "40000 a", "x.yaml", "values.yaml", ".gitattributes", "caf\u00e9"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SEGMENTS = st.one_of(NAMES, st.sampled_from(["*", "**", "a*", "?", "*.yaml"]))
PATTERNS = st.builds(
    lambda sign, parts: sign + "/".join(parts),
    st.sampled_from(["", "", "", "!"]),
    st.lists(SEGMENTS, min_size=1, max_size=4),
)
GLOBS = st.one_of(
    st.lists(PATTERNS, min_size=1, max_size=3).map(lambda patterns: Globs(tuple(patterns))),
    st.just(Globs((".",))),
    st.lists(st.lists(PATTERNS, min_size=1, max_size=2), min_size=1, max_size=3).map(
        lambda many: Globs.union(Globs(tuple(patterns)) for patterns in many)
    ),
)


def without_conflicts(paths: Sequence[str]) -> list[str]:
    """Those of `paths` that can be in one tree: no file where another one needs a folder."""
    out: list[str] = []
    for path in paths:
        clash = any(one == path or one.startswith(f"{path}/") or path.startswith(f"{one}/") for one in out)
        out += [] if clash else [path]
    return out


def run(environ: Mapping[str, str], *args: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", *args], env=dict(environ), input=stdin, capture_output=True, check=True).stdout


def build(environ: Mapping[str, str], repo: Path, paths: Sequence[str], server: Server) -> None:
    run(environ, "init", "--quiet", "--bare", "--initial-branch=main", str(repo))
    stream = b"feature done\ncommit refs/heads/main\ncommitter A <a@example.com> 1 +0000\ndata 0\n"
    for path in paths:
        data = path.encode()
        stream += b'M 100644 inline "' + data + b'"\ndata %d\n' % len(data) + data + b"\n"
    run(environ, f"--git-dir={repo}", "fast-import", "--quiet", stdin=stream + b"done\n")
    for key, value in (
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
        *server.settings,
    ):
        run(environ, f"--git-dir={repo}", "config", key, value)


def reached(environ: Mapping[str, str], repo: Path, server: Server) -> Git:
    version = (("protocol.version", "0"),) if server.is_v0 else ()
    git = Git(environ, config=version, deadline_seconds=60)
    return git.to(parse(str(repo), base=repo.parent), secrets=frozenset())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walk")


@pytest.fixture(scope="module")
def plain_environ(folder: Path) -> dict[str, str]:
    (folder / "tmp").mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


NUMBERS = iter(range(1_000_000))


@given(
    paths=st.lists(PATHS, min_size=1, max_size=12).map(without_conflicts),
    asked=st.lists(GLOBS, min_size=1, max_size=3),
    server=st.sampled_from(sorted(SERVERS)),
    apps=st.sets(st.sampled_from(["app", "a", "nobody"]), max_size=2),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_1_1_a_store_lists_and_reads_what_a_full_listing_has(
    folder: Path,
    plain_environ: dict[str, str],
    paths: list[str],
    asked: list[Globs],
    server: str,
    apps: set[str],
) -> None:
    repo = folder / f"{next(NUMBERS)}.git"
    build(plain_environ, repo, paths, SERVERS[server])
    every = [path.encode() for path in paths]
    known = {app.encode() for app in apps}
    with open_store(reached(plain_environ, repo, SERVERS[server]), apps=known) as store:
        tree = store.need("main")
        for globs in asked:
            entries = tree.list(globs)
            assert [entry.path for entry in entries] == sorted(filter(globs.matches, every))
            assert {entry.path: data for entry, data in tree.read(entries)} == {one.path: one.path for one in entries}


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("kind", ["file", "http"])
def test_every_server_is_read_and_written(name: str, kind: str, plain_environ: dict[str, str], tmp_path: Path) -> None:
    server = SERVERS[name]
    paths = ["promote.yaml", "apps/web/base/x.yaml", "apps/web/dev/x.yaml", "apps/api/dev/x.yaml", "far/a/b/c/x.yaml"]
    repo = tmp_path / "r.git"
    build(plain_environ, repo, paths, server)
    run(plain_environ, f"--git-dir={repo}", "config", "http.receivepack", "true")
    with GitHttp(tmp_path, v0=server.is_v0) as http:
        remote = reached(plain_environ, repo, server)
        if kind == "http":
            git = Git(plain_environ, config=remote.config, deadline_seconds=60)
            remote = git.to(parse(http.url("r.git"), base=tmp_path), secrets=frozenset())
        with open_store(remote, apps={b"web"}) as store:
            tree = store.need("main")
            prefetch(store.objects, store.git, tree.oid, [b"promote.yaml"], environments=["dev"], apps=["web"])
            for globs in (Globs(("promote.yaml",)), Globs(("apps/web/dev",)), Globs(("far/*/b/**/x.yaml",))):
                entries = tree.list(globs)
                assert len(entries) == 1
                assert [data for _, data in tree.read(entries)] == [entry.path for entry in entries]
            files = [change("far/a/new/y.yaml", b"y", before=None), change("apps/api/dev/x.yaml", b"new")]
            made = make_commit(store, tree.oid, files, b"m", identity=WHO, when=WHEN)
            assert push(store, "main", made, tree.oid) == Landed(made)
            after = store.need("main")
            assert after.oid == made
            assert [data for _, data in after.read(after.list(Globs(("apps/api",))))] == [b"new"]
    assert run(plain_environ, f"--git-dir={repo}", "fsck", "--strict") == b""
    listed = run(plain_environ, f"--git-dir={repo}", "ls-tree", "-r", "--name-only", "main").decode().split()
    assert sorted(listed) == sorted([*paths, "far/a/new/y.yaml"])


# ---- how much is asked for -----------------------------------------------------------


@pytest.fixture
def many(bare: Path, environ: Mapping[str, str]) -> Path:
    """300 apps with a folder each, and as many files beside that nobody wants."""
    paths = ["promote.yaml", ".gitattributes"]
    for app in range(300):
        paths += [f"apps/app-{app}/{part}" for part in ("base/x.yaml", "overlays/dev/x.yaml", "overlays/prod/x.yaml")]
        paths += [f"clusters/c{app}/deep/er/still/x.yaml", f"flat/f{app}.json"]
    bare.rename(bare.with_name("empty.git"))
    build(environ, bare, paths, Server())
    return bare


def talks(server: GitHttp) -> int:
    """How many git processes have talked to the server: each begins like this."""
    return sum(1 for request in server.log.requests if request.path.endswith("/info/refs"))


def blobs(store: Store) -> int:
    out = store.git.output("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    return out.split().count(b"blob")


def begin(store: Store, *, apps: Sequence[str] = ()) -> None:
    store.objects.apps.update(app.encode() for app in apps)
    files = [b"promote.yaml", b".gitattributes"]
    prefetch(store.objects, store.git, store.need("main").oid, files, environments=["dev"], apps=apps)


@pytest.mark.parametrize(
    ("apps", "globs", "expected", "most"),
    [
        # nothing of it is there
        ([], ["nowhere/at/all"], 0, 2),
        # one app, by its name: with what is beside, so that bases and other environments need no more
        (["app-7"], ["apps/app-7/overlays/dev"], 1, 3),
        (["app-7"], ["apps/app-7/overlays/dev", "apps/app-7/base", "apps/app-7/overlays/prod"], 3, 3),
        # many of them in one batch
        ([f"app-{n}" for n in range(200)], [f"apps/app-{n}/overlays/dev" for n in range(200)], 200, 3),
        # a folder that is wanted whole
        ([], ["apps/app-7"], 3, 3),
        ([], ["apps"], 900, 3),
        ([], ["."], 1502, 3),
        # a particular pattern: folders first, then the files
        ([], ["apps/*/overlays/dev/*"], 300, 4),
        ([], ["**/dev/*.yaml"], 300, 4),
        # far down, without a name that tells anything
        ([], ["clusters/c3/deep/er/still"], 1, 4),
        ([], ["clusters/c3/deep/er/still/x.yaml"], 1, 4),
    ],
)
def test_how_many_processes_talk_to_the_server(
    many: Path, server: GitHttp, reach: Reach, apps: list[str], globs: list[str], expected: int, most: int
) -> None:
    with open_store(reach(server.url(many.name))) as store:
        begin(store, apps=apps)
        tree = store.need("main")
        entries = tree.list(Globs(tuple(globs)))
        assert len([data for _, data in tree.read(entries) if isinstance(data, bytes)]) == expected
        assert talks(server) <= most
        # And what is here is not asked for again.
        before = talks(server)
        assert len(list(tree.read(tree.list(Globs(tuple(globs)))))) == expected
        assert talks(server) == before


def test_of_many_apps_only_those_that_are_named_are_fetched(many: Path, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url(many.name))) as store:
        begin(store, apps=["app-7"])
        tree = store.need("main")
        list(tree.read(tree.list(Globs(("apps/app-7/overlays/dev",)))))
        assert blobs(store) == 5
        out = store.git.output("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
        assert out.count(b"tree") == 9  # the root, its three folders, and five of the app's


@pytest.mark.usefixtures("server")
def test_one_folder_in_hand_does_not_make_its_files_known(many: Path, reach: Reach) -> None:
    with open_store(reach(str(many))) as store:
        begin(store)
        tree = store.need("main")
        # `flat` came with the root's folders, none of its files did.
        assert len(list(tree.read(tree.list(Globs(("flat/f1*.json",)))))) == 111


def test_being_beaten_costs_one_process_and_brings_what_has_changed(
    other: Person, server: GitHttp, reach: Reach
) -> None:
    other.push(
        {f"apps/a{n}/dev/x.yaml": b"1" for n in range(50)} | {"apps/web/dev/x.yaml": b"1", "apps/web/b.yaml": b"b"}
    )
    with open_store(reach(server.url("gitops.git"))) as store:
        begin(store, apps=["web"])
        tree = store.need("main")
        globs = Globs(("apps/web/dev",))
        assert [data for _, data in tree.read(tree.list(globs))] == [b"1"]
        made = make_commit(store, tree.oid, [change("apps/web/dev/x.yaml", b"ours")], b"m", identity=WHO, when=WHEN)
        other.push({"apps/web/dev/x.yaml": b"theirs", "apps/a1/dev/x.yaml": b"2"})
        assert push(store, "main", made, tree.oid) == Beaten()
        server.log.clear()
        after = store.refresh("main")
        assert after is not None
        assert [data for _, data in after.read(after.list(globs))] == [b"theirs"]
        assert talks(server) == 1
        # Two files came with it, beside the two that were here and ours.
        assert blobs(store) == 2 + 2 + 1
        again = make_commit(store, after.oid, [change("apps/web/dev/x.yaml", b"ours")], b"m", identity=WHO, when=WHEN)
        assert push(store, "main", again, after.oid) == Landed(again)


@pytest.mark.parametrize("name", ["all", "v0", "v0, nothing by name", "no blob:limit", "no combine"])
def test_what_others_have_changed_is_told_by_what_was_never_fetched(
    name: str, plain_environ: dict[str, str], tmp_path: Path
) -> None:
    # The folders are large enough for a server to send only what differs from the older ones, which are not here.
    def files(tag: str) -> list[tuple[str, bytes]]:
        text = "".join(f"# line {number} of a file that is long enough\n" for number in range(50)) + f"tag: {tag}\n"
        return [(f"apps/app-{app}/{part}.yaml", text.encode()) for app in range(30) for part in "abcdefgh"]

    server = SERVERS[name]
    repo = tmp_path / "r.git"
    build(plain_environ, repo, ["promote.yaml", *(path for path, _ in files("1"))], server)

    def commit(tag: str) -> str:
        stream = b"commit refs/heads/main\ncommitter A <a@example.com> 2 +0000\ndata 0\nfrom refs/heads/main^0\n"
        for path, data in files(tag)[: 8 * 20]:
            stream += b"M 100644 inline %s\ndata %d\n" % (path.encode(), len(data)) + data + b"\n"
        run(plain_environ, f"--git-dir={repo}", "fast-import", "--quiet", stdin=stream)
        run(plain_environ, f"--git-dir={repo}", "repack", "-adfq")
        return run(plain_environ, f"--git-dir={repo}", "rev-parse", "main").decode().strip()

    commit("2")
    with open_store(reached(plain_environ, repo, server), apps={b"app-29"}) as store:
        begin(store)
        tree = store.need("main")
        globs = Globs(("apps/app-29",))
        assert len(list(tree.read(tree.list(globs)))) == 8
        for tag in ("3", "4"):
            tip = commit(tag)
            after = store.refresh("main")
            assert after is not None
            assert after.oid == tip
            assert len(list(after.read(after.list(globs)))) == 8
            found = dict(after.read(after.list(Globs(("apps/app-1/a.yaml",)))))
            assert list(found.values()) == [dict(files(tag))["apps/app-1/a.yaml"]]
            assert store.contains("main", tree.oid)
        # It was had by a batch of its own, not by giving up.
        assert (store.objects.form == "whole") == (name == "v0, nothing by name")


def test_a_file_that_moves_in_from_elsewhere_is_found(other: Person, server: GitHttp, reach: Reach) -> None:
    # The server takes it for known, since the commit that we have has it; we never fetched it.
    other.push({"else/where/x.yaml": b"moved", "apps/web/dev/y.yaml": b"1"})
    with open_store(reach(server.url("gitops.git")), apps={b"web"}) as store:
        tree = store.need("main")
        assert len(list(tree.read(tree.list(Globs(("apps/web/dev",)))))) == 1
        other.push({"apps/web/dev/x.yaml": b"moved", "apps/web/new/x.yaml": b"moved"})
        after = store.refresh("main")
        assert after is not None
        found = {entry.path: data for entry, data in after.read(after.list(Globs(("apps/web",))))}
        assert found == {
            b"apps/web/dev/x.yaml": b"moved", b"apps/web/dev/y.yaml": b"1", b"apps/web/new/x.yaml": b"moved"
        }  # fmt: skip


# ---- what is too large ---------------------------------------------------------------


@pytest.fixture(scope="module")
def noise() -> bytes:
    """A file that is one byte too large, and stays so when it is packed."""
    return os.urandom(MAX_FILE + 1)


@pytest.fixture(scope="module")
def weighty(noise: bytes, folder: Path, plain_environ: dict[str, str]) -> Callable[[str], Path]:
    """A repository in which `noise` stands at a place; each is made once."""

    @cache
    def made(place: str) -> Path:
        repo = folder / f"weighty-{place.replace('/', '-')}.git"
        paths = ["promote.yaml", "a.yaml", "envs/dev/a.yaml", "envs/dev/deep/a.yaml"]
        build(plain_environ, repo, paths, SERVERS["all"])
        stream = (
            b"commit refs/heads/main\ncommitter A <a@example.com> 2 +0000\ndata 0\nfrom refs/heads/main^0\n"
            b"M 100644 inline %s\ndata %d\n" % (place.encode(), len(noise)) + noise + b"\n"
        )
        run(plain_environ, f"--git-dir={repo}", "fast-import", "--quiet", stdin=stream)
        return repo

    return made


@pytest.mark.parametrize("name", ["all", "no tree", "no combine", "v0"])
@pytest.mark.parametrize(
    ("place", "globs"),
    [
        ("big.yaml", ["."]),
        ("big.yaml", ["*.yaml"]),
        ("envs/dev/big.yaml", ["envs/dev"]),
        ("envs/dev/big.yaml", ["envs"]),
        ("envs/dev/deep/big.yaml", ["envs/*/deep/*.yaml"]),
        ("envs/dev/big.yaml", ["envs/dev/big.yaml"]),
    ],
)
def test_a_file_too_large_is_named_and_never_fetched(
    place: str,
    globs: list[str],
    name: str,
    weighty: Callable[[str], Path],
    plain_environ: dict[str, str],
    tmp_path: Path,
) -> None:
    server = SERVERS[name]
    repo = tmp_path / "r.git"
    # Links will do: git writes no file over, it puts another in its place.
    shutil.copytree(weighty(place), repo, copy_function=os.link)
    for key, value in server.settings:
        run(plain_environ, f"--git-dir={repo}", "config", key, value)
    with open_store(reached(plain_environ, repo, server)) as store:
        begin(store)
        tree = store.need("main")
        found = {entry.path: data for entry, data in tree.read(tree.list(Globs(tuple(globs))))}
        big = found[place.encode()]
        # Without `combine` a single file of a particular pattern can only be asked for as it is.
        if name in ("all", "v0") or ("*" not in globs[0] and "big" not in globs[0]):
            size = sum(path.stat().st_size for path in store.folder.rglob("*.pack"))
            assert size < 100_000
    assert isinstance(big, Unread)
    assert big.why == "too large"


def test_what_is_too_large_is_never_held_in_memory(other: Person, bare: Path, reach: Reach) -> None:
    other.git("config", "uploadpack.allowFilter", "false", cwd=bare)
    other.push({"envs/zeros.yaml": bytes(MAX_FILE * 2), "envs/a.yaml": b"a"})
    with open_store(reach(str(bare))) as store:
        tree = store.need("main")
        found = {entry.path: data for entry, data in tree.read(tree.list(Globs(("envs",))))}
        assert found[b"envs/a.yaml"] == b"a"
        assert isinstance(found[b"envs/zeros.yaml"], Unread)


# ---- what goes wrong -----------------------------------------------------------------


def test_an_object_that_the_server_has_lost(many: Path, server: GitHttp, reach: Reach, environ: dict[str, str]) -> None:
    with open_store(reach(server.url(many.name))) as store:
        begin(store)
        tree = store.need("main")
        for pack in many.rglob("*.pack"):
            pack.unlink()
        for loose in many.glob("objects/??/*"):
            loose.unlink()
        with pytest.raises(GitError):
            tree.list(Globs(("apps/app-1",)))


def test_a_filter_that_is_refused_is_not_asked_for_twice(
    many: Path, server: GitHttp, reach: Reach, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    run(environ, f"--git-dir={many}", "config", "uploadpackfilter.combine.allow", "false")
    with caplog.at_level(logging.INFO, "promote.git"), open_store(reach(server.url(many.name))) as store:
        begin(store)
        tree = store.need("main")
        for globs in (Globs(("apps/*/base/x.yaml",)), Globs(("clusters/*/deep/er/still/x.yaml",))):
            assert len(list(tree.read(tree.list(globs)))) == 300
    refused = [record for record in caplog.records if "takes no filter combine" in record.getMessage()]
    assert len(refused) == 1


def test_github_is_not_asked_for_what_it_refuses(environ: dict[str, str], tmp_path: Path) -> None:
    def asked(url: str) -> list[str]:
        return list(forms(Git(environ).to(parse(url, base=tmp_path), secrets=frozenset())))

    assert asked("https://git.example.com/acme/gitops.git") == ["treeless", "blobless", "whole"]
    assert asked("https://github.com/acme/gitops.git") == ["blobless", "whole"]
    assert asked("git@github.com:acme/gitops.git") == ["blobless", "whole"]


def test_sub_second_reading_starts_one_process(many: Path, reach: Reach, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "promote.git"), open_store(reach(str(many))) as store:
        begin(store)
        tree = store.need("main")
        for number in range(20):
            assert len(tree.list(Globs((f"apps/app-{number}",)))) == 3
    assert sum("cat-file" in record.getMessage() for record in caplog.records) == 1
    assert replace(tree, oid=tree.oid) == tree
