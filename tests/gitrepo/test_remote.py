from __future__ import annotations

import logging
import re
import ssl
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from promote.errors import GitError, PushRejected, RemoteDenied, RemoteUnreachable, UsageError
from promote.gitrepo.clone.workdir import Workdir, find
from promote.gitrepo.command.git import Git
from promote.gitrepo.remote import Remotes
from promote.gitrepo.write.identity import Attribution, Author
from promote.outcome import Beaten, Landed
from promote.place import Place
from promote.tree import Globs
from tests.clock import FakeClock
from tests.gitrepo.person import OTHER, Person, change
from tests.servers.githttp import Fault, GitHttp

PASSWORD = "s3cret/w0rd"
USERINFO = "ci:s3cret%2Fw0rd"


@pytest.fixture
def remotes(environ: dict[str, str], tmp_path: Path) -> Iterator[Remotes]:
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as opened:
        yield opened


@pytest.fixture
def locked(served: Path) -> Iterator[GitHttp]:
    """A server that asks for a password."""
    with GitHttp(served, users={"ci": PASSWORD}) as running:
        yield running


def cloned(other: Person, environ: dict[str, str]) -> Workdir:
    workdir = find(other.folder, git=Git(environ, deadline_seconds=20))
    assert workdir is not None
    return workdir


def landed(remotes: Remotes, place: Place, text: bytes = b"ours") -> str:
    tip = remotes.need(place).oid
    outcome = remotes.land(place, parent=tip, expected=tip, files=[change("a", text)], message="m\n")
    assert isinstance(outcome, Landed)
    return outcome.commit


def test_no_remote(remotes: Remotes) -> None:
    with pytest.raises(GitError, match="no remote; add one"):
        remotes.need(Place("", "main"))


def test_a_whole_run(other: Person, server: GitHttp, remotes: Remotes) -> None:
    repo = remotes.add(server.url("gitops.git"))
    place = Place(repo, remotes.default_branch(repo))
    tree = remotes.need(place)
    [(_, data)] = tree.read(tree.list(Globs(("envs/dev",))))
    assert data == b"images:\r\n- name: web # \xc3\xa9\r\n"
    oid = landed(remotes, place)
    # 3 to open, 2 for the folder on the way, 2 for what is in it, 2 to push.
    assert len(server.log) == 9
    other.git("fetch", "--quiet")
    assert other.git("rev-parse", "origin/main") == oid


def test_beaten_then_landed(other: Person, server: GitHttp, remotes: Remotes) -> None:
    place = Place(remotes.add(server.url("gitops.git")), "main")
    tip = remotes.need(place).oid
    theirs = other.push({"README": b"theirs"})
    assert remotes.land(place, parent=tip, expected=tip, files=[change("a", b"1")], message="m") == Beaten()
    again = remotes.refresh(place)
    assert again is not None
    assert again.oid == theirs
    landed(remotes, place)


def test_a_commit_whose_name_was_never_told_is_found_by_its_parent_and_its_message(
    other: Person, server: GitHttp, remotes: Remotes
) -> None:
    place = Place(remotes.add(server.url("gitops.git")), "main")
    tip = remotes.need(place).oid
    remotes.lost(place, "")
    assert remotes.arrived(place) is None
    made = other.push({"README": b"by the forge"})
    said = other.git("log", "-1", "--format=%B")
    # A branch that is first seen while one is looked for does not end history above it.
    side = other.push({"README": b"more"}, branch="side")
    assert remotes.need(Place(place.repo, "side")).oid == side
    other.push({"README": b"and more"})
    assert remotes.made_on(place, tip, said) is None
    remotes.refresh(place)
    assert remotes.made_on(place, tip, f"{said}\n") == made
    assert remotes.made_on(place, tip, "another message") is None
    assert remotes.made_on(place, made, said) is None
    assert remotes.made_on(Place(place.repo, "nope"), tip, said) is None


