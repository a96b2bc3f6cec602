"""A GitHub App signs in to a real Git server by tokens that a fake GitHub on the same host sells to it."""

from __future__ import annotations

import json
import logging
import ssl
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from promote.errors import PromoteError, RemoteDenied, RemoteUnreachable, UsageError
from promote.gitrepo.credentials.github_app import api_of, repository_of
from promote.gitrepo.credentials.settings import App, HostAccess
from promote.gitrepo.remote import Remotes
from promote.gitrepo.url import parse
from promote.outcome import Landed
from promote.place import Place
from tests.clock import FakeClock
from tests.gitrepo.person import Person, change
from tests.servers.githttp import GitHttp
from tests.servers.github import GitHub, new_key, pem_of

APP = {"PROMOTE_GIT_APP_ID": "1234", "PROMOTE_GIT_APP_KEY": pem_of(new_key())}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def github(clock: FakeClock) -> GitHub:
    return GitHub(clock, {})


@pytest.fixture
def forge(served: Path, bare: Path, other: Person, github: GitHub) -> Iterator[GitHttp]:
    """A host with Git at OWNER/NAME and with the API."""
    (served / "acme").mkdir()
    bare.rename(served / "acme" / "gitops.git")
    with GitHttp(served, users=github.users, api=github) as running:
        yield running


def opened(forge: GitHttp, clock: FakeClock, environ: Mapping[str, str], tmp_path: Path) -> Remotes:
    home = forge.url("acme/gitops.git")
    return Remotes(environ=environ, clock=clock, base=tmp_path, home=home, deadline_seconds=20)


def denied(forge: GitHttp, clock: FakeClock, environ: Mapping[str, str], tmp_path: Path) -> PromoteError:
    with opened(forge, clock, environ, tmp_path) as remotes, pytest.raises(PromoteError) as caught:
        remotes.need(Place(remotes.add(forge.url("acme/gitops.git")), "main"))
    assert "s3cret" not in str(caught.value)
    assert "eyJ" not in str(caught.value)  # as every JWT begins
    return caught.value


@pytest.mark.parametrize(
    ("changes", "given", "told"),
    [
        ({"repositories": ()}, {}, "1234 is not installed on acme/gitops; install it there"),
        ({"installation": 1}, {"PROMOTE_GIT_APP_INSTALLATION": "7"}, "has no installation 7; correct the installation"),
        ({"app": "99"}, {}, r"\(401: Integration not found\); check that the key is one of this app's, and its ID"),
        ({}, {"PROMOTE_GIT_APP_KEY": pem_of(new_key(1))}, r"could not be decoded\); check that the key"),
        ({"permissions": {"contents": "read"}}, {}, "not granted to this installation.*the right to write contents"),
        ({"behind": timedelta(minutes=5)}, {}, "set the clock of this machine: it is 300 s ahead"),
        ({"behind": -timedelta(minutes=15)}, {}, "set the clock of this machine: it is 900 s behind"),
    ],
)
def test_what_keeps_an_app_out_is_named(
    forge: GitHttp,
    github: GitHub,
    clock: FakeClock,
    environ: dict[str, str],
    tmp_path: Path,
    changes: Mapping[str, object],
    given: Mapping[str, str],
    told: str,
) -> None:
    for name, value in changes.items():
        setattr(github, name, value)
    error = denied(forge, clock, {**environ, **APP, **given}, tmp_path)
    assert isinstance(error, RemoteDenied)
    with pytest.raises(RemoteDenied, match=told):
        raise error
    # What is denied is not asked of Git by anybody else.
    assert [request.path for request in forge.log.requests if not request.path.startswith("/api/")] == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (301, b"{}", RemoteDenied, "has moved; use its present URL"),
        (403, b'{"message": "blocked"}', RemoteDenied, "403: blocked"),
        (500, b"<html>", RemoteUnreachable, "answered 500"),
        (429, b'{"message": "slow down\\u001b[2J"}', RemoteUnreachable, "answered 429: slow down; try again later"),
        (200, b"<html>", RemoteUnreachable, "not answer as GitHub's API does"),
        (200, b'{"id": "s3cret"}', RemoteUnreachable, "not answer as GitHub's API does"),
        (200, b"[" * 100_000, RemoteUnreachable, "not answer as GitHub's API does"),
        (200, b" " * 2_000_000, RemoteUnreachable, "too long"),
    ],
)
def test_odd_answers(
    forge: GitHttp,
    github: GitHub,
    clock: FakeClock,
    environ: dict[str, str],
    tmp_path: Path,
    status: int,
    body: bytes,
    kind: type[PromoteError],
    told: str,
) -> None:
    github.answers.append((status, {}, body))
    error = denied(forge, clock, environ | APP, tmp_path)
    assert isinstance(error, kind)
    assert told in str(error)


