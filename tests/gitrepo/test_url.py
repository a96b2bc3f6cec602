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
        ("-oProxyCommand=id@host:x", "begins with a dash"),
        ("host:-x", "not a host with a path"),
        ("ssh://%2doProxyCommand=id/x", "not a URL with a host"),
        ("ssh://-l@host/x", "not a URL with a host"),
        ("ssh://%2Dl@host/x", "not a URL with a host"),
        ("https://host/x%00y", "hides control characters"),
        ("https://host/x%0ahost=evil", "hides control characters"),
        ("https://host%0a.evil/x", "hides control characters"),
        ("ssh://host/a%1bb", "hides control characters"),
        ("git://host/a%0d%0ahost=other", "hides control characters"),
        ("file:///srv/a%00b", "hides control characters"),
        ("file://host/srv/a.git", "names a host"),
        ("file://relative", "names a host, or no path"),
        ("file://", "names a host, or no path"),
        ("transport::https://host/x", "runs a program"),
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
        ("file://localhost/srv/a.git", "file:///srv/a.git"),
        ("./-l@host:x", "file:///base/dir/-l%40host%3Ax"),
        ("https://host/-x", "https://host/-x"),
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


@pytest.mark.parametrize(
    ("text", "address", "full", "is_private"),
    [
        ("/srv/a.git", "", "", False),
        ("git@git.example.com:a/b.git", "git.example.com", "git.example.com:22", False),
        ("ssh://git@git.example.com:2222/a", "git.example.com:2222", "git.example.com:2222", False),
        ("http://git.example.com/a", "git.example.com", "git.example.com:80", False),
        ("https://git.example.com/a", "git.example.com", "git.example.com:443", True),
        ("https://[::1]/a", "[::1]", "[::1]:443", True),
        ("http://[::1]:3000/a", "[::1]:3000", "[::1]:3000", True),
        ("http://localhost:80/a", "localhost", "localhost:80", True),
    ],
)
def test_the_address_of_a_host(text: str, address: str, full: str, is_private: bool) -> None:
    remote = parse(text, base=BASE)
    assert (remote.address, remote.full_address, remote.is_private) == (address, full, is_private)


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
    [
        *("", "-x", "a b", "a:b", "main:refs/heads/prod", "^a", "a..b", "a@{1}", "a/.b", "a.lock", "/a", "a/", "*"),
        *("@", "--upload-pack=x", "a\nb", "a\0", "a\x1b[2J", "a\x7f", "a\\b", "a\x85b", "a\u2028b", "a\u202eb", "HEAD"),
        *("a" * 241, "\udcff"),
    ],
)
def test_what_is_no_branch(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a branch's name"):
        ref_of(name)


def test_a_ref_is_no_branch() -> None:
    with pytest.raises(UsageError, match="write the branch's own, 'main'"):
        ref_of("refs/heads/main")


@pytest.mark.parametrize("name", ["+a", "a=b", "main", "env/prod", "promote/app/prod/web", "é", "a@b", "v1.2"])
def test_what_is_a_branch(name: str) -> None:
    assert ref_of(name) == f"refs/heads/{name}"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/acme/gitops.git?private_token=s3cret",
        "http://git.example.com/?private_token=s3cret",
        "https://git.example.com/acme/gitops.git#s3cret",
        "https://git.example.com?s3cret",
        "https://git.example.com/a%00?s3cret",
        "https:///a?private_token=s3cret",
        "ftp://git.example.com/a?private_token=s3cret",
        "-https://git.example.com/a?s3cret",
        "https://git.example.com/a?s3cret\n",
    ],
)
def test_a_query_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(url, base=Path("/"))
    assert "s3cret" not in str(caught.value)


def test_a_path_may_hold_a_question_mark(tmp_path: Path) -> None:
    assert parse("a?b", base=tmp_path).public == f"{tmp_path.as_uri()}/a%3Fb"
    assert parse("git@git.example.com:a?b", base=tmp_path).public == "git@git.example.com:a?b"


def test_a_url_without_its_scheme_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse("ci:s3cret@git.example.com/acme/gitops.git", base=Path("/"))
    assert "s3cret" not in str(caught.value)
    assert "https://" in str(caught.value)