def test_two_repositories_and_a_new_branch(other: Person, bare: Path, server: GitHttp, remotes: Remotes) -> None:
    by_http = Place(remotes.add(server.url("gitops.git")), "main")
    by_file = Place(remotes.add(str(bare)), "promote/env/prod")
    tip = remotes.need(by_http).oid
    assert remotes.refresh(by_file) is None
    oid = remotes.commit(by_file, parent=remotes.need(Place(by_file.repo, "main")).oid, files=[], message="m")
    assert oid != tip
    author = Author("Eve", "eve@example.com")
    said = Attribution(author=author)
    outcome = remotes.land(by_file, parent=tip, expected=None, files=[change("a", b"")], message="m", said=said)
    assert isinstance(outcome, Landed)
    other.git("fetch", "--quiet")
    assert other.git("log", "-1", "--format=%an %cn", "origin/promote/env/prod") == "Eve promote"


def test_stores_are_gone_afterwards(
    other: Person, bare: Path, environ: dict[str, str], tmp_path: Path, leftovers: Callable[[], Sequence[str]]
) -> None:
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path) as remotes:
        landed(remotes, Place(remotes.add(str(bare)), "main"))
        assert len(leftovers()) == 1
    assert leftovers() == []


# ---- credentials ---------------------------------------------------------------------


@pytest.fixture
def shim(environ: dict[str, str], tmp_path: Path) -> Path:
    """Every `git` started by us, with its arguments and what its children were given."""
    log = tmp_path / "argv"
    folder = tmp_path / "shim"
    folder.mkdir()
    real = environ["PATH"]
    script = f'#!/bin/sh\necho "$@" >> {log}\nGIT_TRACE={log}.trace PATH="{real}" exec git "$@"\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    environ["PATH"] = f"{folder}:{real}"
    return log


def assert_nowhere(folder: Path) -> None:
    assert folder.is_dir()
    for path in folder.rglob("*"):
        if path.is_file():
            assert not re.search(rb"s3cret|czNjcmV0|Y2k6czNjcmV0", path.read_bytes()), path


