from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.addition import Addition
from promote.text.proof import Disagreement
from promote.text.remove_item import Removal
from promote.text.rewrite import Rewritten, rewrite
from tests.readback import stream_of
from tests.text.documents import examples

BOM = b"\xef\xbb\xbf"
KEYS = ("holds",)
ITEM = (("app", "web"), ("reason", 'it "fails": at night'))


def _without(data: bytes, place: int) -> bytes | str:
    made = rewrite(stream_of(data), (), (), [Removal(KEYS, place)])
    return made.after if isinstance(made, Rewritten) else made.code


@pytest.mark.parametrize(
    ("data", "place"),
    [
        # Nothing is a list there.
        (b"a: 1\n", 0),
        (b"holds: {a: 1}\n", 0),
        (b"- a\n", 0),
        # Another place repeats something.
        (b"holds: &h\n- a: 1\nb: *h\n", 0),
        (b"holds:\n- &i {a: 1}\n- *i\n", 0),
        (b"holds: &h\n- a: 1\n", 0),
        # Something else stands on its lines.
        (b"holds:\n-\n  a: 1\n- b: 1\n", 0),
        (b"holds:\n- # why\n  a: 1\n- b: 1\n", 0),
        (b"holds: [ # why\n  a]\n", 0),
        (b"holds: [a # why\n  , b]\n", 1),
        (b"holds: [a # why\n  , b]\n", 0),
        # What follows would become part of the text before it.
        (b"holds:\n- |\n  a\n- b\n  # c\n", 1),
    ],
)
def test_what_cannot_be_taken_out_is_refused(data: bytes, place: int) -> None:
    assert _without(data, place) in ("not-removable", "unproven", "parsers-disagree")


@pytest.mark.parametrize(
    ("data", "place", "after"),
    [
        (b"holds:\n- a: 1\n  b: 2 # why\n- c: 3\n", 0, b"holds:\n- c: 3\n"),
        (b"holds:\n- a: 1\n# of c\n- c: 3\n# last\n", 1, b"holds:\n- a: 1\n# of c\n# last\n"),
        (b"holds: # all\n  - a: 1\n", 0, b"holds: # all\n"),
        (b"holds:\n- a: 1\nmore: x\n", 0, b"holds:\nmore: x\n"),
        (b"holds:\n- a: 1", 0, b"holds:"),
        (b"holds:\r\n- a: 1\r\n- b: 1", 1, b"holds:\r\n- a: 1"),
        (b"holds:\n- a: |\n    text\n\n- b: 1\n", 0, b"holds:\n\n- b: 1\n"),
        (b"holds:\n- a: |+\n    text\n\n- b: 1\n", 0, b"holds:\n- b: 1\n"),
        (BOM + b"holds:\n- a: 1\n", 0, BOM + b"holds:\n"),
        (b"holds:\n- - a\n  - b\n- c\n", 0, b"holds:\n- c\n"),
        (b"holds: [a, b, c]\n", 0, b"holds: [b, c]\n"),
        (b"holds: [a, b, c]\n", 1, b"holds: [a, c]\n"),
        (b"holds: [a, b, c, ]\n", 2, b"holds: [a, b, ]\n"),
        (b"holds: [ {a: 1} ]\n", 0, b"holds: [  ]\n"),
        (b"holds: [\n  {a: 1},\n  {b: 1},\n]\n", 1, b"holds: [\n  {a: 1},\n]\n"),
    ],
)
def test_an_item_goes_with_its_lines_and_nothing_else(data: bytes, place: int, after: bytes) -> None:
    assert _without(data, place) == after


PIECES = st.sampled_from(
    [
        "- app: api\n  version: 1.0.0   # why\n",
        "-   {app: api, version: 1.0.0}\n",
        "- app: db\n\n  # of the version\n  version: '1'\n",
        "- app: c\n  reason: |\n    two\n    lines\n",
        "# a note\n",
        "\n",
    ]
)


@given(
    st.lists(PIECES, max_size=5),
    st.sampled_from(["holds:", "holds:   # of ours", "# first\nholds:", "---\nholds:"]),
    st.sampled_from(["", "  ", "    "]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@examples(100)
def test_8_3_what_is_appended_and_taken_out_again_leaves_the_same_bytes(
    pieces: list[str], head: str, indent: str, ending: str, cut: bool
) -> None:
    lines = [f"{indent}{line}" if line.strip() else line for line in "".join(pieces).splitlines()]
    text = "\n".join([head, *lines, *([] if cut else [""])])
    before = text.replace("\n", ending).encode()
    stream = stream_of(before)
    made = rewrite(stream, (), [Addition(b"f", KEYS, ITEM)])
    if isinstance(made, Disagreement):  # said, and nothing is written
        return
    longer = stream_of(made.after)
    count = sum(piece.startswith("-") for piece in pieces)
    gone = rewrite(longer, (), (), [Removal(KEYS, count)])
    assert isinstance(gone, Rewritten), (before, made.after, gone)
    assert gone.after == before
