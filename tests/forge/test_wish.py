from __future__ import annotations

import pytest

from promote.forge.request import Proposal
from promote.forge.wish import fitting, missing, same, short, unmet


@pytest.mark.parametrize(
    ("wanted", "there", "expected"),
    [
        ((), ("a",), []),
        (("Alice", "bob"), ("alice", "BOB", "carol"), []),
        (("bob", "alice", "bob"), ("carol",), ["bob", "alice"]),
    ],
)
def test_who_is_missing(wanted: tuple[str, ...], there: tuple[str, ...], expected: list[str]) -> None:
    assert missing(wanted, there) == expected


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("a\n\nb", "a\nb", False),
        ("a", "A", False),
        ("a\nb\n", "a\r\nb", True),
        ("", "\n", True),
    ],
)
def test_bodies_that_are_one(text: str, other: str, expected: bool) -> None:
    assert same(text, other) is expected
    assert same(other, text) is expected


@pytest.mark.parametrize(
    ("line", "limit", "told"),
    [("four", 4, "four"), (" four ", 4, "four"), ("fives", 4, "fiv…"), ("a😀bc", 4, "a😀…"), ("ab😀c", 4, "ab…")],
)
def test_a_line_is_cut_as_servers_count(line: str, limit: int, told: str) -> None:
    assert short(line, limit) == told


def test_a_body_is_cut_at_the_end_of_a_line_and_says_so() -> None:
    assert fitting("a line\n" * 10, 100) == "a line\n" * 10
    cut = fitting("a line\n" * 50, 100)
    assert len(cut) <= 100
    assert cut.startswith("a line\na line")
    assert cut.endswith("\n\n(The rest is left out: the forge takes 100 characters.)")
    assert "<!--" not in fitting("first\n<!-- " + "hidden\n" * 50 + "-->", 100)


def test_what_cannot_be_is_told_of_what_is_wished_for_alone() -> None:
    wish = Proposal("t", "b", labels=("x",))
    assert unmet(wish, {"labels": "none here", "teams": "none here"}) == {"labels": "none here"}
