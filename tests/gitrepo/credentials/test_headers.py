from __future__ import annotations

from pathlib import Path

import pytest

from promote.gitrepo.credentials.headers import without_login
from promote.gitrepo.url import parse

REMOTE = parse("https://host/a/b", base=Path("/"))
KEY = "http.https://host/a/b.extraheader"
LOGIN, OTHER = "AUTHORIZATION: basic abc", "X-Gateway: 1"


@pytest.mark.parametrize(
    ("config", "own", "expected"),
    [
        ([], [], []),
        ([("http.extraheader", OTHER)], [], [("http.extraheader", OTHER)]),
        # Another host, and another folder, whose names only begin alike.
        (
            [],
            [
                ("http.https://host/.extraheader", LOGIN),
                ("http.https://hos.extraheader", "X: 1"),
                ("http.https://host/a/.extraheader", "X: 2"),
                ("http.https://host/a/b/.extraheader", "X: 3"),
                ("http.https://host/a/b.extraheader", "X: 4"),
                ("http.https://host.extraheader", "X: 5"),
                ("http.https://host/a/bc.extraheader", "X: 6"),
                ("http.https://host/a/.extraheader", "X: 7"),
            ],
            [(KEY, ""), (KEY, "X: 2"), (KEY, "X: 3"), (KEY, "X: 4"), (KEY, "X: 5"), (KEY, "X: 7")],
        ),
        (
            [],
            [("http.https://host/a/.extraheader", LOGIN), ("http.https://host/a.extraheader", "X: 1")],
            [(KEY, ""), (KEY, "X: 1")],
        ),
        ([("http.proxy", LOGIN)], [("http.extraheader", OTHER)], [("http.proxy", LOGIN)]),
        ([("http.extraheader", "Proxy-Authorization: x")], [], [("http.extraheader", "Proxy-Authorization: x")]),
        ([("http.https://host/.extraheader", LOGIN)], [], []),
        ([], [("http.https://host/.extraheader", LOGIN)], [(KEY, "")]),
        (
            [("http.https://host/.extraheader", OTHER)],
            [
                ("http.extraheader", LOGIN),
                ("http.extraheader", "X-Own: 2"),
                ("http.https://other/.extraheader", "X: 3"),
            ],
            [("http.https://host/.extraheader", OTHER), (KEY, ""), (KEY, "X-Own: 2"), (KEY, OTHER)],
        ),
    ],
)
def test_headers_that_sign_in_are_taken_out_and_no_others(
    config: list[tuple[str, str]], own: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    assert without_login(config, own, REMOTE) == tuple(expected)
