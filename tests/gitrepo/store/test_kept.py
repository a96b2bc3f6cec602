"""A store that is kept between runs: what a later run fetches, and what it makes of one that is damaged."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha1
from pathlib import Path

import pytest

from promote.errors import GitError, ObjectsBroken, PushRejected, RemoteDenied, RemoteUnreachable
from promote.gitrepo.command.git import Git
from promote.gitrepo.remote import Remotes
from promote.gitrepo.store.inspect import Flaw, clear, look_over, mark
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.store import Store
from promote.gitrepo.url import parse
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.push import push
from promote.outcome import Beaten, Landed
from promote.place import Place
from promote.tree import Globs
from tests.clock import FakeClock
from tests.gitrepo.person import OTHER, WHEN, WHO, Person, change
from tests.servers.githttp import GitHttp

Reach = Callable[[str], Git]
NOW = 1_800_000_000.0
DEV = Globs(("envs/dev",))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def remote(other: Person, server: GitHttp, reach: Reach) -> Git:
    other.push({"envs/dev/x.yaml": b"1", "envs/prod/x.yaml": b"1", "promote.yaml": b"version: 1\n"})
    return reach(server.url("gitops.git"))


def read(store: Store, globs: Globs = DEV) -> dict[bytes, object]:
    tree = store.need("main")
    return {entry.path: data for entry, data in tree.read(tree.list(globs))}


def look(remote: Git, cache: Path, *, now: float = NOW) -> dict[bytes, object]:
    with open_store(remote, cache=cache, now=now) as store:
        return read(store)


def folder(cache: Path) -> Path:
    (found,) = (cache / "repositories-1").iterdir()
    return found / "store"


def talks(server: GitHttp) -> int:
    return sum(1 for request in server.log.requests if request.path.endswith("/info/refs"))


@contextmanager
def rebuilt(caplog: pytest.LogCaptureFixture, why: str | None) -> Iterator[None]:
    """Whether the store is made anew meanwhile, and why."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "promote.git"):
        yield
    said = [record.getMessage() for record in caplog.records if "is made anew" in record.getMessage()]
    assert len(said) == (0 if why is None else 1), said
    assert why is None or why in said[0]


# ---- what it is not used for ---------------------------------------------------------


def test_who_finds_it_in_use_does_not_wait(
    remote: Git, cache: Path, caplog: pytest.LogCaptureFixture, server: GitHttp
) -> None:
    look(remote, cache)
    caplog.set_level(logging.INFO, "promote.git")
    with open_store(remote, cache=cache, now=NOW) as first, open_store(remote, cache=cache, now=NOW) as second:
        assert read(second) == read(first)
    assert sum("is in use by another run" in record.getMessage() for record in caplog.records) == 1


