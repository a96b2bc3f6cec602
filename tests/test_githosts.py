"""promote.yaml's `git` becomes what the keyring takes; a secret is had there and goes nowhere else (10.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.config.load import load
from promote.errors import UsageError
from promote.githosts import git_access
from promote.gitrepo.credentials.settings import HostAccess

ROOT = Path("/repo")
ENVIRON = {"PROMOTE_A": "s3cret-a", "PROMOTE_B": "s3cret-b"}


def access(said: str, environ: dict[str, str], host: str = "a.io") -> HostAccess:
    config = load("ours.yaml", f"version: 1\ngit: {{{host}: {said}}}\n".encode(), environ=environ)
    return git_access(config, environ, ROOT)[host]


@pytest.mark.parametrize(
    ("host", "said", "expected"),
    [
        ("a.io", "{token: {env: PROMOTE_A}}", ("x-access-token", "s3cret-a")),
        ("bitbucket.org", "{token: {env: PROMOTE_A}}", ("x-token-auth", "s3cret-a")),
        ("a.io", "{username: u, token: {env: PROMOTE_A}}", ("u", "s3cret-a")),
        ("a.io", "{username: u, password: {env: PROMOTE_B}}", ("u", "s3cret-b")),
    ],
)
def test_a_login(host: str, said: str, expected: tuple[str, str]) -> None:
    found = access(said, ENVIRON, host)
    assert "s3cret" not in repr(found)
    assert found.login is not None
    login = found.login()
    assert ((login.username, login.password), login.source) == (expected, f"`git: {host}` of ours.yaml")


def test_an_app_ssh_and_an_authority() -> None:
    found = access(
        "{app: {id: 12, key: {env: PROMOTE_A}, installation: 34}, ca: ca.pem,"
        " ssh: {key: {env: PROMOTE_A}, known_hosts: {env: PROMOTE_B}}}",
        ENVIRON,
    )
    assert "s3cret" not in repr(found)
    assert found.ca == ROOT / "ca.pem"
    assert found.app is not None
    assert (found.app.id, found.app.key(), found.app.installation) == ("12", "s3cret-a", "34")
    assert found.ssh is not None
    assert found.ssh.key is not None
    assert found.ssh.known_hosts is not None
    assert (found.ssh.key(), found.ssh.known_hosts()) == ("s3cret-a", "s3cret-b")


def test_what_is_not_said_is_not_there() -> None:
    assert access("{ca: /etc/ca.pem}", {}) == HostAccess(ca=Path("/etc/ca.pem"))


def test_a_secret_that_is_missing_is_told_with_its_place_when_it_is_asked_for() -> None:
    found = access("{app: {id: 12, key: {env: PROMOTE_A}}}", {})
    assert found.app is not None
    with pytest.raises(UsageError) as caught:
        found.app.key()
    assert str(caught.value).startswith("git: a.io: app: key: the secret PROMOTE_A is not set")
