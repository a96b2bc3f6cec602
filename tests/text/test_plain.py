from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.part import Part
from promote.text.plain import PlainText, matches
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten
from promote.text.rewrite_plain import rewrite_plain

TAG = rb"^WEB_TAG=(?P<tag>\S*)$"
BOTH = rb"^WEB=(?P<tag>[^@\s]+)(?:@(?P<digest>\S+))?$"


def text_of(data: bytes, *expressions: bytes) -> PlainText:
    return PlainText(b"deploy/dev.env", data, tuple(re.compile(each, re.MULTILINE) for each in expressions))


def parts(text: PlainText) -> list[Part]:
    """Every group that the first expression finds, in its order."""
    found = [group for match in matches(text.data, text.expressions[0]) for group in match.groups]
    return [
        Part(text.path, text.span(*group), (), text.data[group[0] : group[1]].decode(), "text", group[0])
        for group in found
    ]


def made(data: bytes, *expressions: bytes, value: str = "1.5.0") -> bytes | str:
    """The file with every group of the first expression set, or the code of what stands in the way."""
    text = text_of(data, *expressions)
    result = rewrite_plain(text, [(part, value) for part in parts(text)])
    return result.code if isinstance(result, Disagreement) else result.after


@pytest.mark.parametrize(
    "value", ["", "1 0", "1\t0", '1"0', "1'0", "1`0", "1\\0", "1\n0", "1\x000", "1\x7f", "1\u2028"]
)
def test_a_value_that_could_break_out_is_refused(value: str) -> None:
    assert made(b"WEB_TAG=1.4.0\n", TAG, value=value) == "not-writable"


@pytest.mark.parametrize(
    ("data", "expressions"),
    [
        # The new value is not what the expression takes.
        (b"WEB_TAG=1.4\n", [rb"^WEB_TAG=(?P<tag>[0-9]\.[0-9])$"]),
        # Another expression would find its value elsewhere, or none.
        (b"WEB_TAG=1.4.0\nAPI_TAG=2\n", [TAG, rb"1\.4\.0\nAPI_TAG=(?P<tag>\S+)"]),
        # It would find one more.
        (b"A=1.4.0 1.5.0\n", [rb"(?P<tag>1\.4\.0)", rb"(?P<tag>1\.5\.0)"]),
    ],
)
def test_what_the_expressions_would_not_read_back_is_refused(data: bytes, expressions: list[bytes]) -> None:
    assert made(data, *expressions) == "unproven"


def test_what_no_expression_leads_to_is_refused() -> None:
    text = text_of(b"WEB_TAG=1.4.0\nAPI_TAG=2\n", TAG)
    elsewhere = Part(text.path, text.span(22, 23), (), "2", "text", 22)
    result = rewrite_plain(text, [(elsewhere, "3")])
    assert isinstance(result, Disagreement)
    assert result.code == "unproven"


def test_two_values_for_one_place_are_refused() -> None:
    text = text_of(b"WEB_TAG=1.4.0\n", TAG)
    (part,) = parts(text)
    result = rewrite_plain(text, [(part, "1"), (part, "2")])
    assert isinstance(result, Disagreement)
    assert result.code == "not-writable"


def test_a_value_without_a_way_to_go_is_not_removed() -> None:
    text = text_of(b"WEB_TAG=1.4.0\n", TAG)
    result = rewrite_plain(text, [(part, None) for part in parts(text)])
    assert isinstance(result, Disagreement)
    assert result.code == "not-removable"


def test_what_stands_there_already_changes_nothing() -> None:
    text = text_of(b"WEB_TAG=1.10\n", TAG)
    result = rewrite_plain(text, [(part, "1.10") for part in parts(text)])
    assert result == Rewritten(text.data, ())


