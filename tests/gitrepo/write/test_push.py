from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promote.errors import PushRejected, RemoteUnreachable
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.store.store import Store
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.push import push, rehearse, verdict
from promote.outcome import Beaten, Landed, Unclear
from promote.process import Finished
from promote.tree import Globs
from tests.gitrepo.person import WHEN, WHO, Person, change
from tests.servers.githttp import Fault, GitHttp, Where

Reach = Callable[[str], Git]
RECEIVE = "/git-receive-pack"


def made(store: Store, text: bytes = b"ours", parent: str | None = None) -> str:
    return make_commit(
        store, parent or store.need("main").oid, [change("envs/dev/x.yaml", text)], b"m\n", identity=WHO, when=WHEN
    )


def hook(bare: Path, name: str, script: str) -> None:
    (bare / "hooks").mkdir(exist_ok=True)
    (bare / "hooks" / name).write_text(f"#!/bin/sh\n{script}\n")
    (bare / "hooks" / name).chmod(0o755)


def test_two_requests_land_it(other: Person, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        tip = store.need("main").oid
        oid = made(store)
        server.log.clear()
        assert push(store, "main", oid, tip) == Landed(oid)
        assert len(server.log) == 2
        # It is the tip now, and its files are here.
        server.log.clear()
        tree = store.need("main")
        assert tree.oid == oid
        assert [data for _, data in tree.read(tree.list(Globs(("envs/dev/x.yaml",))))] == [b"ours"]
        assert store.contains("main", oid)
        assert store.contains("main", tip)
        assert len(server.log) == 0
        assert push(store, "main", oid, oid) == Landed(oid)
    other.git("fetch", "--quiet")
    assert other.git("rev-parse", "origin/main") == oid
    assert other.git("log", "--format=%s", "origin/main").splitlines() == ["m", "change 1"]
    assert other.git("fsck", "--strict", cwd=Path(server.root) / "gitops.git") == ""


def test_beaten_by_somebody_else(other: Person, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        tip = store.need("main").oid
        oid = made(store)
        theirs = other.push({"README": b"theirs"})
        assert push(store, "main", oid, tip) == Beaten()
        assert store.need("main").oid == tip
        tree = store.refresh("main")
        assert tree is not None
        assert tree.oid == theirs
        assert not store.contains("main", oid)
        again = made(store)
        assert push(store, "main", again, theirs) == Landed(again)


def test_what_the_server_finds_moved_is_unclear(other: Person, server: GitHttp, bare: Path, reach: Reach) -> None:
    # The lease is checked by git against what the server offered; a later change is found by the server alone.
    theirs = other.push({"README": b"theirs"}, branch="side")
    hook(bare, "pre-receive", f"unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main {theirs}")
    with open_store(reach(server.url("gitops.git")), branch="main") as store:
        oid = made(store)
        outcome = push(store, "main", oid, store.need("main").oid)
        assert isinstance(outcome, Unclear)
        assert re.search("cannot lock ref|failed to update ref", outcome.why)
        assert store.refresh("main") is not None
        assert not store.contains("main", oid)


def test_a_new_branch_only_where_there_is_none(other: Person, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        oid = made(store)
        assert push(store, "promote/env/prod", oid, None) == Landed(oid)
        assert push(store, "promote/env/prod", made(store, b"else"), None) == Beaten()
        # A branch of ours is set anew, guarded by its lease.
        newer = made(store, b"newer")
        assert push(store, "promote/env/prod", newer, oid) == Landed(newer)


def test_a_hook_that_refuses_is_heard(other: Person, server: GitHttp, bare: Path, reach: Reach) -> None:
    hook(bare, "pre-receive", r"printf 'tickets \033[31mfirst\033[0m\007 please\n' >&2; exit 1")
    with open_store(reach(server.url("gitops.git"))) as store:
        tip = store.need("main").oid
        with pytest.raises(PushRejected) as caught:
            push(store, "main", made(store), tip)
        assert "pre-receive hook declined" in str(caught.value)
        assert "tickets first please" in str(caught.value)
        assert "do what the hook asks for" in str(caught.value)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("status", [403, 404])
def test_no_right_to_push(other: Person, server: GitHttp, reach: Reach, status: int) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        oid = made(store)
        server.fail(Fault("/info/refs", method="GET", status=status))
        with pytest.raises(PushRejected, match="credential"):
            push(store, "main", oid, store.need("main").oid)


def test_a_server_that_takes_no_pushes(other: Person, server: GitHttp, bare: Path, reach: Reach) -> None:
    other.git("config", "http.receivepack", "false", cwd=bare)
    with open_store(reach(server.url("gitops.git"))) as store, pytest.raises(PushRejected, match="403"):
        push(store, "main", made(store), store.need("main").oid)


def test_a_rehearsal_sends_nothing_and_asks_no_hook(other: Person, server: GitHttp, bare: Path, reach: Reach) -> None:
    hook(bare, "pre-receive", "exit 1")
    with open_store(reach(server.url("gitops.git"))) as store:
        rehearse(store, "main")
        assert "service=git-receive-pack" in [request.query for request in server.log.requests]
        assert not [request for request in server.log.requests if request.path.endswith(RECEIVE)]


def test_a_rehearsal_is_not_let_in(other: Person, server: GitHttp, bare: Path, reach: Reach) -> None:
    other.git("config", "http.receivepack", "false", cwd=bare)
    with open_store(reach(server.url("gitops.git"))) as store, pytest.raises(PushRejected, match="the right to write"):
        rehearse(store, "main")


def test_a_rehearsal_that_is_not_answered_proves_nothing(other: Person, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        store.need("main")
        server.fail(Fault("/info/refs", method="GET", status=500))
        with pytest.raises(RemoteUnreachable, match="not clear whether a push is let in"):
            rehearse(store, "main")


@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("where", ["before", "during", "after"])
def test_a_lost_answer_is_settled_by_ancestry(
    other: Person, served: Path, reach: Reach, where: Where, keep_alive: bool
) -> None:
    def somebody_moves_on() -> None:
        other.git("pull", "--quiet", "--no-rebase")
        # They even take our change back: the files say nothing, the history does.
        other.push({"envs/dev/x.yaml": b"theirs"})

    with (
        GitHttp(served, keep_alive=keep_alive) as server,
        open_store(reach(server.url("gitops.git"))) as store,
    ):
        tip = store.need("main").oid
        oid = made(store)
        server.fail(Fault(RECEIVE, cut=where, then=somebody_moves_on))
        outcome = push(store, "main", oid, tip)
        if where == "before" and keep_alive:
            # curl sent it again by itself.
            assert outcome == Landed(oid)
            return
        # After a kept connection died, the second sending was told that the branch had moved: by its own first.
        assert isinstance(outcome, Unclear), outcome
        assert outcome.commit == oid
        assert store.need("main").oid == tip
        assert store.arrived("main") is None
        assert store.refresh("main") is not None
        assert store.contains("main", oid) is (where != "before")
        assert store.arrived("main") == (None if where == "before" else oid)


def test_a_lost_commit_is_found_below_another_branch_that_was_merged(other: Person, served: Path, reach: Reach) -> None:
    with GitHttp(served, keep_alive=False) as server, open_store(reach(server.url("gitops.git"))) as store:
        tip = store.need("main").oid
        oid = made(store)
        server.fail(Fault(RECEIVE, cut="after"))
        assert isinstance(push(store, "main", oid, tip), Unclear)
        other.git("pull", "--quiet")
        side = other.push({"README": b"on top of ours"}, branch="side")
        assert store.need("side").oid == side
        other.push({"README": b"and more"})
        assert store.refresh("main") is not None
        assert store.arrived("main") == oid


def test_a_push_that_was_given_up_on_may_land_later(other: Person, served: Path, reach: Reach) -> None:
    with GitHttp(served, keep_alive=False) as server, open_store(reach(server.url("gitops.git"))) as store:
        tip = store.need("main").oid
        first, second = made(store, b"1"), made(store, b"2")
        server.fail(Fault(RECEIVE, cut="before"))
        assert isinstance(push(store, "main", first, tip), Unclear)
        assert store.refresh("main") is not None
        assert store.arrived("main") is None
        # The first one lands after all, just before the second is sent.
        store.git.output("push", "--quiet", str(served / "gitops.git"), f"{first}:refs/heads/main")
        assert push(store, "main", second, tip) == Beaten()
        assert store.refresh("main") is not None
        assert store.arrived("main") == first
        assert not store.contains("main", second)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
@pytest.mark.parametrize("path", ["/info/refs", RECEIVE])
def test_a_server_that_fails_says_nothing_of_the_push(
    other: Person, server: GitHttp, reach: Reach, status: int, path: str
) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        oid = made(store)
        server.fail(Fault(path, method="POST" if path == RECEIVE else "GET", status=status))
        outcome = push(store, "main", oid, store.need("main").oid)
        assert isinstance(outcome, Unclear)
        assert str(status) in outcome.why


def test_a_push_that_takes_too_long_is_unclear(other: Person, server: GitHttp, reach: Reach) -> None:
    with open_store(reach(server.url("gitops.git"))) as store:
        oid = made(store)
        server.fail(Fault(RECEIVE, stall=30))
        store.remote = replace(store.remote, deadline_seconds=1.0)
        assert push(store, "main", oid, store.need("main").oid) == Unclear(oid, "git did not end in time")


def test_a_push_of_more_than_a_megabyte(other: Person, server: GitHttp, reach: Reach) -> None:
    # git sends it in chunks, after a probe.
    body = bytes(range(256)) * 16 + b"".join(f"{number * 7919:x}".encode() for number in range(400_000))
    with open_store(reach(server.url("gitops.git"))) as store:
        oid = made(store, body)
        assert push(store, "main", oid, store.need("main").oid) == Landed(oid)


UNCLEAR = Unclear


def line(flag: str, summary: str, stderr: str = "") -> Finished:
    return Finished(1, f"To x\n{flag}\tabc:refs/heads/main\t{summary}\nDone\n".encode(), stderr.encode())


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (line(" ", "a..b"), Landed("abc")),
        (line("=", "[up to date]"), Landed("abc")),
        (line("*", "[new branch]"), Landed("abc")),
        (line("+", "a...b (forced update)"), Landed("abc")),
        (line("!", "[rejected] (stale info)"), Beaten()),
        (line("!", "[rejected] (fetch first)"), Beaten()),
        (line("!", "[rejected] (non-fast-forward)"), Beaten()),
        (line("!", "[remote rejected] (failed to update ref)"), UNCLEAR),
        (line("!", "[remote rejected] (incorrect old value provided)"), UNCLEAR),
        (line("!", "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)"), UNCLEAR),
        (line("!", "[remote rejected] (reference already exists)"), UNCLEAR),
        (line("!", "[remote failure] (remote failed to report status)"), UNCLEAR),
        (Finished(128, b"", b"fatal: the remote end hung up unexpectedly"), UNCLEAR),
        (Finished(-15, b"", b"", "deadline"), UNCLEAR),
    ],
)
def test_what_an_answer_means(finished: Finished, expected: object) -> None:
    found = verdict(finished, ref="refs/heads/main", commit="abc", where="x", secrets=frozenset())
    assert (Unclear if isinstance(found, Unclear) else found) == expected


@pytest.mark.parametrize(
    "finished",
    [
        line("!", "[remote rejected] (pre-receive hook declined)", "remote: no\n"),
        line("!", "[remote rejected] (protected branch hook declined)", "remote: error: GH006: Protected branch\n"),
        line("!", "[remote rejected] (shallow update not allowed)"),
        line("!", "[remote rejected] (unpacker error)"),
        Finished(128, b"", b"ERROR: Permission to a/b.git denied to c.\nfatal: Could not read from remote repository."),
        Finished(128, b"", b"git@host: Permission denied (publickey)."),
    ],
)
def test_what_is_refused_for_good(finished: Finished) -> None:
    with pytest.raises(PushRejected, match=r"^x: the push was refused: "):
        verdict(finished, ref="refs/heads/main", commit="abc", where="x", secrets=frozenset())
