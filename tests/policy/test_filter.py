from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.policy.filter import MAX_PATTERN, Filter, shown
from promote.policy.selection import Rejected

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("match", "extract", "why"),
    [
        (None, "{n}", "there is no match"),
        ("(", None, "is not a regular expression: .* at column 1"),
        ("a{1,99999999999999999999}", None, "too deep or repeats too often"),
        ("a" * (MAX_PATTERN + 1), None, "characters long"),
        ("(a)", "{1}" * MAX_PATTERN, "characters long"),
        ("(a)", "{2}", r"names the group '2'; match has \{1\}"),
        ("(?P<n>a)", "{m}", r"names the group 'm'; match has \{1\}, n"),
        ("a", "{n}", "match has no groups"),
        ("(a)", "$1x", "names the group '1x'"),
        ("(a)", "{99999999999}", "names the group"),
        ("(a)", "{1", "a lone brace"),
        ("(a)", "$", "a lone brace or dollar"),
        ("(a)", "{{1}}", "a lone brace"),
    ],
)
def test_a_wrong_filter_is_refused(match: str | None, extract: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Filter.compile(match, extract)


def test_a_pattern_nested_without_end_is_compiled_or_refused() -> None:
    with contextlib.suppress(ValueError):
        Filter.compile("(" * (MAX_PATTERN // 2) + ")" * (MAX_PATTERN // 2), None)


@pytest.mark.parametrize("glob", ["", "a" * (MAX_PATTERN + 1)])
@pytest.mark.parametrize("key", ["allow", "ignore"])
def test_a_wrong_glob_is_refused(glob: str, key: str) -> None:
    with pytest.raises(ValueError, match=f"{key} holds a glob"):
        Filter.compile(None, None, **{key: (glob,)})


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("", "not a valid tag"),
        ("1.0\n", "not a valid tag"),
        ("\x1b[31m1.0", "not a valid tag"),
        ("-1.0", "not a valid tag"),
        ("1.0.0+build", "not a valid tag"),
        ("1" * 129, "not a valid tag"),
        (f"sha256-{HEX}", "a signature, attestation or other attachment of an image"),
        (f"sha256-{HEX}.sig", "a signature, attestation or other attachment of an image"),
        (f"sha256-{HEX}.att", "a signature, attestation or other attachment of an image"),
        ("sha256-abc123.sbom", "a signature, attestation or other attachment of an image"),
    ],
)
def test_what_is_never_ranked(tag: str, why: str) -> None:
    assert Filter().read(tag) == Rejected(why)
    assert Filter.compile("(.*)", "{1}").read(tag) == Rejected(why)


@pytest.mark.parametrize("tag", ["1.0", "latest", "sha-9f86d08", "sha256-abc123", "sig", "1" * 128])
def test_no_filter_reads_every_other_tag_whole(tag: str) -> None:
    assert Filter().read(tag) == tag
    assert Filter().why_not(tag) is None


@pytest.mark.parametrize(
    ("match", "extract", "tag", "text"),
    [
        (r"^main-(\d+)$", "{1}", "main-17-abc", None),
        (r"^main-(\d+)", "{1}", "xmain-17", None),
        # As written: without ^ and $ the pattern may match anywhere.
        (r"main-(\d+)", "{1}", "xmain-17-abc", "17"),
        (r"^main-(?P<n>\d+)-[0-9a-f]{7}$", "{n}", "main-17-0a1b2c3", "17"),
        (r"^main-(?P<n>\d+)", "$n", "main-17", "17"),
        (r"^main-(?P<n>\d+)", "${n}", "main-17", "17"),
        (r"^(\d+)-(\d+)$", "$2.$1", "3-4", "4.3"),
        (r"^\d+", "{0}", "17-x", "17"),
        (r"^v?(\d+)(-rc\d+)?$", "{1}{2}", "v3", "3"),
        (r"^v(\d+)", None, "v3", "v3"),
    ],
)
def test_match_and_extract(match: str, extract: str | None, tag: str, text: str | None) -> None:
    read = Filter.compile(match, extract).read(tag)
    assert read == (Rejected(f"does not match {match}") if text is None else text)


def test_an_extract_that_swells_is_rejected() -> None:
    assert Filter.compile("(.+)", "{1}" * 100).read("1" * 100) == Rejected(
        "extract makes more than 1000 characters of it"
    )


def test_a_pattern_that_cannot_be_printed_is_shown_escaped() -> None:
    assert Filter.compile("\x1b|\n", None).read("1.0") == Rejected(r"does not match '\x1b|\n'")


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("dev-1", "not among the allowed main-*, v*"),
        ("main-1-rc1", "ignored by *-rc*"),
        # Case counts.
        ("Main-1", "not among the allowed main-*, v*"),
        ("main-1", None),
        ("v1", None),
    ],
)
def test_allow_and_ignore(tag: str, why: str | None) -> None:
    assert Filter.compile(None, None, ("main-*", "v*"), ("*-rc*",)).why_not(tag) == why


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True))
def test_any_glob_compiles(glob: str, tag: str) -> None:
    Filter.compile(None, None, (glob,), (glob,)).why_not(tag)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_tag_is_shown_in_one_printable_line(tag: str) -> None:
    assert re.fullmatch(r"[\x20-\x7e]*(… \(longer than any tag\))?", shown(tag))


@pytest.mark.parametrize(
    ("length", "end"), [(128, "x"), (129, "… (longer than any tag)"), (300, "… (longer than any tag)")]
)
def test_a_name_that_is_longer_than_any_tag_is_shown_cut(length: int, end: str) -> None:
    assert shown("x" * length) == "x" * min(length, 128) + end.removeprefix("x")