@pytest.mark.parametrize(
    ("data", "expression", "after"),
    [
        (b"A=1\nWEB_TAG=1.4.0\nB=2", TAG, b"A=1\nWEB_TAG=1.5.0\nB=2"),
        (b"WEB_TAG=1.4.0", TAG, b"WEB_TAG=1.5.0"),
        (b"WEB_TAG=\n", TAG, b"WEB_TAG=1.5.0\n"),
        (b"WEB_TAG=", TAG, b"WEB_TAG=1.5.0"),
        # Both kinds of line endings, and a group that would take a carriage return if it were there.
        (b"A=1\r\nWEB_TAG=1.4.0\r\nB=2\n", rb"^WEB_TAG=(?P<tag>.+)$", b"A=1\r\nWEB_TAG=1.5.0\r\nB=2\n"),
        (b"WEB_TAG=\r\n\r\n", TAG, b"WEB_TAG=1.5.0\r\n\r\n"),
        (b"WEB_TAG=1\r\nWEB_TAG=2\r\n", TAG, b"WEB_TAG=1.5.0\r\nWEB_TAG=1.5.0\r\n"),
        (b"\xef\xbb\xbfWEB_TAG=1.4.0\n", TAG, b"\xef\xbb\xbfWEB_TAG=1.5.0\n"),
        # Not UTF-8.
        (b"# caf\xe9\nWEB_TAG=1.4.0 # \xff\n", rb"^WEB_TAG=(?P<tag>\S+)", b"# caf\xe9\nWEB_TAG=1.5.0 # \xff\n"),
        (b"x" * 5000 + b"\nWEB_TAG=1\n", TAG, b"x" * 5000 + b"\nWEB_TAG=1.5.0\n"),
        # The tag and the digest are apart, and one is in front of the other.
        (b"d=1 t=2;", rb"d=(?P<digest>\S+) t=(?P<tag>\S+);", b"d=1.5.0 t=1.5.0;"),
    ],
)
def test_values_are_spliced(data: bytes, expression: bytes, after: bytes) -> None:
    assert made(data, expression) == after


def test_a_digest_goes_with_the_sign_before_it() -> None:
    text = text_of(b"WEB=1.4.0@abc\n", BOTH)
    tag, digest = parts(text)
    gone = Part(text.path, digest.span, (), "abc", "text", 10, cut=text.span(9, 13))
    result = rewrite_plain(text, [(tag, "1.5.0"), (gone, None)])
    assert isinstance(result, Rewritten)
    assert result.after == b"WEB=1.5.0\n"


def test_a_digest_that_the_expression_needs_stays() -> None:
    text = text_of(b"WEB=1.4.0@abc\n", rb"^WEB=(?P<tag>[^@\s]+)@(?P<digest>\S+)$")
    tag, digest = parts(text)
    gone = Part(text.path, digest.span, (), "abc", "text", 10, cut=text.span(9, 13))
    result = rewrite_plain(text, [(tag, "1.5.0"), (gone, None)])
    assert isinstance(result, Disagreement)
    assert result.code == "unproven"


def test_lines_and_columns_are_an_editors() -> None:
    text = text_of("# é\r\nX=é WEB_TAG=1\r\n".encode(), rb"WEB_TAG=(?P<tag>\S+)")
    (part,) = parts(text)
    assert (part.span.line, part.span.column) == (2, 13)


LINES = st.lists(
    st.sampled_from([b"WEB_TAG=1.4.0", b"WEB_TAG=", b"API_TAG=1.4.0", b"# WEB_TAG=1", b"", b"\xff\xfe", b"a\rb", b" "]),
    max_size=8,
)
ENDINGS = st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=8, max_size=8)


@given(LINES, ENDINGS, st.booleans(), st.sampled_from(["1.5.0", "v2", "sha-0a1b2c3", "x" * 100]))
def test_all_else_stays_and_an_edit_can_be_taken_back(
    lines: list[bytes],
    endings: list[bytes],
    last: bool,
    value: str,
) -> None:
    pieces = [line + ending for line, ending in zip(lines, endings, strict=False)]
    data = b"".join(pieces) + (b"WEB_TAG=9" if last else b"")
    text = text_of(data, TAG)
    before = parts(text)
    result = rewrite_plain(text, [(part, value) for part in before])
    assert isinstance(result, Rewritten)
    expected = re.sub(rb"(?m)^WEB_TAG=[^\r\n]*(?=\r?$)", b"WEB_TAG=" + value.encode(), data)
    assert result.after == expected
    again = text_of(result.after, TAG)
    assert rewrite_plain(again, [(part, value) for part in parts(again)]) == Rewritten(result.after, ())
    back = [(new, old.value) for new, old in zip(parts(again), before, strict=True) if old.value]
    restored = rewrite_plain(again, back)
    assert isinstance(restored, Rewritten)
    if all(part.value for part in before):
        assert restored.after == data