def test_the_password_is_seen_by_the_server_alone(
    other: Person,
    locked: GitHttp,
    environ: dict[str, str],
    shim: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as remotes:
        repo = remotes.add(locked.url("gitops.git", userinfo=USERINFO))
        assert "@" not in repo
        place = Place(repo, "main")
        tree = remotes.need(place)
        assert len(list(tree.read(tree.list(Globs(("**",)))))) == 2
        landed(remotes, place)
        assert_nowhere(Path(environ["TMPDIR"]))
    assert {request.status for request in locked.log.requests} == {200, 401}
    argv = shim.read_text()
    assert argv.count("\n") >= 5
    assert not re.search("s3cret|czNjcmV0|Y2k6", argv + (tmp_path / "argv.trace").read_text() + caplog.text)
    lines = [record.message for record in caplog.records if record.name == "promote.git"]
    assert any(re.fullmatch(r"git clone .*: 0 in \d\.\d{3} s", line) for line in lines)


@pytest.mark.parametrize(
    ("userinfo", "cure"),
    [("", "give git a credential"), ("ci", "give git a credential"), ("ci:wr0ng-w0rd", "check that it is valid")],
)
def test_a_wrong_or_missing_password(
    other: Person, locked: GitHttp, remotes: Remotes, userinfo: str, cure: str
) -> None:
    place = Place(remotes.add(locked.url("gitops.git", userinfo=userinfo)), "main")
    with pytest.raises(RemoteDenied, match=cure) as caught:
        remotes.need(place)
    assert "wr0ng" not in str(caught.value)


def test_the_password_does_not_follow_a_redirection(
    other: Person, served: Path, locked: GitHttp, remotes: Remotes
) -> None:
    with GitHttp(served, users={"ci": PASSWORD}) as elsewhere:
        target = elsewhere.url("gitops.git/info/refs?service=git-upload-pack")
        locked.fail(Fault("/info/refs", method="GET", status=301, location=target))
        place = Place(remotes.add(locked.url("gitops.git", userinfo=USERINFO)), "main")
        with pytest.raises(GitError):
            remotes.need(place)
        assert elsewhere.log.requests
        assert {request.authorization for request in elsewhere.log.requests} == {None}


def test_a_password_that_the_server_repeats_is_not_shown(
    other: Person, locked: GitHttp, bare: Path, remotes: Remotes
) -> None:
    (bare / "hooks").mkdir(exist_ok=True)
    (bare / "hooks" / "pre-receive").write_text(f"#!/bin/sh\necho your password is {PASSWORD} >&2\nexit 1\n")
    (bare / "hooks" / "pre-receive").chmod(0o755)
    place = Place(remotes.add(locked.url("gitops.git", userinfo=USERINFO)), "main")
    with pytest.raises(PushRejected, match=r"your password is \*\*\*"):
        landed(remotes, place)


def test_a_helper_of_the_user_is_asked(other: Person, locked: GitHttp, environ: dict[str, str], tmp_path: Path) -> None:
    (Path(environ["HOME"]) / "credentials").write_text(f"{locked.url('', userinfo=USERINFO)}\n")
    config = tmp_path / "gitconfig"
    config.write_text(f"[credential]\nhelper = store --file {environ['HOME']}/credentials\n")
    environ["GIT_CONFIG_GLOBAL"] = str(config)
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as remotes:
        landed(remotes, Place(remotes.add(locked.url("gitops.git")), "main"))


def test_the_token_of_a_clone_is_used_for_its_store(
    other: Person, locked: GitHttp, environ: dict[str, str], tmp_path: Path
) -> None:
    other.git("remote", "set-url", "origin", locked.url("gitops.git"))
    other.git("config", f"http.http://{locked.host}/.extraheader", "AUTHORIZATION: basic Y2k6czNjcmV0L3cwcmQ=")
    workdir = cloned(other, environ)
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, workdir=workdir, deadline_seconds=20) as remotes:
        landed(remotes, Place(locked.url("gitops.git"), "main"))
        assert_nowhere(Path(environ["TMPDIR"]))
    assert {request.status for request in locked.log.requests} == {200}


def test_what_is_fetched_into_a_clone_is_signed_in_for_by_the_credential_that_was_given(
    other: Person, served: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """The header of the clone's own settings, as actions/checkout leaves it, was sent in its place."""
    environ["PROMOTE_GIT_TOKEN"] = "given"
    with GitHttp(served, users={"x-access-token": "given", "ci": PASSWORD}) as server:
        other.git("remote", "set-url", "origin", server.url("gitops.git"))
        other.git("config", f"http.http://{server.host}/.extraheader", "AUTHORIZATION: basic Y2k6czNjcmV0L3cwcmQ=")
        someone = Person({**environ, **OTHER}, tmp_path / "someone")
        someone.git("clone", "--quiet", str(served / "gitops.git"), str(someone.folder), cwd=tmp_path)
        someone.push({"README": b"newer than the clone"})
        workdir = cloned(other, environ)
        with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, workdir=workdir) as remotes:
            place = Place(server.url("gitops.git"), "main")
            tip = remotes.need(place).oid
            oid = remotes.commit(place, parent=tip, files=[change("a", b"1")], message="m")
            server.log.clear()
            remotes.keep(place, oid)
        sent = {request.authorization for request in server.log.requests if request.status == 200}
    assert sent == {"Basic eC1hY2Nlc3MtdG9rZW46Z2l2ZW4="}


