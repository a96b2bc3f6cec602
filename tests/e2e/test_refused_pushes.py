"""Servers that do not take a push, or are not there any more: what is told, how often they are asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.bad_cases import WEB_FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, exactly, files, web_line
from tests.e2e.program import Inside, Result
from tests.servers.githttp import Fault, GitHttp

SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag")
EDIT = {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]}


@pytest.fixture
def gitops(create: Create) -> Gitops:
    return create(files("registry.invalid", digest="sha256:" + "0" * 64))


def hook(gitops: Gitops, name: str, script: str) -> None:
    (gitops.folder / "hooks").mkdir(exist_ok=True)
    (gitops.folder / "hooks" / name).write_text(f"#!/bin/sh\n{script}\n")
    (gitops.folder / "hooks" / name).chmod(0o755)


def pushes(server: GitHttp) -> int:
    """How often something was sent to be pushed."""
    return sum(request.method == "POST" and request.path.endswith("-receive-pack") for request in server.log.requests)


def failed(result: Result, code: str) -> str:
    """Why the one app failed, in a run that came to nothing else."""
    assert result.code == 5, result
    document = result.document
    assert (document["changes"], document["commits"]) == ([], [])
    (failure,) = document["failed"]
    assert (failure["code"], failure["exit"], failure["app"]) == (code, 5, "web")
    return str(failure["reason"])


PROTECTED = r"""
printf '\n========\n' >&2
echo 'GitLab: You are not allowed to push code to protected branches on this project.' >&2
printf 'see \033[31mhttps://git.example.com/rules\033[0m\007\r\n' >&2
exit 1
"""


@pytest.mark.parametrize("name", ["pre-receive", "update"])
def test_a_hook_that_refuses_is_heard_once(name: str, gitops: Gitops, server: GitHttp, inside: Inside) -> None:
    hook(gitops, name, PROTECTED)
    refs = gitops.refs()
    why = failed(inside(*SET, "--repo", gitops.url, "-o", "json"), "push-rejected")
    said = (
        "GitLab: You are not allowed to push code to protected branches on this project. / see https://git.example.com"
    )
    assert said in why
    assert "=====" not in why
    assert why.isprintable()
    assert gitops.url in why
    assert "give --pull-request" in why
    assert pushes(server) == 1
    text = inside(*SET, "--repo", gitops.url)
    assert text.code == 5
    assert said in text.output
    assert gitops.refs() == refs


def test_a_hook_that_could_not_look_is_asked_again(gitops: Gitops, server: GitHttp, inside: Inside) -> None:
    hook(gitops, "pre-receive", 'test -e seen || { touch seen; echo "GitLab: Internal API unreachable" >&2; exit 1; }')
    before = gitops.tree()
    assert inside(*SET, "--repo", gitops.url).code == 0
    exactly(before, gitops.tree(), EDIT)
    assert len(gitops.commits()) == 2
    assert pushes(server) == 2


def test_who_may_read_and_not_write(gitops: Gitops, server: GitHttp, inside: Inside) -> None:
    gitops.git("config", "http.receivepack", "false")
    why = failed(inside(*SET, "--repo", gitops.url, "-o", "json"), "push-rejected")
    assert "403" in why
    assert "the right to write" in why
    assert pushes(server) == 0


def test_a_branch_that_is_checked_out_at_the_remote(gitops: Gitops, inside: Inside) -> None:
    there = gitops.clone()
    refs = gitops.git("for-each-ref", cwd=there)
    why = failed(inside(*SET, "--repo", there.as_uri(), "-o", "json"), "push-rejected")
    assert "currently checked out" in why
    assert "bare repository" in why
    assert gitops.git("for-each-ref", cwd=there) == refs


def test_an_environment_whose_branch_is_not_there(create: Create, inside: Inside) -> None:
    content = files("registry.invalid", digest="sha256:" + "0" * 64)
    content["promote.yaml"] = content["promote.yaml"].replace(b"{path: envs/dev}", b"{path: envs/dev, branch: env/dev}")
    gitops = create(content, "branches.git")
    refs = gitops.refs()
    for words in (SET, (*SET, "--dry-run"), ("status",)):
        result = inside(*words, "--repo", gitops.url)
        assert (result.code, len(result.messages)) == (5, 1), result
        assert f"{gitops.url}: there is no branch 'env/dev'" in result.stderr
        assert "git push" in result.stderr
    assert gitops.refs() == refs
    gitops.git("branch", "env/dev", "main")
    assert inside(*SET, "--repo", gitops.url).code == 0
    exactly(gitops.tree(), gitops.tree("env/dev"), EDIT)


def test_a_branch_of_the_command_line_that_is_not_there(gitops: Gitops, inside: Inside) -> None:
    refs = gitops.refs()
    result = inside(*SET, "--repo", gitops.url, "--branch", "nowhere")
    assert (result.code, len(result.messages)) == (5, 1), result
    assert "there is no branch 'nowhere'" in result.stderr
    assert gitops.refs() == refs


def test_a_branch_that_is_no_commit(gitops: Gitops, inside: Inside) -> None:
    tag = gitops.git(
        "mktag", stdin=f"object {gitops.tip()}\ntype commit\ntag x\ntagger A <a@b.c> 0 +0000\n\nx\n".encode()
    )
    (gitops.folder / "refs" / "heads" / "odd").write_text(f"{tag}\n")
    result = inside(*SET, "--repo", gitops.url, "--branch", "odd")
    assert (result.code, len(result.messages)) == (5, 1), result
    assert gitops.url in result.stderr


@contextmanager
def moved(to: str) -> Iterator[str]:
    """A server that sends everybody to `to`, which may be a page of its own; the URL of what has moved."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/old.git"):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"hello\n")
                return
            suffix = self.path.removeprefix("/old.git") if "{}" in to else ""
            self.send_response(301)
            self.send_header("Location", to.format(suffix))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/old.git"
        finally:
            server.shutdown()
            thread.join()


