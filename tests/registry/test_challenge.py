from __future__ import annotations

import pytest

from promote.registry.challenge import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("=", ()),
        (",,", ()),
        ("Negotiate", (Challenge("negotiate"),)),
        # a token68 is no parameter
        ("Negotiate YWJj==", (Challenge("negotiate"),)),
        ("Negotiate, Basic realm=x", (Challenge("negotiate"), Challenge("basic", (("realm", "x"),)))),
        ('Basic realm="a, b"', (Challenge("basic", (("realm", "a, b"),)),)),
        (r'Basic realm="say \"hi\" \\"', (Challenge("basic", (("realm", 'say "hi" \\'),)),)),
        # names of schemes and parameters have no case, and spaces may stand around `=`
        ('BEARER Realm = "r" , SERVICE="s"', (Challenge("bearer", (("realm", "r"), ("service", "s"))),)),
        # the first of two counts
        ("Basic realm=a, realm=b", (Challenge("basic", (("realm", "a"),)),)),
        # an unquoted URL, as some registries send it
        ("Bearer realm=https://a/t,service=s", (Challenge("bearer", (("realm", "https://a/t"), ("service", "s"))),)),
        (
            'Bearer realm="https://a/t",scope="repository:a/b:pull,push", Basic realm="r"',
            (
                Challenge("bearer", (("realm", "https://a/t"), ("scope", "repository:a/b:pull,push"))),
                Challenge("basic", (("realm", "r"),)),
            ),
        ),
        # an open quote ends what can be read
        ('Bearer realm="open', (Challenge("bearer"),)),
    ],
)
def test_challenges_are_read_as_rfc_9110_has_them(header: str, expected: tuple[Challenge, ...]) -> None:
    assert parse_challenges(header) == expected


@pytest.mark.parametrize(
    "header", ['Basic a="' + "\\" * 60_000, "a=b," * 20_000, "Basic " + "a " * 30_000, "," * 60_000]
)
def test_a_hostile_header_takes_no_time(header: str) -> None:
    parse_challenges(header)
