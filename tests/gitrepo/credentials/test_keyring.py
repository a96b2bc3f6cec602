"""Which credential reaches a real server, and that no other does."""

from __future__ import annotations

import base64
import logging
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import trustme

from promote.errors import RemoteDenied, UsageError
from promote.gitrepo.clone.workdir import find
from promote.gitrepo.command.git import Git
from promote.gitrepo.credentials.grant import Login
from promote.gitrepo.credentials.settings import HostAccess, Ssh
from promote.gitrepo.credentials.variables import STEM
from promote.gitrepo.remote import Remotes
from promote.hostvars import unique_part
from promote.place import Place
from tests.clock import FakeClock
from tests.gitrepo.person import Person
from tests.servers.githttp import Fault, GitHttp

SOURCES = ("url", "settings", "host", "home", "netrc", "helper", "askpass", "job")
JOB = "gitlab-ci-token"  # the user that CI's token is sent with


@pytest.fixture
def locked(served: Path, other: Person) -> Iterator[GitHttp]:
    """A server that knows each source of credentials by a user of that name."""
    with GitHttp(served, users={name: f"s3cret-{name}" for name in SOURCES} | {JOB: "s3cret-job"}) as running:
        yield running


class Machine:
    """Where sources of credentials are put."""

    def __init__(self, environ: dict[str, str], base: Path, server: GitHttp) -> None:
        self.environ = environ
        self.base = base
        self.server = server
        self.url = server.url("gitops.git")
        self.home: str | None = self.url
        self.hosts: Mapping[str, HostAccess] = {}
        self.stem = f"{STEM}_{unique_part(server.host)}"

    def put(self, source: str, secret: str = "") -> None:
        secret = secret or f"s3cret-{source}"
        match source:
            case "url":
                self.url = self.server.url("gitops.git", userinfo=f"url:{secret}")
            case "settings":
                self.hosts = {self.server.host: HostAccess(lambda: Login("settings", secret, "promote.yaml"))}
            case "host":
                self.environ |= {f"{self.stem}_USERNAME": "host", f"{self.stem}_PASSWORD": secret}
            case "home":
                self.environ |= {f"{STEM}_USERNAME": "home", f"{STEM}_TOKEN": secret}
            case "helper":
                self.gitconfig(f'[credential]\nhelper = "!echo username=helper; echo password={secret}; true"\n')
            case "netrc":
                netrc = Path(self.environ["HOME"]) / ".netrc"
                netrc.write_text(f"machine 127.0.0.1 login netrc password {secret}\n")
                netrc.chmod(0o600)
            case "askpass":
                self.environ["GIT_ASKPASS"] = self.script(f"case $1 in User*) echo askpass;; *) echo {secret};; esac")
            case "job":
                self.environ |= {"CI_SERVER_URL": self.server.url(""), "CI_JOB_TOKEN": secret}

    def gitconfig(self, text: str) -> None:
        file = self.base / "gitconfig"
        file.write_text(text)
        self.environ["GIT_CONFIG_GLOBAL"] = str(file)

    def script(self, text: str) -> str:
        file = self.base / "script"
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return str(file)

    def remotes(self) -> Remotes:
        opened = Remotes(environ=self.environ, clock=FakeClock(), base=self.base, home=self.home, deadline_seconds=20)
        opened.know(self.hosts)
        return opened

    def reach(self) -> None:
        """Reads the repository; RemoteDenied where it does not let us in."""
        with self.remotes() as remotes:
            assert remotes.need(Place(remotes.add(self.url), "main")).oid

    def seen(self) -> list[str]:
        """Who the server was told, in order."""
        out: list[str] = []
        for request in self.server.log.requests:
            if request.authorization is not None:
                name = base64.b64decode(request.authorization.split()[1]).decode().partition(":")[0]
                name = "job" if name == JOB else name
                # To end what .netrc would answer, git sends an empty name first.
                out += [] if name in ("", *out[-1:]) else [name]
        return out