def test_a_repository_that_has_moved_is_followed_and_its_new_place_told(
    gitops: Gitops, inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    before = gitops.tree()
    with moved(f"{gitops.url}{{}}") as old:
        assert inside(*SET, "--repo", old).code == 0
        exactly(before, gitops.tree(), EDIT)
        told = [record.getMessage() for record in caplog.records if "moved" in record.getMessage()]
        assert told == [f"{old}: the repository has moved to {gitops.url}; name it so"]


@pytest.mark.parametrize(
    ("path", "cure"), [("users/sign_in?token=s3cret", "credential"), ("gone.html", "the repository's present URL")]
)
def test_a_repository_that_has_moved_to_no_repository(path: str, cure: str, inside: Inside) -> None:
    with moved(f"/{path}") as old:
        result = inside(*SET, "--repo", old)
        assert (result.code, len(result.messages)) == (5, 1), result
        assert (
            f"{old}: it leads to {old.replace('old.git', path).partition('?')[0]}, where no repository is"
            in result.stderr
        )
        assert cure in result.stderr
        assert "s3cret" not in result.output


@pytest.mark.parametrize(("status", "cure"), [(410, "present URL"), (401, "credential"), (403, "credential")])
def test_a_repository_that_is_not_to_be_had(
    status: int, cure: str, gitops: Gitops, server: GitHttp, inside: Inside
) -> None:
    server.fail(Fault("/info/refs", method="GET", status=status))
    result = inside(*SET, "--repo", gitops.url)
    assert (result.code, len(result.messages)) == (5, 1), result
    assert gitops.url in result.stderr
    assert cure in result.stderr
    assert len(server.log) == 1


def test_a_repository_that_is_full(gitops: Gitops, server: GitHttp, inside: Inside) -> None:
    gitops.git("config", "receive.maxInputSize", "1")
    why = failed(inside(*SET, "--repo", gitops.url, "-o", "json"), "push-rejected")
    assert "exceeds maximum allowed size" in why
    assert "make room" in why
    assert pushes(server) == 1


def test_one_place_that_refuses_leaves_the_others_their_commits(create: Create, inside: Inside, tmp_path: Path) -> None:
    content = files("registry.invalid", digest="sha256:" + "0" * 64)
    other = create(content, "other.git")
    text = content["promote.yaml"].replace(
        b"{path: envs/test, from: dev}", b"{path: envs/test, from: dev, repo: OTHER}"
    )
    gitops = create(content | {"promote.yaml": text.replace(b"OTHER", other.url.encode())}, "first.git")
    assert inside(*SET, "--repo", gitops.url).code == 0
    hook(other, "pre-receive", "exit 1")
    why = failed(inside("to", "test", "web", "--repo", gitops.url, "-o", "json", "--no-verify-tag"), "push-rejected")
    assert other.url in why
    (other.folder / "hooks" / "pre-receive").unlink()
    assert inside("to", "test", "web", "--repo", gitops.url, "--no-verify-tag").code == 0
    assert len(other.commits()) == 2
