from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.gitrepo.branch import ref_of
from promote.gitrepo.url import RemoteUrl, parse, redacted

BASE = Path("/base/dir")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a URL"),
        ("-u/x", "begins with a dash"),
        ("--upload-pack=touch /tmp/x", "begins with a dash"),
        ("ext::sh -c id", "runs a program"),
        ("fd::7", "runs a program"),
        ("ext://x/y", "is not taken"),
        ("ftp://host/x", "is not taken"),
        ("https://host/x\ny", "control characters"),
        ("https://host/x\x1b[2J", "control characters"),
        ("ssh://-oProxyCommand=id/x", "not a URL with a host"),
        ("-oProxyCommand=id:x", "begins with a dash"),
        ("user@-oProxyCommand=id:x", "not a host"),
        ("https:///path", "not a URL with a host"),
        ("https://host:port/x", "not a URL"),
        ("https://u:p%0Aq@host/x", "control character"),
        ("https://u:%ff@host/x", "not UTF-8"),
        ("http://u:secret-word@git.example.com/x", "in the clear"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        parse(text, base=BASE)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("https://git.example.com/a/b.git", "https://git.example.com/a/b.git"),
        ("HTTPS://git.example.com/a", "https://git.example.com/a"),
        ("git@git.example.com:a/b.git", "git@git.example.com:a/b.git"),
        ("git.example.com:a/b.git", "git.example.com:a/b.git"),
        ("ssh://git@git.example.com:22/a", "ssh://git@git.example.com/a"),
        ("ssh://git:word@git.example.com/a", "ssh://git@git.example.com/a"),
        ("/srv/a.git", "file:///srv/a.git"),
        ("https://Git.Example.COM:443/a/./b/../c.git//", "https://git.example.com/a/c.git"),
        ("http://git.example.com:80/a/", "http://git.example.com/a"),
        ("http://git.example.com:8080/../a", "http://git.example.com:8080/a"),
        ("git://git.example.com:9418/a", "git://git.example.com/a"),
        ("https://[::1]:443/A", "https://[::1]/A"),
        ("ssh://git.example.com/~ann/../a/", "ssh://git.example.com/~ann/../a"),
        ("git@Git.Example.com:a/../b.git/", "git@git.example.com:b.git"),
        ("Alias:../a", "Alias:../a"),
        ("git.example.com:/../a/", "git.example.com:/a"),
        ("file:///a/../a/x.git", "file:///a/x.git"),
        ("file:////srv/a%20b.git/", "file:///srv/a%20b.git"),
        ("../a b%.git", "file:///base/a%20b%25.git"),
        ("./-u", "file:///base/dir/-u"),
        (".", "file:///base/dir"),
        ("./x:y", "file:///base/dir/x%3Ay"),
        ("file:///srv/a.git", "file:///srv/a.git"),
    ],
)
def test_without_a_credential(text: str, public: str) -> None:
    assert parse(text, base=BASE) == RemoteUrl(public)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://u:p@host/x", RemoteUrl("https://host/x", "u", "p")),
        ("https://u:@host/x", RemoteUrl("https://host/x", "u", "")),
        ("https://u@host/x", RemoteUrl("https://host/x", "u", None)),
        ("https://a%40b:p%2Fq@host:8443/x", RemoteUrl("https://host:8443/x", "a@b", "p/q")),
        ("http://u:p@127.0.0.1:3000/x", RemoteUrl("http://127.0.0.1:3000/x", "u", "p")),
        ("http://u:p@[::1]:3000/x", RemoteUrl("http://[::1]:3000/x", "u", "p")),
    ],
)
def test_the_credential_stands_apart(text: str, expected: RemoteUrl) -> None:
    remote = parse(text, base=BASE)
    assert remote == expected
    assert expected.password is None or f"{expected.password!r}" not in repr(remote)


def test_no_setting_holds_the_password() -> None:
    remote = parse("https://user:s3cret-word@host/x", base=BASE)
    assert "s3cret-word" not in repr(remote.config)
    assert {key for key, _ in remote.config} == {"credential.https://host.helper"}
    assert remote.secrets == {"s3cret-word"}


def test_a_token_as_a_name_is_a_secret() -> None:
    assert parse("https://ghp_0123456789@host/x", base=BASE).secrets == {"ghp_0123456789"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing here", "nothing here"),
        ("git@host:path", "git@host:path"),
        ("fatal: unable to access 'https://u:p@host/x/'", "fatal: unable to access 'https://host/x/'"),
        ("Authorization: Basic dTpw", "Authorization: Basic ***"),
        ("http.extraheader=AUTHORIZATION: bearer abc.def", "http.extraheader=AUTHORIZATION: bearer ***"),
        ("it is hunter22", "it is ***"),
    ],
)
def test_redacted(text: str, shown: str) -> None:
    assert redacted(text, frozenset({"hunter22"})) == shown


@pytest.mark.parametrize(
    "name",
    ["", "-x", "a b", "a:b", "main:refs/heads/prod", "^a", "a..b", "a@{1}", "a/.b", "a.lock", "/a", "a/", "*", "@"],
)
def test_what_is_no_branch(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a branch's name"):
        ref_of(name)


@pytest.mark.parametrize("name", ["main", "env/prod", "promote/app/prod/web", "é", "a@b", "v1.2"])
def test_what_is_a_branch(name: str) -> None:
    assert ref_of(name) == f"refs/heads/{name}"


def test_a_url_without_its_scheme_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse("ci:s3cret@git.example.com/acme/gitops.git", base=Path("/"))
    assert "s3cret" not in str(caught.value)
    assert "https://" in str(caught.value)