def test_an_answer_that_repeats_the_app_s_token_is_not_shown(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path
) -> None:
    class Echo(list[tuple[int, Mapping[str, str], bytes]]):
        def pop(self, index: object = None) -> tuple[int, Mapping[str, str], bytes]:
            return 422, {}, json.dumps({"message": f"no {github.seen[-1]}"}).encode()

        def __bool__(self) -> bool:
            return True

    github.answers = Echo()
    assert "no Bearer ***" in str(denied(forge, clock, environ | APP, tmp_path))


@pytest.mark.parametrize("token", [b'{"token": "t", "expires_at": "2026-01-05T13:00:00"}', b'{"token": "t"}'])
def test_a_token_without_an_end_is_not_used(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path, token: bytes
) -> None:
    github.answers += [(200, {}, b'{"id": 1}'), (201, {}, token)]
    assert isinstance(denied(forge, clock, environ | APP, tmp_path), RemoteUnreachable)


def test_a_run_by_an_app_found_by_the_repository(
    forge: GitHttp,
    github: GitHub,
    clock: FakeClock,
    environ: dict[str, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(forge, clock, environ | APP, tmp_path) as remotes:
        place = Place(remotes.add(forge.url("acme/gitops.git")), "main")
        tip = remotes.need(place).oid
        outcome = remotes.land(place, parent=tip, expected=tip, files=[change("a", b"1")], message="m")
        assert isinstance(outcome, Landed)
        assert remotes.source(place.repo) == "PROMOTE_GIT_APP_ID"
    # One token for the whole run, for this repository and this right alone.
    assert github.asked == [
        ("GET", "/repos/acme/gitops/installation"),
        ("POST", "/app/installations/5678/access_tokens"),
    ]
    assert github.sold == [{"repositories": ["gitops"], "permissions": {"contents": "write"}}]
    assert "s3cret" not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


def test_the_host_s_own_authority_counts_for_its_api_too(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with (
        GitHttp(forge.root, users=github.users, api=github, tls=context) as secure,
        opened(secure, clock, environ | APP, tmp_path) as remotes,
    ):
        place = Place(remotes.add(secure.url("acme/gitops.git")), "main")
        with pytest.raises(RemoteUnreachable, match="certificate is not trusted"):
            remotes.need(place)
        remotes.know({secure.host: HostAccess(ca=tmp_path / "ca.pem")})
        assert remotes.need(place).oid


def test_a_token_is_bought_anew_before_it_ends(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path
) -> None:
    with opened(forge, clock, {**environ, **APP, "PROMOTE_GIT_APP_INSTALLATION": "5678"}, tmp_path) as remotes:
        place = Place(remotes.add(forge.url("acme/gitops.git")), "main")
        remotes.need(place)
        for passed, bought in ((3200.0, 1), (99.0, 1), (2.0, 2), (3599.0, 3)):
            clock.advance(passed)
            assert remotes.refresh(place) is not None
            assert len(github.sold) == bought, passed
    assert {method for method, _ in github.asked} == {"POST"}


def test_a_clock_that_is_ahead_does_not_buy_for_each_command(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path
) -> None:
    github.lasts = timedelta(seconds=30)
    with opened(forge, clock, environ | APP, tmp_path) as remotes:
        place = Place(remotes.add(forge.url("acme/gitops.git")), "main")
        remotes.need(place)
        remotes.refresh(place)
    assert len(github.sold) == 1


def test_an_app_by_promote_yaml_outranks_the_environment_s_token(
    forge: GitHttp, github: GitHub, clock: FakeClock, environ: dict[str, str], tmp_path: Path
) -> None:
    environ["PROMOTE_GIT_TOKEN"] = "wr0ng"
    with opened(forge, clock, environ, tmp_path) as remotes:
        remotes.know({forge.host: HostAccess(app=App("1234", lambda: pem_of(new_key()), source="promote.yaml"))})
        assert remotes.need(Place(remotes.add(forge.url("acme/gitops.git")), "main")).oid
    assert len(github.sold) == 1


def test_without_cryptography_the_cure_is_named(
    forge: GitHttp, clock: FakeClock, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith("cryptography"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    error = denied(forge, clock, environ | APP, tmp_path)
    assert isinstance(error, UsageError)
    assert "pip install 'gitops-promote[github-app]'" in str(error)


@pytest.mark.parametrize("path", ["gitops.git", "a/b/c", "", "acme/"])
def test_what_is_no_repository_of_github(path: str) -> None:
    with pytest.raises(UsageError, match="is no repository of GitHub"):
        repository_of(parse(f"https://github.com/{path}", base=Path("/")))


@pytest.mark.parametrize(
    ("url", "api", "repository"),
    [
        ("https://github.com/acme/gitops.git", "https://api.github.com", ("acme", "gitops")),
        ("https://acme.ghe.com/acme/gitops", "https://api.acme.ghe.com", ("acme", "gitops")),
        ("https://git.example.com:8443/Acme/git.ops/", "https://git.example.com:8443/api/v3", ("Acme", "git.ops")),
    ],
)
def test_where_the_api_is(url: str, api: str, repository: tuple[str, str]) -> None:
    remote = parse(url, base=Path("/"))
    assert (api_of(remote), repository_of(remote)) == (api, repository)
