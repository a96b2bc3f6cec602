from __future__ import annotations

import contextlib
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.policy.constraint_parse import MAX_LENGTH, MAX_TESTS, parse_range
from promote.policy.version_key import parse_key

TABLE = Path(__file__).parents[2].parent / "shared" / "conformance" / "semver-constraints.tsv"


@cache
def conformance() -> tuple[tuple[str, str, bool, bool], ...]:
    if not TABLE.exists():
        return ()
    rows = [line.split("\t") for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return tuple((text, version, before == "yes", satisfied == "true") for text, version, before, satisfied in rows)


def admits(text: str, version: str, *, prereleases: bool = False) -> bool:
    key = parse_key(version)
    assert key is not None
    return parse_range(text).why_not(key, prereleases=prereleases) is None


def test_the_table_of_the_go_library_holds() -> None:
    rows = conformance()
    if not rows:
        pytest.skip("shared data absent: conformance/semver-constraints.tsv")
    wrong = [row for row in rows if admits(row[0], row[1], prereleases=row[2]) != row[3]]
    assert len(rows) == 256
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("^^1", 2, "'^' stands where"),
        (">=1.1 <", 8, "the range ends where"),
        (">=1.1<2", 6, "'<' cannot follow here"),
        ("1.2.3.4", 6, "'.' cannot follow here"),
        ("1.2 || ", 7, "the range ends where"),
        ("|| 1.2", 1, "'|' stands where"),
        ("1.2, , 1.3", 6, "',' stands where"),
        ("==1.2", 2, "'=' stands where"),
        ("latest", 1, "'l' stands where"),
        ("1.0.0-01", 1, "'1.0.0-01' is not a semantic version"),
        ("99999999999999999999", 1, "is not a semantic version"),
        (">=1.0 - 2.0", 7, "'-' stands where"),
        # Nothing could satisfy these; the Go library takes them and admits nothing, or everything but 0.0.0.
        ("1.x !=*", 5, "no version satisfies '!='"),
        (">*", 1, "no version satisfies '>'"),
        ("<x", 1, "no version satisfies '<'"),
        # An Arabic digit is no digit here.
        ("^١", 2, "stands where"),
    ],
)
def test_a_wrong_range_is_refused_with_its_column(text: str, column: int, why: str) -> None:
    with pytest.raises(ValueError, match=rf"is wrong at column {column}: .*{re.escape(why)}"):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the range is empty"),
        ("  ", "the range is empty"),
        ("1" * (MAX_LENGTH + 1), "characters is too long"),
        (" ".join(["*"] * (MAX_TESTS + 1)), "comparisons is too long"),
    ],
)
def test_an_empty_or_endless_range_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "version", "why"),
    [
        ("^1.4", "2.0.0", "outside ^1.4"),
        ("^1.4", "1.5.0-rc.1", "a prerelease, which ^1.4 does not admit"),
        # Outside all the same: that it is a prerelease is not what keeps it out.
        ("^1.4", "2.0.0-rc.1", "outside ^1.4"),
        (" >=1.1  <2 ", "3.0.0", "outside >=1.1 <2"),
        ("^1.4", "1.4.0", None),
    ],
)
def test_a_rejection_says_why(text: str, version: str, why: str | None) -> None:
    key = parse_key(version)
    assert key is not None
    assert parse_range(text).why_not(key) == why


@pytest.mark.parametrize(
    ("text", "version", "satisfied"),
    [
        ("^1", "2.0.0-rc.1", False),
        ("~1.4", "1.5.0-0", False),
        ("<=1", "2.0.0-alpha", False),
        ("!=1", "1.0.0-alpha", False),
        ("^0.0.3", "0.0.4-alpha", False),
        ("=1.4.0", "1.4.0-rc.1", False),
        ("^*", "7.1.0", True),
        ("<=*", "7.1.0", True),
        ("=1.4.0", "1.4.0+build.7", True),
        ("v1.4", "v1.4.9", True),
        ("~>1.4", "1.4.9", True),
        ("=>1.4", "1.4.9", True),
        ("=<1.4", "1.4.9", True),
        ("1.2 - 1.4 !=1.3.1", "1.3.2", True),
        (">1.4.0", "1.4.1-rc.1", True),
    ],
)
def test_edges_of_a_range_with_prereleases_admitted(text: str, version: str, satisfied: bool) -> None:
    assert admits(text, version, prereleases=True) is satisfied


def test_a_prerelease_in_one_alternative_opens_that_one_alone() -> None:
    assert admits(">=1.0.0-0 <2 || >3", "1.5.0-rc.1")
    assert not admits(">=1.0.0-0 <2 || >3", "3.5.0-rc.1")


NUMBERS = st.integers(min_value=0, max_value=4)
VERSIONS = st.builds(
    "{}.{}.{}{}".format, NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "-0", "-a", "-a.1", "-rc.10"])
)
OPERATORS = st.sampled_from(["", "=", "!=", ">", "<", ">=", "<=", "~", "^"])
RANGES = st.builds("{}{}".format, OPERATORS, VERSIONS)


@settings(deadline=None)
@given(RANGES, RANGES, VERSIONS)
def test_a_comma_is_and_two_bars_are_or(left: str, right: str, version: str) -> None:
    one, other = admits(left, version, prereleases=True), admits(right, version, prereleases=True)
    assert admits(f"{left}, {right}", version, prereleases=True) is (one and other)
    assert admits(f"{left} {right}", version, prereleases=True) is (one and other)
    assert admits(f"{left} || {right}", version, prereleases=True) is (one or other)


@settings(deadline=None)
@given(VERSIONS, VERSIONS)
def test_opposite_operators_share_the_versions_between_them(bound: str, version: str) -> None:
    for one, other in (("<", ">="), (">", "<="), ("=", "!=")):
        left = admits(one + bound, version, prereleases=True)
        assert left is not admits(other + bound, version, prereleases=True)


@settings(deadline=None)
@given(st.text(alphabet="0123456789.xX*v^~<>=!|, -+ab", max_size=60))
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    key = parse_key("1.2.3")
    assert key is not None
    with contextlib.suppress(ValueError):
        parse_range(text).why_not(key)
