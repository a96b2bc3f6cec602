"""What a remote tells of its branches, and to whom; what answers by HTTP and is no Git server tells of none.

It is never taken for an empty repository, nor for a branch that is gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promote.errors import GitError, RemoteUnreachable
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.listing import Listing, listing, parsed, traced
from promote.gitrepo.store.opening import open_store
from tests.gitrepo.person import Person
from tests.servers.githttp import Fault, GitHttp

Reach = Callable[[str], Git]
SMART = "application/x-git-upload-pack-advertisement"
NO_SERVER = "no Git server that speaks smart HTTP; check the URL, and whether a proxy"
EMPTY = Fault("/info/refs", method="GET", status=200, page=b"", kind="text/html")
# what answers; its media type; its body; what is said of it, and what to do
PAGES: dict[str, tuple[str | None, bytes, str]] = {
    "an empty page": ("text/html", b"", NO_SERVER),
    "an empty page of no type": (None, b"", NO_SERVER),
    "an empty answer of Git's type": (SMART, b"", "hung up unexpectedly; try again, or ask who runs the server"),
    "a page of one line": ("text/html", b"<html>sign in</html>", NO_SERVER),
    "a page of several lines": ("text/html", b"<html>\n<p>sign in\n</html>\n", NO_SERVER),
    "a page of Git's type": (SMART, b"<html>sign in</html>", "bad line length character: <htm; check the URL's scheme"),
    "Git's greeting and no more": (SMART, b"001e# service=git-upload-pack\n0000", "try again, or ask who runs the ser"),
    "a server that lists nothing": (
        SMART,
        b"001e# service=git-upload-pack\n0000000eversion 2\n0000",
        "'ls-refs'; the server has to speak Git's smart HTTP",
    ),
    "a list of refs, and nothing behind it": ("text/plain", b"1" * 40 + b"\trefs/heads/main\n", "smart HTTP"),
}


def answers(server: GitHttp, name: str) -> None:
    """From now on all that asks for refs gets this page."""
    kind, page, _ = PAGES[name]

    def fault(method: str, target: str) -> Fault | None:
        is_it = method == "GET" and target.partition("?")[0].endswith("/info/refs")
        return Fault("/info/refs", status=200, page=page, kind=kind) if is_it else None

    server.schedule = fault


def refused(error: GitError, url: str, says: str) -> None:
    assert isinstance(error, RemoteUnreachable)
    assert error.exit_code == 5
    assert error.where == url
    assert says in str(error)


@pytest.mark.parametrize("branch", [None, "main"], ids=["default branch", "branch"])
@pytest.mark.parametrize("name", PAGES)
def test_what_is_no_git_server_is_no_empty_repository(
    name: str, branch: str | None, other: Person, server: GitHttp, reach: Reach
) -> None:
    answers(server, name)
    url = server.url("gitops.git")
    with pytest.raises(GitError) as caught, open_store(reach(url), branch=branch):
        pass
    refused(caught.value, url, PAGES[name][2])


@pytest.mark.parametrize("branch", [None, "main"], ids=["default branch", "branch"])
def test_nor_is_it_with_a_store_that_was_kept(
    branch: str | None, other: Person, server: GitHttp, reach: Reach, tmp_path: Path
) -> None:
    url = server.url("gitops.git")
    with open_store(reach(url), cache=tmp_path / "cache", now=1.0) as store:
        tip = store.need("main").oid
    answers(server, "an empty page")
    with pytest.raises(GitError) as caught, open_store(reach(url), branch=branch, cache=tmp_path / "cache", now=2.0):
        pass
    refused(caught.value, url, NO_SERVER)
    server.schedule = lambda method, target: None
    with open_store(reach(url), cache=tmp_path / "cache", now=3.0) as store:
        assert store.need("main").oid == tip


def test_a_branch_that_was_there_is_not_gone_because_a_proxy_says_nothing(
    other: Person, server: GitHttp, reach: Reach
) -> None:
    url = server.url("gitops.git")
    other.git("push", "--quiet", "origin", "main:side")
    with open_store(reach(url), branch="side") as store:
        tip = store.need("side")
        answers(server, "an empty page")
        with pytest.raises(GitError) as caught:
            store.refresh("side")
        refused(caught.value, url, NO_SERVER)
        with pytest.raises(GitError) as caught:
            assert store.default_branch
        refused(caught.value, url, NO_SERVER)
        server.schedule = lambda method, target: None
        server.fail(EMPTY)
        with pytest.raises(GitError) as caught:
            store.refresh("side")
        refused(caught.value, url, "something else has answered in the Git server's place; run again")
        assert store.need("side") == tip
        other.git("push", "--quiet", "origin", ":side")
        assert store.refresh("side") is None
        assert store.default_branch == "main"


@pytest.mark.parametrize("branch", [None, "main"], ids=["default branch", "branch"])
def test_a_proxy_that_says_nothing_once_leaves_no_empty_repository(
    branch: str | None, other: Person, server: GitHttp, reach: Reach
) -> None:
    server.fail(EMPTY)
    url = server.url("gitops.git")
    with pytest.raises(GitError) as caught, open_store(reach(url), branch=branch):
        pass
    refused(caught.value, url, NO_SERVER)
    with open_store(reach(url), branch=branch) as store:
        assert store.need("main").oid == other.git("rev-parse", "HEAD")


@pytest.fixture
def files(bare: Path, other: Person) -> Iterator[str]:
    """The URL of the repository as a server of plain files hands it out: by Git's old protocol, without a git there."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
            """Nothing."""

    other.git("update-server-info", cwd=bare)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(bare.parent))) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}/gitops.git"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("branch", [None, "main"], ids=["default branch", "branch"])