def test_a_folder_that_cannot_be_made_is_no_error(remote: Git, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache.write_text("a file")
    with caplog.at_level(logging.INFO, "promote.git"):
        assert len(look(remote, cache)) == 2
    assert any("nothing is kept" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "harm",
    [
        lambda lock: (lock.unlink(), lock.mkdir()),
        lambda lock: (lock.unlink(), lock.symlink_to("/etc/hostname")),
        lambda lock: (lock.parent.rename(lock.parent.with_suffix(".old")), lock.parent.write_bytes(b"")),
    ],
    ids=["a folder for a lock", "a link for a lock", "a file for a folder"],
)
def test_a_store_that_cannot_be_locked_is_no_error(
    harm: Callable[[Path], object], remote: Git, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = look(remote, cache)
    harm(folder(cache).parent / "lock")
    with caplog.at_level(logging.INFO, "promote.git"):
        assert look(remote, cache) == before
    assert any("nothing is kept" in record.getMessage() for record in caplog.records)


def test_a_disk_that_is_full_is_no_error(
    remote: Git, cache: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    # The clone into the cache says what git says on a full disk; the one into the temporary folder is git's own.
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f"case \"$PWD $*\" in {cache}/*' clone '*)\n"
        "echo 'fatal: write error: No space left on device' >&2; exit 128;; esac\n"
        f'exec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    crammed = replace(remote, environ={**remote.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"})
    with caplog.at_level(logging.INFO, "promote.git"):
        assert len(look(crammed, cache)) == 2
    assert any("No space left" in record.getMessage() for record in caplog.records)


def test_who_may_not_read_the_remote_gets_nothing_from_the_cache(
    other: Person, served: Path, environ: Mapping[str, str], cache: Path, tmp_path: Path
) -> None:
    with GitHttp(served, users={"ci": "s3cret-token"}) as server:

        def reached(userinfo: str) -> Git:
            url = parse(server.url("gitops.git", userinfo=userinfo), base=tmp_path)
            return Git(environ, deadline_seconds=20).to(url, secrets=frozenset())

        look(reached("ci:s3cret-token"), cache)
        with pytest.raises(RemoteDenied):
            look(reached("ci:wrong"), cache)
        assert len(look(reached("ci:s3cret-token"), cache)) == 1
    for path in cache.rglob("*"):
        assert not path.is_file() or b"s3cret-token" not in path.read_bytes()
    assert [each.stat().st_mode & 0o077 for each in (cache, folder(cache).parent.parent, folder(cache).parent)] == [
        0
    ] * 3


# ---- what a later run fetches --------------------------------------------------------


def test_a_later_run_fetches_only_what_is_new(
    remote: Git, cache: Path, other: Person, server: GitHttp, caplog: pytest.LogCaptureFixture
) -> None:
    assert look(remote, cache)[b"envs/dev/x.yaml"] == b"1"
    packs = len(list(folder(cache).rglob("*.pack")))
    server.log.clear()
    with rebuilt(caplog, None):
        assert look(remote, cache)[b"envs/dev/x.yaml"] == b"1"
    assert talks(server) == 1  # where the branches are
    assert len(list(folder(cache).rglob("*.pack"))) == packs
    for number in range(3):
        other.push({"envs/dev/x.yaml": f"new {number}".encode()})
    server.log.clear()
    with rebuilt(caplog, None):
        assert look(remote, cache)[b"envs/dev/x.yaml"] == b"new 2"
    assert talks(server) == 2
    assert len(list(folder(cache).rglob("*.pack"))) == packs + 1


def test_the_promise_of_ancestry_holds(remote: Git, cache: Path, other: Person) -> None:
    look(remote, cache)
    other.push({"envs/dev/x.yaml": b"2"})
    other.push({"envs/dev/x.yaml": b"3"})
    with open_store(remote, cache=cache, now=NOW) as store:
        tip = store.need("main").oid
        made = make_commit(store, tip, [change("envs/dev/x.yaml", b"ours")], b"m", identity=WHO, when=WHEN)
        theirs = [other.push({"envs/prod/x.yaml": f"{number}".encode()}) for number in range(3)]
        assert push(store, "main", made, tip) == Beaten()
        after = store.refresh("main")
        assert after is not None
        assert [store.contains("main", oid) for oid in (tip, *theirs, made)] == [True] * 4 + [False]
        again = make_commit(store, after.oid, [change("envs/dev/x.yaml", b"ours")], b"m", identity=WHO, when=WHEN)
        assert push(store, "main", again, after.oid) == Landed(again)
    assert look(remote, cache)[b"envs/dev/x.yaml"] == b"ours"


def test_other_branches_and_those_that_went(remote: Git, cache: Path, other: Person) -> None:
    oid = other.push({"envs/dev/x.yaml": b"prod"}, branch="env/prod")
    with open_store(remote, branch="env/prod", cache=cache, now=NOW) as store:
        assert store.need("env/prod").oid == oid
        assert store.default_branch == "main"
        assert store.need("main").oid == other.git("rev-parse", "HEAD~1")
    other.git("push", "--quiet", "origin", ":env/prod")
    with open_store(remote, branch="env/prod", cache=cache, now=NOW) as store:
        assert store.tip("env/prod") is None
        assert store.default_branch == "main"


def test_a_branch_that_was_set_back(remote: Git, cache: Path, other: Person) -> None:
    first = other.git("rev-parse", "HEAD")
    other.push({"envs/dev/x.yaml": b"2"})
    look(remote, cache)
    other.git("push", "--quiet", "--force", "origin", f"{first}:refs/heads/main")
    with open_store(remote, cache=cache, now=NOW) as store:
        assert store.need("main").oid == first
        assert read(store)[b"envs/dev/x.yaml"] == b"1"


def test_a_run_that_makes_commits_leaves_none(remote: Git, cache: Path) -> None:
    look(remote, cache)
    look(remote, cache)  # takes away what of a clone is not needed
    before = sorted(path.relative_to(cache) for path in cache.rglob("*"))
    with open_store(remote, cache=cache, now=NOW) as store:
        read(store)
        tip = store.need("main").oid
        made = make_commit(store, tip, [change("envs/dev/x.yaml", b"ours")], b"m", identity=WHO, when=WHEN)
        assert Git(remote.environ, directory=folder(cache)).attempt("cat-file", "-e", made).code != 0
    assert sorted(path.relative_to(cache) for path in cache.rglob("*")) == before


# ---- what is damaged -----------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(data)


def each(store: Path, pattern: str, harm: Callable[[Path], object]) -> None:
    for path in sorted(store.glob(pattern)):
        path.chmod(0o600)
        harm(path)


def instead(store: Path) -> Path:
    shutil.rmtree(store)
    return store


A_FILE = sha1(b"blob 1\0" + b"2").hexdigest()
REPAIRED: dict[str, Callable[[Path], object]] = {
    "a lock of a ref": lambda store: (store / "refs/heads/main.lock").write_bytes(b""),
    "a lock of shallow": lambda store: (store / "shallow.lock").write_bytes(b"x"),
    "a lock of the config": lambda store: (store / "config.lock").write_bytes(b""),
    "a lock of packed refs": lambda store: (store / "packed-refs.lock").write_bytes(b""),
    "half a pack": lambda store: (store / "objects/pack/tmp_pack_abc").write_bytes(b"PACK"),
    "a quarantine": lambda store: (store / "objects/tmp_objdir-incoming-x").mkdir(),
    "a pack that is kept": lambda store: (store / "objects/pack/pack-1.keep").write_bytes(b""),
    "garbage in HEAD": lambda store: (store / "HEAD").write_bytes(b"\0garbage"),
    "no HEAD": lambda store: (store / "HEAD").unlink(),
    "garbage in the config": lambda store: (store / "config").write_bytes(b"[core\n"),
    "a config of somebody else": lambda store: (store / "config").write_text(
        "[core]\n\tbare = true\n[remote \"origin\"]\n\turl = ext::sh -c 'touch /tmp/trap'\n"
    ),
    "an empty FETCH_HEAD": lambda store: (store / "FETCH_HEAD").write_bytes(b""),
    "a folder for FETCH_HEAD": lambda store: (store / "FETCH_HEAD").rename(store / "x").with_name("FETCH_HEAD").mkdir(),
    "a loose object": lambda store: (store / "objects/00").mkdir(),
    "no mark of what the remote keeps": lambda store: each(store, "objects/pack/*.promisor", Path.unlink),
}
MADE_ANEW: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "a pack cut off": (lambda store: each(store, "objects/pack/*.pack", cut), "is damaged"),
    "a bit turned in a pack": (lambda store: each(store, "objects/pack/*.pack", flip), "is damaged"),
    "a bit turned in an index": (lambda store: each(store, "objects/pack/*.idx", flip), "is damaged"),
    "an empty pack": (lambda store: each(store, "objects/pack/*.pack", lambda path: path.write_bytes(b"")), "damaged"),
    "no index": (lambda store: each(store, "objects/pack/*.idx", Path.unlink), "is damaged"),
    "no objects": (lambda store: each(store, "objects/pack/*", Path.unlink), "objects are missing"),
    "no folder of objects": (lambda store: shutil.rmtree(store / "objects"), "branches cannot be read"),
    "garbage in a ref": (lambda store: (store / "refs/heads/main").write_bytes(b"\0\1\2"), "cannot be read"),
    "a ref to nothing": (lambda store: (store / "refs/heads/main").write_text("1" * 40 + "\n"), "are missing"),
    "garbage in shallow": (lambda store: (store / "shallow").write_bytes(b"zzz\n"), "where history ends"),
    "no shallow": (lambda store: (store / "shallow").unlink(), "where history ends"),
    "a commit in shallow that is not here": (
        lambda store: (store / "shallow").write_text("1" * 40 + "\n"),
        "are missing",
    ),
    "a branch at a file": (lambda store: (store / "refs/heads/main").write_text(A_FILE + "\n"), "no commit"),
    "garbage in its mark": (lambda store: (store / "promote.json").write_bytes(b"{"), "is damaged"),
    "another mark": (lambda store: (store / "promote.json").write_text('{"form": "x", "made": 1}'), "it is old"),
    "no mark": (lambda store: (store / "promote.json").unlink(), None),
    "no store": (shutil.rmtree, None),
    "a file in the place of the store": (lambda store: instead(store).write_bytes(b"x"), None),
    "a link in the place of the store": (lambda store: instead(store).symlink_to("/nowhere"), None),
    "a file beside it": (lambda store: instead(store).with_name("stray").write_bytes(b"x"), None),
}


def whole_run(remote: Git, cache: Path, content: bytes) -> None:
    """A run as it should be: read, written, and nothing said of it."""
    with open_store(remote, cache=cache, now=NOW) as store:
        assert set(read(store)) == {b"envs/dev/x.yaml", b"envs/dev/kustomization.yaml"}
        tip = store.need("main").oid
        made = make_commit(store, tip, [change("envs/dev/x.yaml", content)], b"m", identity=WHO, when=WHEN)
        assert push(store, "main", made, tip) == Landed(made)


@pytest.mark.parametrize("name", [*REPAIRED, *MADE_ANEW])
def test_what_a_damaged_store_comes_to(
    name: str, remote: Git, cache: Path, other: Person, caplog: pytest.LogCaptureFixture, bare: Path
) -> None:
    look(remote, cache)
    # A second run, so that there is what a fetch leaves.
    other.push({"envs/dev/x.yaml": b"2"})
    look(remote, cache)
    harm, why = (REPAIRED[name], None) if name in REPAIRED else MADE_ANEW[name]
    harm(folder(cache))
    with rebuilt(caplog, why):
        whole_run(remote, cache, b"first")
    with rebuilt(caplog, None):
        whole_run(remote, cache, b"second")
    assert other.git("show", "main:envs/dev/x.yaml", cwd=bare) == "second"
    left = [path.name for path in folder(cache).rglob("*") if path.name.endswith(".lock") or "tmp_" in path.name]
    assert left == []
    other.git("-c", "remote.origin.promisor=true", f"--git-dir={folder(cache)}", "fsck", "--no-dangling")
    assert sorted(path.name for path in folder(cache).parent.iterdir()) == ["lock", "store"]


def test_a_clone_that_was_broken_off_is_made_again(remote: Git, cache: Path) -> None:
    look(remote, cache)
    folder(cache).rename(folder(cache).with_name("new"))
    cut(next(folder(cache).with_name("new").rglob("*.pack")))
    assert len(look(remote, cache)) == 2
    assert sorted(path.name for path in folder(cache).parent.iterdir()) == ["lock", "store"]


def test_a_store_that_failed_is_not_trusted_again(remote: Git, cache: Path) -> None:
    look(remote, cache)

    def fails() -> None:
        with open_store(remote, cache=cache, now=NOW) as store:
            store.objects.top("1" * 40)

    with pytest.raises(GitError, match="is gone"):
        fails()
    assert not folder(cache).exists()
    assert len(look(remote, cache)) == 2
    assert folder(cache).exists()


@pytest.mark.parametrize("command", ["ls-remote", "fetch"])
def test_what_git_finds_broken_as_it_first_talks_to_the_remote_is_made_anew_in_the_same_run(
    command: str, remote: Git, cache: Path, other: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It counted as the remote's fault, so the store was kept, and each later run failed alike."""
    look(remote, cache)
    other.push({"envs/dev/x.yaml": b"2"})
    # What git says of a store that is broken in a way that nobody has thought of.
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f"case \"$*\" in --git-dir={folder(cache)}' {command} '*) if mkdir {tmp_path}/said; then\n"
        f"echo 'fatal: bad object {'1' * 40}' >&2; exit 128; fi;; esac\n"
        f'exec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    bad = replace(remote, environ={**remote.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"})
    with rebuilt(caplog, "bad object"):
        assert look(bad, cache)[b"envs/dev/x.yaml"] == b"2"
    assert sorted(path.name for path in folder(cache).parent.iterdir()) == ["lock", "store"]
    with rebuilt(caplog, None):
        assert look(bad, cache)[b"envs/dev/x.yaml"] == b"2"


def test_what_git_finds_broken_later_is_given_up(
    remote: Git, cache: Path, other: Person, caplog: pytest.LogCaptureFixture
) -> None:
    look(remote, cache)

    def fails() -> None:
        with open_store(remote, cache=cache, now=NOW) as store:
            (folder(cache) / "shallow").write_bytes(b"zzz\n")
            other.push({"envs/dev/x.yaml": b"2"})
            store.refresh("main")

    with pytest.raises(ObjectsBroken, match="bad shallow line: zzz; run again"):
        fails()
    assert not folder(cache).exists()
    with rebuilt(caplog, None):
        assert look(remote, cache)[b"envs/dev/x.yaml"] == b"2"


def test_a_store_that_is_removed_meanwhile_is_told_of_in_a_sentence(remote: Git, cache: Path) -> None:
    look(remote, cache)

    def fails() -> None:
        with open_store(remote, cache=cache, now=NOW) as store:
            shutil.rmtree(folder(cache))
            store.objects.top("1" * 40)

    with pytest.raises(ObjectsBroken, match=r"is gone; try again"):
        fails()
    assert len(look(remote, cache)) == 2


def test_a_run_that_failed_does_not_trust_it_again(
    remote: Git, cache: Path, environ: Mapping[str, str], server: GitHttp, tmp_path: Path
) -> None:
    """Remotes ended its stores without a word of what had gone wrong, so a bad one was kept for good."""
    look(remote, cache)

    def fails(error: GitError) -> None:
        with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, cache=cache) as remotes:
            remotes.need(Place(remotes.add(server.url("gitops.git")), "main"))
            raise error

    # No fault of the store: what it holds is as good as before.
    for kind in (RemoteDenied, RemoteUnreachable, PushRejected, GitError):
        with pytest.raises(kind, match="another's"):
            fails(kind("another's fault"))
        assert folder(cache).exists()
    with pytest.raises(ObjectsBroken, match="broken"):
        fails(ObjectsBroken("broken"))
    assert not folder(cache).exists()


def test_a_fault_of_the_command_leaves_it_in_use(
    remote: Git, cache: Path, caplog: pytest.LogCaptureFixture, server: GitHttp
) -> None:
    look(remote, cache)
    with pytest.raises(GitError, match="there is no branch"), open_store(remote, cache=cache, now=NOW) as store:
        store.need("no/such/branch")
    server.log.clear()
    with rebuilt(caplog, None):
        look(remote, cache)
    assert talks(server) == 1


@pytest.mark.parametrize("hashed", ["sha1", "sha256"])
@pytest.mark.parametrize("gives_parts", [True, False], ids=["shallow", "all of it"])
def test_every_kind_of_store_is_used_again(
    environ: dict[str, str], served: Path, server: GitHttp, reach: Reach, cache: Path, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, hashed: str, gives_parts: bool,
) -> None:  # fmt: skip
    """Those of SHA-256, and those without a cut history, were made anew by each run."""
    server.gives_parts = gives_parts
    theirs = Person({**environ, **OTHER}, tmp_path / "theirs")
    theirs.git("init", "--quiet", "--bare", f"--object-format={hashed}", "-b", "main", "their.git", cwd=served)
    theirs.git("config", "uploadpack.allowFilter", "true", cwd=served / "their.git")
    theirs.git("init", "--quiet", f"--object-format={hashed}", str(theirs.folder), cwd=tmp_path)
    theirs.git("remote", "add", "origin", str(served / "their.git"))
    for number in range(3):
        theirs.push({"envs/dev/x.yaml": f"{number}".encode()})
    remote = reach(server.url("their.git"))
    assert look(remote, cache) == {b"envs/dev/x.yaml": b"2"}
    server.log.clear()
    with rebuilt(caplog, None):
        assert look(remote, cache) == {b"envs/dev/x.yaml": b"2"}
    assert talks(server) == 1
    theirs.push({"envs/dev/x.yaml": b"3"})
    with rebuilt(caplog, None):
        assert look(remote, cache) == {b"envs/dev/x.yaml": b"3"}
    cut(next(folder(cache).rglob("*.pack")))
    with rebuilt(caplog, "is damaged"):
        assert look(remote, cache) == {b"envs/dev/x.yaml": b"3"}


def test_one_that_is_removed_before_it_is_locked_is_not_used(
    remote: Git, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look(remote, cache)
    lock, real = folder(cache).parent / "lock", fcntl.flock

    def late(number: int, how: int) -> None:
        if lock.exists() and os.path.samestat(os.fstat(number), lock.stat()):
            lock.unlink()
            lock.touch()
        real(number, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with caplog.at_level(logging.INFO, "promote.git"):
        assert len(look(remote, cache)) == 2
    assert any("is in use by another run" in record.getMessage() for record in caplog.records)


def test_what_is_gone_by_the_time_that_it_is_cleared_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "objects/tmp_objdir-incoming-x").mkdir(parents=True)
    (tmp_path / "objects/tmp_objdir-incoming-x/tmp_obj_1").touch()
    clear(tmp_path)
    assert list((tmp_path / "objects").iterdir()) == []


def test_a_large_pack_is_not_held_in_memory(tmp_path: Path, environ: Mapping[str, str]) -> None:
    data = bytes(32 << 20)
    packs = tmp_path / "objects/pack"
    packs.mkdir(parents=True)
    (packs / "pack-1.pack").write_bytes(data + sha1(data).digest())
    index = b"idx" + sha1(data).digest()
    (packs / "pack-1.idx").write_bytes(index + sha1(index).digest())
    (tmp_path / "config").touch()
    mark(tmp_path, form="treeless", now=NOW)
    del data
    tracemalloc.start()
    try:
        with pytest.raises(Flaw, match=r"objects are missing|branches cannot be read"):
            look_over(tmp_path, "https://host/a", Git(environ, directory=tmp_path), NOW)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


# ---- how large it gets ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "value", "later", "why"),
    [
        ("PACKS", 1, 0, "has grown to"),
        ("BYTES", 100, 0, "has grown to"),
        ("SECONDS", 14 * 86_400, 15 * 86_400, "it is old"),
        ("SECONDS", 14 * 86_400, -1, "it is old"),
        ("SECONDS", 14 * 86_400, 13 * 86_400, None),
    ],
)
def test_it_is_bounded(
    limit: str, value: int, later: int, why: str | None, remote: Git, cache: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(f"promote.gitrepo.store.inspect.{limit}", value)
    look(remote, cache)
    with rebuilt(caplog, why):
        look(remote, cache, now=NOW + later)


def test_what_was_not_used_for_long_is_removed(
    remote: Git, cache: Path, served: Path, bare: Path, reach: Reach, server: GitHttp
) -> None:
    shutil.copytree(bare, served / "second.git")
    look(remote, cache)
    old = folder(cache).parent
    other_remote = reach(server.url("second.git"))
    look(other_remote, cache)
    assert old.exists()
    os.utime(old / "lock", (NOW - 61 * 86_400,) * 2)
    with (old / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        look(other_remote, cache)
        assert old.exists()  # in use
    look(other_remote, cache)
    assert not old.exists()


def test_many_runs_at_once_all_read_the_same(remote: Git, cache: Path, other: Person) -> None:
    def runs() -> list[int]:
        return [len(look(remote, cache)) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(runs) for _ in range(4)]
        for number in range(3):
            other.push({"envs/dev/x.yaml": f"{number}".encode()})
    assert [each.result() for each in asked] == [[2] * 4] * 4
    assert look(remote, cache)[b"envs/dev/x.yaml"] == b"2"