@pytest.fixture
def machine(environ: dict[str, str], tmp_path: Path, locked: GitHttp) -> Machine:
    return Machine(environ, tmp_path, locked)


@pytest.mark.parametrize("first", range(len(SOURCES)))
def test_the_first_in_the_documented_order_counts(machine: Machine, first: int) -> None:
    for source in SOURCES[first:]:
        machine.put(source)
    machine.reach()
    assert machine.seen() == [SOURCES[first]]


@pytest.mark.parametrize("first", range(4))
def test_who_has_given_a_wrong_one_is_not_let_in_by_another(machine: Machine, first: int) -> None:
    for source in SOURCES[first + 1 :]:
        machine.put(source)
    machine.put(SOURCES[first], "wr0ng")
    with pytest.raises(RemoteDenied, match=r"\(the credential is from .+\)") as caught:
        machine.reach()
    assert machine.seen() == [SOURCES[first]]
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("header", ["http.extraheader", "http.http://{host}/.extraheader"])
@pytest.mark.parametrize("is_global", [True, False])
def test_a_header_of_the_user_s_does_not_sign_in_in_the_place_of_what_was_given(
    machine: Machine, other: Person, header: str, is_global: bool
) -> None:
    key = header.format(host=machine.server.host)
    login = "AUTHORIZATION: basic " + base64.b64encode(b"helper:s3cret-helper").decode()
    environ = machine.environ
    other.git("remote", "set-url", "origin", machine.url)
    if is_global:
        machine.gitconfig("")
        other.environ = {**other.environ, "GIT_CONFIG_GLOBAL": environ["GIT_CONFIG_GLOBAL"]}
    scope = "--global" if is_global else "--local"
    other.git("config", scope, "--add", key, login)
    other.git("config", scope, "--add", key, "X-Gateway: yes")
    workdir = find(other.folder, git=Git(environ))
    for source, expected in ((None, ["helper"]), ("home", ["helper", "home"])):
        if source is not None:
            machine.put(source)
        with Remotes(environ=environ, clock=FakeClock(), base=machine.base, workdir=workdir) as remotes:
            assert remotes.need(Place(machine.url, "main")).oid
        assert machine.seen() == expected


def test_10_3_what_is_for_the_run_s_own_host_goes_to_no_other(machine: Machine, served: Path) -> None:
    machine.put("home")
    with GitHttp(served, users={"home": "s3cret-home"}) as elsewhere:
        machine.home = elsewhere.url("gitops.git")
        with pytest.raises(RemoteDenied):
            machine.reach()
        assert machine.seen() == []
        machine.home = None
        with pytest.raises(RemoteDenied):
            machine.reach()
        assert machine.seen() == []


@pytest.mark.parametrize("source", ["settings", "host", "home", "job"])
def test_10_3_no_credential_follows_a_redirection(machine: Machine, served: Path, source: str) -> None:
    machine.put(source)
    with GitHttp(served, users={source: f"s3cret-{source}", JOB: "s3cret-job"}) as elsewhere:
        target = elsewhere.url("gitops.git/info/refs?service=git-upload-pack")
        machine.server.fail(Fault("/info/refs", method="GET", status=301, location=target))
        with pytest.raises(RemoteDenied):
            machine.reach()
        assert elsewhere.log.requests
        assert {request.authorization for request in elsewhere.log.requests} == {None}


@pytest.mark.parametrize(
    ("environ", "hosts"),
    [
        ({f"{STEM}_TOKEN": "s3cret"}, {}),
        ({f"{STEM}_GIT_EXAMPLE_INVALID_TOKEN": "s3cret"}, {}),
        ({f"{STEM}_APP_ID": "1", f"{STEM}_APP_KEY": "s3cret"}, {}),
        ({}, {"git.example.invalid": HostAccess(lambda: Login("u", "s3cret", "promote.yaml"))}),
        ({}, {"git.example.invalid:80": HostAccess(lambda: Login("u", "s3cret", "promote.yaml"))}),
    ],
)
def test_nothing_is_sent_in_the_clear(
    environ: Mapping[str, str], hosts: Mapping[str, HostAccess], tmp_path: Path
) -> None:
    url = "http://git.example.invalid/a/b"
    machine_environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environ}
    with Remotes(environ=machine_environ, clock=FakeClock(), base=tmp_path, home=url) as remotes:
        remotes.know(hosts)
        with pytest.raises(UsageError, match="https") as caught:
            remotes.need(Place(remotes.add(url), "main"))
    assert "s3cret" not in str(caught.value)


