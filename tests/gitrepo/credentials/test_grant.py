from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.gitrepo.credentials.grant import Access, Grant, Login, by_url, given, offered
from promote.gitrepo.url import RemoteUrl, parse

REMOTE = parse("https://host/x", base=Path("/"))
LOGIN = Login("user", "s3cret/word", "somebody")
FORMS = {"s3cret/word", "s3cret%2Fword", base64.b64encode(b"user:s3cret/word").decode()}


def test_no_setting_and_no_repr_holds_the_password() -> None:
    grant = by_url(parse("https://user:s3cret%2Fword@host/x", base=Path("/")))
    assert "s3cret" not in repr(grant) + repr(grant.config) + repr(LOGIN)
    assert {key for key, _ in grant.config} == {"credential.https://host.helper"}
    assert grant.secrets == FORMS
    assert grant.source == "its URL"


@pytest.mark.parametrize("login", [Login("u", "s3cret\nhost=evil", "X"), Login("u\nhost=evil", "s3cret", "X")])
@pytest.mark.parametrize("way", [given, offered])
def test_a_secret_that_would_tell_git_more_is_refused(login: Login, way: Callable[[RemoteUrl, Login], Grant]) -> None:
    with pytest.raises(UsageError, match="the credential from X holds a control character") as caught:
        way(REMOTE, login)
    assert "s3cret" not in str(caught.value)


def test_a_line_break_at_the_end_is_none_of_the_secret() -> None:
    assert given(REMOTE, Login("user", "s3cret/word\r\n", "X")).secrets == FORMS


def test_what_is_given_ends_the_list_of_helpers_and_what_is_offered_does_not() -> None:
    assert [value == "" for _, value in given(REMOTE, LOGIN).config] == [True, False]
    assert [value == "" for _, value in offered(REMOTE, LOGIN).config] == [False]
    assert given(REMOTE, LOGIN).source == "somebody"
    assert offered(REMOTE, LOGIN).source == ""


def test_a_token_as_a_name_is_a_secret() -> None:
    assert by_url(parse("https://ghp_0123456789@host/x", base=Path("/"))).secrets == {"ghp_0123456789"}
    assert by_url(parse("https://git@host/x", base=Path("/"))).secrets == frozenset()


def test_an_access_remembers_the_secrets_of_tokens_that_have_ended() -> None:
    grants = iter([Grant("a", secrets=frozenset({"one"})), Grant("b", secrets=frozenset({"two"}))])
    access = Access(lambda: next(grants))
    assert access.secrets == frozenset()
    assert [access.grant().source, access.source, access.grant().source, access.source] == ["a", "a", "b", "b"]
    assert access.secrets == {"one", "two"}
