"""What answers by HTTP and is no Git server is never taken for an empty repository, nor for a branch that is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promote.errors import GitError, RemoteUnreachable
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from tests.gitrepo.person import Person
from tests.servers.githttp import Fault, GitHttp

Reach = Callable[[str], Git]
SMART = "application/x-git-upload-pack-advertisement"
NO_SERVER = "no Git server that speaks smart HTTP; check the URL, and whether a proxy"
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
        assert store.need("side") == tip
        server.schedule = lambda method, target: None
        other.git("push", "--quiet", "origin", ":side")
        assert store.refresh("side") is None
        assert store.default_branch == "main"


@pytest.mark.parametrize("branch", [None, "main"], ids=["default branch", "branch"])
def test_a_proxy_that_says_nothing_once_leaves_no_empty_repository(
    branch: str | None, other: Person, server: GitHttp, reach: Reach
) -> None:
    pages = 1 if branch is None else 2
    for _ in range(pages):
        server.fail(Fault("/info/refs", method="GET", status=200, page=b"", kind="text/html"))
    url = server.url("gitops.git")
    with pytest.raises(GitError) as caught, open_store(reach(url), branch=branch):
        pass
    refused(caught.value, url, "something else has answered in the Git server's place; run again")


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