def test_a_server_of_plain_files_cannot_be_written_to_and_is_not_read(
    branch: str | None, files: str, reach: Reach
) -> None:
    with pytest.raises(GitError) as caught, open_store(reach(files), branch=branch):
        pass
    refused(caught.value, files, "smart HTTP")


@pytest.mark.usefixtures("bare")
def test_an_empty_repository_is_told_by_any_protocol(server: GitHttp, bare: Path, reach: Reach, tmp_path: Path) -> None:
    for server.v0 in (False, True):
        for url in (server.url("gitops.git"), bare.as_uri()):
            for cache in (None, tmp_path / "cache"):
                with (
                    pytest.raises(GitError, match="the repository is empty; push a first commit"),
                    open_store(reach(url), cache=cache, now=1.0),
                ):
                    pass


def test_why_a_listing_failed_is_not_lost_among_packets(other: Person, server: GitHttp, reach: Reach) -> None:
    url = server.url("gitops.git")
    other.git("push", "--quiet", "origin", *(f"HEAD:refs/heads/of/{number:040}" for number in range(40)))
    with open_store(reach(url)) as store:
        server.fail(Fault("/git-upload-pack", method="POST", cut="during"))
        with pytest.raises(GitError) as caught:
            listing(store.remote, "refs/heads/*")
    assert "packet" not in str(caught.value)
    refused(caught.value, url, "expected flush after ref listing; try again")


A, B, LONG = "a" * 40, "b" * 40, "c" * 64
ASKED = ("clone> command=ls-refs", "clone> ref-prefix HEAD", "clone> ref-prefix refs/heads/", "clone> 0000")


def trace(*lines: str) -> bytes:
    """As git writes one."""
    return "".join(f"18:43:02.470917 pkt-line.c:80           packet: {line:>12}\n" for line in lines).encode()


@pytest.mark.parametrize(
    "lines",
    [
        (),
        # Version 0: refs come unasked.
        (f"clone< {A} HEAD", f"clone< {A} refs/heads/main", "clone< 0000"),
        # Cut off before the end.
        (*ASKED, f"clone< {A} refs/heads/main"),
        # Only some were asked for.
        ("clone> command=ls-refs", "clone> ref-prefix refs/heads/main", f"clone< {A} refs/heads/main", "clone< 0000"),
        # Another process's words, as those of a server on this machine.
        tuple(line.replace("clone", "fetch") for line in (*ASKED, f"clone< {A} refs/heads/main", "clone< 0000")),
        # Asked twice, and not answered to the end the second time.
        (*ASKED, f"clone< {A} refs/heads/main", "clone< 0000", *ASKED, f"clone< {A} refs/heads/main"),
    ],
)
def test_what_does_not_tell_of_all_branches_tells_of_none(lines: tuple[str, ...]) -> None:
    assert traced(trace(*lines)) is None


def test_the_branches_that_a_clone_was_told_of() -> None:
    told = (
        "upload-pack> 0000",
        "clone< ls-refs=unborn",
        "clone< 0000",
        *ASKED,
        f"clone< {A} HEAD symref-target:refs/heads/main",
        f"clone< {A} refs/heads/main",
        f"upload-pack> {A} refs/heads/promote/env/other",
        rf"clone< {B} refs/heads/promote/env/caf\303\2517 symref-target:refs/heads/x",
        rf"clone< {B} refs/heads/promote/env/pr\37777777703\37777777674f",
        f"clone< {LONG} refs/heads/x",
        "clone< 0000",
        "clone> command=fetch",
        f"clone> want {A}",
        "clone> 0000",
        f"clone< {B} refs/heads/later",
    )
    assert traced(trace(*told)) == {"main": A, "promote/env/café7": B, "promote/env/prüf": B, "x": LONG}
    assert traced(trace(*ASKED, "clone< unborn HEAD symref-target:refs/heads/main", "clone< 0000")) == {}


def test_what_ls_remote_lists() -> None:
    lines = f"ref: refs/heads/main\tHEAD\n{A}\tHEAD\n{A}\trefs/heads/main\n{B}\trefs/x/refs/heads/y\n".encode()
    told = parsed(lines)
    assert told == Listing({"HEAD": A, "refs/heads/main": A, "refs/x/refs/heads/y": B}, "main")
    assert told.heads == {"main": A}
    assert (parsed(f"{A}\tHEAD\n".encode()), parsed(b"")) == (Listing({"HEAD": A}), Listing({}))