def test_what_becomes_known_later_counts_from_then_on(machine: Machine) -> None:
    machine.put("home", "wr0ng")
    with machine.remotes() as remotes:
        place = Place(remotes.add(machine.url), "main")
        with pytest.raises(RemoteDenied):
            remotes.need(place)
        assert remotes.source(place.repo) == f"{STEM}_TOKEN"
        machine.put("settings")
        remotes.know(machine.hosts)
        assert remotes.need(place).oid
        assert remotes.source(place.repo) == "promote.yaml"


def test_a_user_in_the_url_is_told_to_a_helper_and_no_more(machine: Machine) -> None:
    machine.put("job")
    machine.url = machine.server.url("gitops.git", userinfo="somebody")
    machine.reach()
    assert machine.seen() == ["job"]


@pytest.mark.parametrize("ca_by", ["settings", "variable"])
def test_an_authority_of_the_host_s_own_outranks_one_of_the_environment(
    served: Path, other: Person, environ: dict[str, str], tmp_path: Path, ca_by: str
) -> None:
    right, wrong = trustme.CA(), trustme.CA()
    for name, authority in (("right", right), ("wrong", wrong)):
        authority.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    right.issue_cert("127.0.0.1").configure_cert(context)
    environ["GIT_SSL_CAINFO"] = str(tmp_path / ("wrong.pem" if ca_by == "settings" else "right.pem"))
    with GitHttp(served, tls=context, users={"x-access-token": "s3cret"}) as server:
        url = server.url("gitops.git")
        environ[f"{STEM}_TOKEN"] = "s3cret"
        with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, home=url) as remotes:
            if ca_by == "settings":
                remotes.know({server.host: HostAccess(ca=tmp_path / "right.pem")})
            assert remotes.need(Place(remotes.add(url), "main")).oid


def test_the_log_names_the_source_and_not_the_secret(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    machine.put("home")
    machine.reach()
    assert f"{machine.url}: signs in by {STEM}_TOKEN" in [record.message for record in caplog.records]
    assert "s3cret" not in caplog.text


def test_a_secret_that_is_not_to_be_had_ends_the_run(machine: Machine) -> None:
    def fails() -> str:
        raise UsageError("the secret PROMOTE_X is not set", where="git: x: token")

    machine.hosts = {machine.server.host: HostAccess(lambda: Login("u", fails(), "promote.yaml"))}
    with pytest.raises(UsageError, match="PROMOTE_X is not set"):
        machine.reach()
    assert machine.seen() == []


@pytest.mark.parametrize("url", ["{host}:a/b", "ssh://{host}/a/b"])
def test_a_token_says_nothing_of_ssh(environ: dict[str, str], tmp_path: Path, url: str) -> None:
    environ |= {f"{STEM}_TOKEN": "s3cret", f"{STEM}_GIT_EXAMPLE_INVALID_TOKEN": "s3cret"}
    remote = url.format(host="git.example.invalid")
    with Remotes(environ=environ, clock=FakeClock(), base=tmp_path, home=remote) as remotes:
        assert remotes.source(remotes.add(remote)) == ""


def test_ssh_says_nothing_of_https(machine: Machine, reach: Callable[[str], Git]) -> None:
    machine.hosts = {machine.server.host: HostAccess(ssh=Ssh(key=lambda: "no key"))}
    machine.put("helper")
    machine.reach()
    assert machine.seen() == ["helper"]