def test_over_tls(other: Person, served: Path, environ: dict[str, str], tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with GitHttp(served, tls=context, users={"ci": PASSWORD}) as server:
        url = server.url("gitops.git", userinfo=USERINFO)
        with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as remotes:
            place = Place(remotes.add(url), "main")
            with pytest.raises(RemoteUnreachable, match="GIT_SSL_CAINFO"):
                remotes.need(place)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        trusting = environ | {"GIT_SSL_CAINFO": str(tmp_path / "ca.pem")}
        with Remotes(environ=trusting, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as remotes:
            landed(remotes, Place(remotes.add(url), "main"))


# ---- the user's clone ----------------------------------------------------------------


def frozen(other: Person) -> dict[str, bytes | int]:
    git_dir = other.folder / ".git"
    out: dict[str, bytes | int] = {}
    for path in sorted(git_dir.rglob("*")):
        if path.is_file() and "objects" not in path.parts:
            out[str(path.relative_to(git_dir))] = path.read_bytes()
            out[f"{path.name} mode"] = stat.S_IMODE(path.stat().st_mode)
    return out


def test_a_run_leaves_the_clone_alone(other: Person, bare: Path, environ: dict[str, str], tmp_path: Path) -> None:
    other.write({"README": b"work in progress"})
    other.git("add", "README")
    before = frozen(other)
    workdir = cloned(other, environ)
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, workdir=workdir) as remotes:
        landed(remotes, Place(bare.as_uri(), "main"))
    assert frozen(other) == before
    assert (other.folder / "README").read_bytes() == b"work in progress"


def test_keep_needs_a_clone(other: Person, bare: Path, remotes: Remotes) -> None:
    place = Place(remotes.add(str(bare)), "main")
    oid = remotes.commit(place, parent=remotes.need(place).oid, files=[change("a", b"1")], message="m")
    with pytest.raises(UsageError, match="no clone to leave the commit in"):
        remotes.keep(place, oid)


@pytest.mark.parametrize("is_behind", [False, True])
def test_keep_leaves_a_ref_and_nothing_else(
    other: Person, bare: Path, environ: dict[str, str], tmp_path: Path, is_behind: bool
) -> None:
    second = Person(other.environ, tmp_path / "second")
    second.git("clone", "--quiet", str(bare), str(second.folder), cwd=tmp_path)
    if is_behind:
        other.push({"README": b"since"})
    before = frozen(second)
    workdir = cloned(second, environ)
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, workdir=workdir) as remotes:
        place = Place(bare.as_uri(), "main")
        files = [change("envs/new/a", b"1")]
        oid = remotes.commit(place, parent=remotes.need(place).oid, files=files, message="m")
        assert remotes.keep(place, oid) == "refs/promote/main"
        assert remotes.keep(place, oid) == "refs/promote/main"
    assert second.git("rev-parse", "refs/promote/main") == oid
    assert second.git("show", f"{oid}:envs/new/a") == "1"
    second.git("fsck", "--strict", "--connectivity-only")
    after = frozen(second)
    assert {name for name in after if after[name] != before.get(name)} - {"main mode"} == {"refs/promote/main"}
    second.git("push", "--quiet", "origin", "refs/promote/main:main")


@pytest.mark.parametrize(
    ("home", "is_told"),
    [("localhost:{port}", False), ("127.0.0.1:1", False), ("127.0.0.1", False), ("127.0.0.1:{port}", True)],
)
def test_10_3_askpass_is_for_the_host_that_promote_was_pointed_at(
    other: Person, locked: GitHttp, environ: dict[str, str], tmp_path: Path, home: str, is_told: bool
) -> None:
    asked = tmp_path / "askpass"
    asked.write_text(f'#!/bin/sh\ncase "$1" in User*) echo ci;; *) echo {PASSWORD};; esac\n')
    asked.chmod(0o755)
    environ["GIT_ASKPASS"] = str(asked)
    url = f"http://{home.format(port=locked.host.rpartition(':')[2])}/home.git"
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, home=url, deadline_seconds=20) as remotes:
        place = Place(remotes.add(locked.url("gitops.git")), "main")
        if is_told:
            assert remotes.need(place).oid
        else:
            with pytest.raises(RemoteDenied):
                remotes.need(place)
            assert {request.authorization for request in locked.log.requests} == {None}
