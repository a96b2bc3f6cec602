"""No secret is read in what comes from outside, however it stands there."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import RegistryAbsent, RegistryDenied
from promote.transport.veil import LEAST, Veil

SECRET = "s3cret/wörd+'\"\\ \n%"
FORMS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda text: quote(text, safe=""),
    quote,
    lambda text: quote(text, safe="").lower(),
    quote_plus,
    lambda text: repr(text)[1:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: base64.b64encode(f"ci:{text}".encode()).decode(),
    lambda text: base64.b64encode(f"ci:{text}".encode()).decode().rstrip("="),
    lambda text: base64.urlsafe_b64encode(f"ci:{text}".encode()).decode(),
)


def veil(secret: str = SECRET, username: str | None = "ci") -> Veil:
    made = Veil()
    made.cover(secret, username=username)
    return made


@pytest.mark.parametrize("text", ["", "a tag", "s3cret/", "wörd"])
@pytest.mark.parametrize("made", [Veil(), veil(""), veil()])
def test_what_holds_no_secret_stays_the_same_object(made: Veil, text: str) -> None:
    assert made.hide(text) is text
    texts = (text,) * 3
    assert made.hide_each(texts) is texts


@pytest.mark.parametrize("secret", ["", "a", "web", "1234567"])
def test_a_short_secret_is_not_looked_for(secret: str) -> None:
    text = f"a web of 1234567 {secret} letters"
    assert len(secret) < LEAST
    assert veil(secret).hide(text) is text


def test_of_a_short_secret_the_header_is_hidden_all_the_same() -> None:
    header = base64.b64encode(b"ci:web").decode()
    assert veil("web").hide(f"Basic {header} of web") == "Basic *** of web"


def test_each_line_of_a_secret_is_hidden() -> None:
    made = veil("-----BEGIN KEY-----\r\nMIIEpAIBAAKCAQEA\r\nab\r\n")
    assert made.hide("first -----BEGIN KEY-----, then MIIEpAIBAAKCAQEA, and ab") == "first ***, then ***, and ab"


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_hidden_in_every_form(form: Callable[[str], str]) -> None:
    hidden = veil().hide(f"before {form(SECRET)} after")
    assert hidden.startswith("before ***")
    assert hidden.strip("=").endswith(" after")
    assert len(hidden) <= len("before *** after==")


def test_a_secret_without_a_user_name_has_no_header() -> None:
    header = base64.b64encode(f"None:{SECRET}".encode()).decode()
    assert veil(username=None).hide(header) == header


@given(
    secret=st.text(min_size=LEAST, max_size=30),
    around=st.tuples(st.text(max_size=20), st.text(max_size=20)),
    form=st.sampled_from(FORMS[2:]),
)
def test_nothing_is_left_of_a_secret(secret: str, around: tuple[str, str], form: Callable[[str], str]) -> None:
    try:
        written = form(secret)
    except UnicodeEncodeError:  # half a pair of surrogates, which no variable and no file holds
        return
    hidden = veil(secret).hide(around[0] + written + around[1])
    assert "***" in hidden
    assert secret not in hidden


def test_of_a_list_only_what_holds_a_secret_is_changed() -> None:
    assert veil().hide_each(["1.0", f"x-{SECRET}", "2.0"]) == ("1.0", "x-***", "2.0")


def test_several_secrets() -> None:
    made = veil("s3cret-one")
    made.cover("s3cret-one-and-more")
    made.cover("s3cret-two")
    assert made.hide("s3cret-one-and-more, s3cret-one, s3cret-two") == "***, ***, ***"


def test_an_error_stays_what_it_is_and_loses_what_led_to_it() -> None:
    def fail(what: str) -> None:
        try:
            raise ValueError(what)
        except ValueError as error:
            raise RegistryAbsent(what, where=f"https://host/{what}", cure=f"not {what}") from error

    with pytest.raises(RegistryAbsent) as caught, veil().over_errors():
        fail(f"s {SECRET} e")
    assert str(caught.value) == "https://host/s *** e: s *** e; not s *** e"
    assert caught.value.args == ("s *** e",)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(RegistryAbsent) as caught, veil().over_errors():
        fail("plain")
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("to 'https://host/s3cret/wö', which", "to 'https://host/***', which"),
        ('of type "text/S3CRET/WÖRD+', 'of type "text/***'),
        # too little to be known by, and what is not cut off there
        ("to 'https://host/s3cret/', which", "to 'https://host/s3cret/', which"),
        ("to 'https://host/s3cret/wö/x', which", "to 'https://host/s3cret/wö/x', which"),
    ],
)
def test_a_secret_is_hidden_where_a_message_cuts_it(what: str, shown: str) -> None:
    with pytest.raises(RegistryDenied) as caught, veil().over_errors():
        raise RegistryDenied(what)
    assert caught.value.what == shown


def test_secrets_may_be_covered_by_many_threads() -> None:
    made, start = Veil(), threading.Barrier(16, timeout=20)

    def cover(number: int) -> None:
        start.wait()
        for each in range(20):
            made.cover(f"s3cret-{number:02}-{each:02}")

    threads = [threading.Thread(target=cover, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(RegistryDenied, match=r"^\*\*\*$"), made.over_errors():
        raise RegistryDenied("s3cret-15-19")
    assert made.hide_each(f"s3cret-{number:02}-00" for number in range(16)) == ("***",) * 16
