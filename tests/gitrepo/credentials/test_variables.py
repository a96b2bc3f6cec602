from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.gitrepo.credentials.variables import home_app, home_login, home_ssh, host_login

HOST = "git-1.example.com:8443"
STEM = "PROMOTE_GIT_GIT__1_EXAMPLE_COM_8443"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"PASSWORD": "s3cret"}, "PASSWORD is set, and {stem}_USERNAME is not; set both"),
        ({"USERNAME": "s3cret"}, "USERNAME is set, and neither {stem}_PASSWORD nor {stem}_TOKEN is"),
        ({"TOKEN": "s3cret", "PASSWORD": "s3cret"}, "TOKEN and {stem}_PASSWORD are both set; unset one of them"),
    ],
)
@pytest.mark.parametrize(("stem", "find"), [("PROMOTE_GIT", home_login), (STEM, host_login)])
def test_halves_are_refused(given: Mapping[str, str], told: str, stem: str, find: object) -> None:
    assert callable(find)
    with pytest.raises(UsageError) as caught:
        find(HOST, {f"{stem}_{name}": value for name, value in given.items()})
    assert told.format(stem=stem) in str(caught.value)
    assert str(caught.value).startswith(f"{HOST}: ")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "given", "expected"),
    [
        (HOST, {}, None),
        (HOST, {"TOKEN": "", "USERNAME": "", "PASSWORD": ""}, None),
        (HOST, {"TOKEN": "t"}, ("x-access-token", "t", "TOKEN")),
        ("bitbucket.org", {"TOKEN": "t"}, ("x-token-auth", "t", "TOKEN")),
        (HOST, {"TOKEN": "t", "USERNAME": "u"}, ("u", "t", "TOKEN")),
        (HOST, {"USERNAME": "u", "PASSWORD": "p"}, ("u", "p", "PASSWORD")),
    ],
)
def test_a_login(host: str, given: Mapping[str, str], expected: tuple[str, str, str] | None) -> None:
    for stem, find in (("PROMOTE_GIT", home_login), ("PROMOTE_GIT_BITBUCKET_ORG", host_login), (STEM, host_login)):
        login = find(host, {f"{stem}_{name}": value for name, value in given.items()})
        if find is host_login and (host == HOST) != (stem == STEM):
            assert login is None  # SEMANTICS 10.3: a variable is for the host in its name
        elif expected is None:
            assert login is None
        else:
            assert login is not None
            assert (login.username, login.password, login.source) == (*expected[:2], f"{stem}_{expected[2]}")


def test_10_3_a_host_whose_variables_could_be_another_s_has_none() -> None:
    assert host_login("a.8443", {"PROMOTE_GIT_A_8443_TOKEN": "t"}) is None
    assert host_login("a:8443", {"PROMOTE_GIT_A_8443_TOKEN": "t"}) is not None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"PROMOTE_GIT_APP_ID": "1"}, "set PROMOTE_GIT_APP_KEY or PROMOTE_GIT_APP_KEY_FILE too"),
        ({"PROMOTE_GIT_APP_KEY": "s3cret"}, "set PROMOTE_GIT_APP_ID too"),
        ({"PROMOTE_GIT_APP_ID": "1", "PROMOTE_GIT_APP_KEY": "s3cret", "PROMOTE_GIT_APP_KEY_FILE": "f"}, "both set"),
        ({"PROMOTE_GIT_SSH_KEY": "s3cret", "PROMOTE_GIT_SSH_KEY_FILE": "f"}, "both set"),
        ({"PROMOTE_GIT_KNOWN_HOSTS": "s3cret", "PROMOTE_GIT_KNOWN_HOSTS_FILE": "f"}, "both set"),
    ],
)
def test_a_part_of_an_app_or_of_ssh_is_refused(given: Mapping[str, str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        _ = (home_app(given), home_ssh(given))
    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff s3cret", "is not text"),
        (b"s3cret" * 20_000, "is too large"),
    ],
)
def test_a_file_that_gives_no_secret(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    ssh = home_ssh({"PROMOTE_GIT_SSH_KEY_FILE": os.fspath(file)})
    assert ssh is not None
    assert ssh.key is not None
    with pytest.raises(UsageError) as caught:
        ssh.key()
    assert told in str(caught.value)
    assert "PROMOTE_GIT_SSH_KEY_FILE" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_app_and_ssh_from_texts_and_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the key\n")
    (tmp_path / "hosts").write_text("the hosts\n")
    assert home_app({}) is None
    assert home_ssh({}) is None
    app = home_app({"PROMOTE_GIT_APP_ID": "1", "PROMOTE_GIT_APP_KEY": "text", "PROMOTE_GIT_APP_INSTALLATION": "7"})
    assert app is not None
    assert (app.id, app.key(), app.installation) == ("1", "text", "7")
    app = home_app({"PROMOTE_GIT_APP_ID": "1", "PROMOTE_GIT_APP_KEY_FILE": os.fspath(tmp_path / "key")})
    assert app is not None
    assert (app.key(), app.installation) == ("the key\n", None)
    ssh = home_ssh({"PROMOTE_GIT_SSH_KEY": "k", "PROMOTE_GIT_KNOWN_HOSTS_FILE": os.fspath(tmp_path / "hosts")})
    assert ssh is not None
    assert ssh.key is not None
    assert ssh.known_hosts is not None
    assert (ssh.key(), ssh.known_hosts()) == ("k", "the hosts\n")
    assert ssh.source == "PROMOTE_GIT_SSH_KEY and PROMOTE_GIT_KNOWN_HOSTS_FILE"
