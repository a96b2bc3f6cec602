from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.edit import Edit, Span, splice


def _edit(start: int, old: bytes, new: bytes) -> Edit:
    return Edit(Span(start, start + len(old), 1, start + 1), old, new)


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([_edit(0, b"b", b"x")], "byte 0 does not read b'b'"),
        ([_edit(3, b"de", b"x")], "byte 3 does not read b'de'"),
        ([_edit(0, b"ab", b"x"), _edit(1, b"b", b"y")], "edits overlap at byte 1"),
        ([_edit(1, b"b", b"y"), _edit(1, b"b", b"y")], "edits overlap at byte 1"),
        ([_edit(0, b"abc", b"x"), _edit(1, b"", b"y")], "edits overlap at byte 1"),
    ],
)
def test_wrong_edits_are_refused(edits: list[Edit], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        splice(b"abcd", edits)


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        ([], b"abcd"),
        ([_edit(1, b"b", b"b")], b"abcd"),
        ([_edit(1, b"bc", b"")], b"ad"),
        ([_edit(2, b"c", b"XX"), _edit(0, b"a", b"Y")], b"YbXXd"),
        ([_edit(4, b"", b"X"), _edit(4, b"", b"Y")], b"abcdXY"),
        ([_edit(1, b"", b"X"), _edit(1, b"b", b"Y")], b"aXYcd"),
        ([_edit(0, b"a", b"Y"), _edit(1, b"", b"X")], b"YXbcd"),
    ],
)
def test_splice(edits: list[Edit], after: bytes) -> None:
    assert splice(b"abcd", edits) == after


@given(
    st.lists(st.tuples(st.binary(max_size=4), st.binary(max_size=4), st.binary(max_size=4))),
    st.binary(max_size=4),
    st.randoms(),
)
def test_pieces_are_replaced_and_all_else_stays(
    pieces: list[tuple[bytes, bytes, bytes]], tail: bytes, order: object
) -> None:
    data, expected, edits, back = b"", b"", [], []
    for keep, old, new in pieces:
        data += keep
        expected += keep
        edits.append(_edit(len(data), old, new))
        back.append(_edit(len(expected), new, old))
        data += old
        expected += new
    # Where nothing is replaced by nothing at one place, order alone says which insertion comes first.
    assert splice(data + tail, edits) == expected + tail
    if all(old and new for _, old, new in pieces):
        assert splice(expected + tail, back) == data + tail
        assert splice(data + tail, edits[::-1]) == expected + tail
