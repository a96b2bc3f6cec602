"""Repositories and clones that cannot be used, or not all of them: what is told, and what is left as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.bad_cases import PASSWORD, SET_WEB, WEB_FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import (
    NEW_API,
    NEW_WEB,
    OLD_WEB,
    Gitops,
    exactly,
    web_line,
    working_files,
)
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp
from tests.servers.registry import free_port

URLS = (
    ("option", "--upload-pack=touch x", 2, "dash"),
    ("helper", "ext::sh -c touch% mark", 2, "remote helper"),
    ("helper-of-two-parts", "transport::address", 2, "remote helper"),
    ("scheme", f"ftp://ann:{PASSWORD}@example.com/x.git", 2, "ftp://"),
    ("in-the-clear", f"http://ann:{PASSWORD}@git.example.com/x.git", 2, "in the clear"),
    ("host-that-is-an-option", "ssh://-oProxyCommand=touch/x", 2, "host"),
    ("newline", "https://example.com/x\n.git", 2, "control"),
    ("empty", "", 2, "is empty"),
    ("no-such-folder", "nowhere/gitops.git", 2, "nowhere/gitops.git: is a path, and there is nothing there"),
    ("no-such-host", f"https://ann:{PASSWORD}@nowhere.invalid/x.git", 5, "nowhere.invalid"),
)


@pytest.mark.parametrize(("name", "url", "code", "says"), URLS, ids=[row[0] for row in URLS])
def test_a_url_that_leads_nowhere_or_too_far(name: str, url: str, code: int, says: str, inside: Inside) -> None:
    for more in ((), ("-v",)):
        result = inside("status", f"--repo={url}", *more)
        assert result.code == code, result
        assert says in result.stderr
        assert more or len(result.messages) == 1, result
        assert PASSWORD not in result.output
    assert list(inside.cwd.iterdir()) == []


def test_a_repository_that_the_server_does_not_have(repository: Gitops, inside: Inside) -> None:
    url = repository.server.url("nowhere.git")
    result = inside("status", "--repo", url)
    assert (result.code, len(result.messages)) == (5, 1)
    assert url in result.stderr
    assert "check the URL" in result.stderr


def test_a_git_server_that_is_down(inside: Inside) -> None:
    url = f"http://127.0.0.1:{free_port()}/gitops.git"
    result = inside("set", "dev", "web=1", "--repo", url)
    assert (result.code, len(result.messages)) == (5, 1)
    assert url in result.stderr
    assert "check the network" in result.stderr


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_a_credential_in_the_url_is_used_and_never_told(
    right: bool, repository: Gitops, inside: Inside, tmp_path: Path
) -> None:
    password = PASSWORD if right else f"not-{PASSWORD}"
    with GitHttp(repository.server.root, users={"ann": PASSWORD}) as asking:
        public = asking.url("gitops.git")
        url = asking.url("gitops.git", userinfo=f"ann:{password}")
        for words in (("status",), SET_WEB, ("check",), ("to", "test", "web", "-o", "json")):
            result = inside(*words, "-v", "--repo", url)
            assert result.code == (0 if right else 5), result
            assert public in result.output
            assert PASSWORD not in result.output
        assert all(PASSWORD not in request.path + request.query for request in asking.log.requests)
        assert len(repository.commits()) == (3 if right else 1)
        assert PASSWORD not in repository.git("log", "--all", "--format=%B%an%ae%cn%ce")


def test_a_credential_in_the_clones_own_settings_is_used_and_never_told(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    with GitHttp(repository.server.root, users={"ann": PASSWORD}) as asking:
        repository.git("remote", "set-url", "origin", asking.url("gitops.git", userinfo=f"ann:{PASSWORD}"), cwd=clone)
        result = inside(*SET_WEB, "-v", cwd=clone)
        assert result.code == 0, result
        assert PASSWORD not in result.output
        assert len(repository.commits()) == 2


def test_a_branch_that_is_named_is_read_where_head_leads_nowhere(repository: Gitops, inside: Inside) -> None:
    repository.git("symbolic-ref", "HEAD", "refs/heads/master")
    refused = inside("status", "--repo", repository.url)
    assert (refused.code, len(refused.messages)) == (5, 1)
    assert "its HEAD names a branch that is not there; there are: main; name one by --branch" in refused.stderr
    assert inside("status", "--branch", "main", "--repo", repository.url).code == 0
    assert inside("check", "--branch", "main", "--repo", repository.url).code == 0
    assert inside(*SET_WEB, "--branch", "main", "--repo", repository.url).code == 0
    assert len(repository.commits()) == 2


@pytest.mark.parametrize("repo", ["acme/gitops", "gitops.git"])
def test_half_a_url_is_told_to_be_a_path(repo: str, repository: Gitops, inside: Inside, tmp_path: Path) -> None:
    refused = inside("status", "--repo", repo)
    assert (refused.code, refused.messages) == (
        2,
        [f"promote: {repo}: is a path, and there is nothing there; a URL begins with https://, ssh:// or git@HOST:"],
    )
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / repo).parent.mkdir(exist_ok=True)
    (tmp_path / "desk" / repo).symlink_to(repository.folder)
    assert inside("status", "--repo", repo, cwd=tmp_path / "desk").code == 0


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, "give git a credential for this host (PROMOTE_GIT_TOKEN, "),
        ({"PROMOTE_GIT_TOKEN": ""}, "; PROMOTE_GIT_TOKEN is set, and empty: see that this job is given the secret"),
        ({"PROMOTE_GIT_PASSWORD": ""}, "; PROMOTE_GIT_PASSWORD is set, and empty: see that"),
        (
            {"PROMOTE_GIT_TOKEN": "", "PROMOTE_GIT_USERNAME": "ann", "PROMOTE_GIT_PASSWORD": "no"},
            "(the credential is from PROMOTE_GIT_PASSWORD); check that it is valid",
        ),
    ],
)
def test_a_secret_that_a_job_has_not_got_is_told(
    env: Mapping[str, str], told: str, repository: Gitops, inside: Inside
) -> None:
    with GitHttp(repository.server.root, users={"ann": PASSWORD}) as asking:
        refused = inside("status", "--repo", asking.url("gitops.git"), env=env)
    assert refused.code == 5
    assert told in refused.stderr
    assert ("is set, and empty" in refused.stderr) is ("is set, and empty" in told)


def test_a_repository_without_a_commit(create: Create, inside: Inside) -> None:
    gitops = create({})
    for words in (("status",), SET_WEB):
        result = inside(*words, "--repo", gitops.url)
        assert (result.code, len(result.messages)) == (5, 1)
        assert "empty" in result.stderr
    assert gitops.refs() == ""


def test_a_clone_without_a_remote_can_only_be_written_to(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    repository.git("remote", "remove", "origin", cwd=clone)
    before = working_files(clone)
    for more in ((), ("--no-push",)):
        result = inside(*SET_WEB, *more, cwd=clone)
        assert (result.code, len(result.messages)) == (5, 1)
        assert "--write-only" in result.stderr
        assert working_files(clone) == before
    assert inside("status", cwd=clone).code == 0
    assert inside(*SET_WEB, "--dry-run", cwd=clone).code == 0
    assert inside(*SET_WEB, "--write-only", cwd=clone).code == 0
    exactly(before, working_files(clone), {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]})


def test_a_folder_in_no_clone_and_one_that_is_not_there(inside: Inside, tmp_path: Path) -> None:
    for words, says in (
        (("status",), "by -C, --repo or PROMOTE_REPO; or write one here (promote init), or name one by --config"),
        (SET_WEB, f"{inside.cwd}: there is no promote.yaml, and no folder 'dev', which could be ENV without one"),
        (("status", "-C", tmp_path / "nowhere-at-all"), "there is no such directory; correct -C"),
        (("status", "-C", tmp_path / ("long" * 100)), "cannot be read: File name too long; correct -C"),
    ):
        result = inside(*words)
        assert (result.code, len(result.messages)) == (2, 1)
        assert says in result.stderr


@pytest.mark.parametrize("staged", [False, True])
def test_uncommitted_changes_in_a_file_that_must_change(repository: Gitops, inside: Inside, staged: bool) -> None:
    clone = repository.clone()
    file = clone / WEB_FILE
    file.write_bytes(file.read_bytes() + b"# mine\n")
    if staged:
        repository.git("add", "--all", cwd=clone)
    before, refs = working_files(clone), repository.refs()
    result = inside(*SET_WEB, cwd=clone)
    assert (result.code, len(result.messages)) == (3, 1)
    assert WEB_FILE in result.stderr
    assert "commit or stash" in result.stderr
    assert (working_files(clone), repository.refs()) == (before, refs)
    # Other files' changes are nobody's business, and stay.
    assert inside("set", "dev", f"api={NEW_API}", cwd=clone).code == 0
    assert working_files(clone) == before


def test_a_detached_head_and_a_folder_within_the_clone(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    repository.git("checkout", "--quiet", "--detach", cwd=clone)
    before = repository.tree()
    assert inside(*SET_WEB, "-C", clone / "envs" / "prod").code == 0
    exactly(before, repository.tree(), {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    assert inside("to", "test", "web", cwd=clone / "base").code == 0
    assert len(repository.commits()) == 3
