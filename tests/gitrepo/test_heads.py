"""What stands on promotion branches: told by the listing that opened the remote, and asked for where that is old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promote.gitrepo.remote import Remotes
from promote.place import Place
from tests.clock import FakeClock
from tests.gitrepo.person import Person
from tests.servers.githttp import GitHttp

PROD, TEST = "promote/env/prod", "promote/env/test"


@pytest.fixture
def remotes(environ: dict[str, str], tmp_path: Path) -> Iterator[Remotes]:
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, deadline_seconds=20) as opened:
        yield opened


def head(remotes: Remotes, repo: str, branch: str) -> str | None:
    found = remotes.proposed(Place(repo, branch))
    return None if found is None else found.oid


def opened(remotes: Remotes, server: GitHttp, branch: str = "main") -> str:
    repo = remotes.add(server.url("gitops.git"))
    remotes.need(Place(repo, branch))
    return repo


@pytest.mark.parametrize("version", ["1", "2"], ids="v{}".format)
def test_11_3_a_listing_is_told_until_it_is_forgotten(
    remotes: Remotes, environ: dict[str, str], tmp_path: Path, other: Person, server: GitHttp, version: str
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(f"[protocol]\n\tversion = {version}\n")
    environ["GIT_CONFIG_GLOBAL"] = str(config)
    first = other.push({"a": b"1"}, branch=PROD)
    umlaut = other.push({"a": b"2"}, branch="promote/env/prüfung")
    single = other.push({"a": b"3"}, branch="promotion")
    repo = opened(remotes, server)
    assert head(remotes, repo, PROD) == first
    assert head(remotes, repo, TEST) is None
    assert head(remotes, repo, "promote/env/prüfung") == umlaut
    assert head(remotes, repo, "promotion") == single
    second = other.push({"a": b"4"}, branch=PROD)
    third = other.push({"a": b"5"}, branch=TEST)
    # What is known of a tip goes with that tip.
    assert (head(remotes, repo, PROD), head(remotes, repo, TEST)) == (first, None)
    if version == "2":
        assert server.log.listings == 1
    remotes.forget()
    assert (head(remotes, repo, PROD), head(remotes, repo, TEST)) == (second, third)
    if version == "2":
        assert server.log.listings == 2


def test_11_3_a_listing_that_was_forgotten_before_it_was_used_is_old(
    remotes: Remotes, other: Person, server: GitHttp
) -> None:
    repo = opened(remotes, server)
    oid = other.push({"a": b"1"}, branch=PROD)
    remotes.forget()
    assert head(remotes, repo, PROD) == oid


def test_where_there_are_no_promotion_branches_nothing_more_is_asked(
    remotes: Remotes, other: Person, server: GitHttp
) -> None:
    assert other.git("rev-parse", "HEAD")
    repo = opened(remotes, server)
    asked = len(server.log)
    assert head(remotes, repo, PROD) is None
    assert len(server.log) == asked


@pytest.mark.parametrize("is_filtered", [True, False])
def test_a_branch_that_has_gone_since_it_was_listed_is_looked_for_again(
    remotes: Remotes, other: Person, bare: Path, server: GitHttp, *, is_filtered: bool
) -> None:
    other.git("config", "uploadpack.allowFilter", str(is_filtered).lower(), cwd=bare)
    other.push({"a": b"1"}, branch=PROD)
    repo = opened(remotes, server)
    other.git("push", "--quiet", "origin", f"HEAD^:refs/heads/{TEST}", f":refs/heads/{PROD}")
    other.git("prune", "--expire=now", cwd=bare)
    assert head(remotes, repo, PROD) is None
    assert head(remotes, repo, TEST) is not None


def test_a_kept_store_lists_once_too(
    environ: dict[str, str], tmp_path: Path, other: Person, server: GitHttp
) -> None:
    oid = other.push({"a": b"1"}, branch=PROD)
    for _ in range(2):
        server.log.clear()
        with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, cache=tmp_path / "cache") as remotes:
            assert head(remotes, opened(remotes, server), PROD) == oid
        assert server.log.listings == 1
