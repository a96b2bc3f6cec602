from __future__ import annotations

import pytest

from promote.text.proof import Disagreement, Intended, prove, prove_quickly
from promote.text.scalar import spell
from tests.readback import check_refused, part_at, stream_of


def _code(found: Disagreement | None) -> str | None:
    return None if found is None else found.code


# Documents that the two parsers read differently, or one of them not at all; `a: x` is what would be edited.
DISAGREE = [
    # U+2028 and U+0085 end a line for libyaml and Go, and for ruamel only sometimes.
    "b: 1\n# c\u2028a: x\n",
    "b: 1\n# c\u0085a: x\n",
    "b: |\n  one\u2028  two\na: x\n",
    "b: !unknown!x y\na: x\n",
]


@pytest.mark.parametrize("text", DISAGREE)
def test_where_parsers_disagree_nothing_is_edited(text: str) -> None:
    before = text.encode()
    at = len(text[: text.index("a: x") + 3].encode())
    after = before[:at] + b"y" + before[at + 1 :]
    assert _code(prove(before, after, [Intended(at, "y")])) == "parsers-disagree"


@pytest.mark.parametrize("text", DISAGREE[:3])
def test_rewrite_refuses_there_too(text: str) -> None:
    stream = stream_of(text.encode())
    check_refused(stream, [(part_at(stream, "a"), "1.2.3")], "parsers-disagree")


DATA = b"a: x\nb: [x, 'y']\nc: &c z\nd: *c\n"


@pytest.mark.parametrize(
    ("after", "intended"),
    [
        # Nothing was meant, something was done; something was meant, nothing was done.
        (DATA.replace(b"a: x", b"a: y"), []),
        (DATA, [Intended(3, "y")]),
        # Another value, another place, and one more.
        (DATA.replace(b"a: x", b"a: z"), [Intended(3, "y")]),
        (DATA.replace(b"[x", b"[y"), [Intended(3, "y")]),
        (DATA.replace(b"x", b"y"), [Intended(3, "y")]),
        # What was written is no string, is commented out, or swallows what follows.
        (DATA.replace(b"a: x", b"a: 1.10"), [Intended(3, "1.10")]),
        (DATA.replace(b"a: x", b"a: 2024-06-27"), [Intended(3, "2024-06-27")]),
        (DATA.replace(b"a: x", b"a: 1_000"), [Intended(3, "1_000")]),
        (DATA.replace(b"a: x", b"a: 12:30:45"), [Intended(3, "12:30:45")]),
        (DATA.replace(b"a: x", b"a: # y"), [Intended(3, "y")]),
        (DATA.replace(b"a: x\n", b"a: y "), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: 'y"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: *c"), [Intended(3, "z")]),
        (DATA.replace(b"a: x", b"a: &n y"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: !!str y"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: {y: z}"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: [y]"), [Intended(3, "y")]),
        # The edit is right, and something else moved with it.
        (DATA.replace(b"a: x", b"a: y").replace(b"&c", b"&d").replace(b"*c", b"*d"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: y").replace(b"'y'", b'"y"'), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: y") + b"e: 1\n", [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: y")[:-6], [Intended(3, "y")]),
        # A key that is to come did not, has another name, or has come without being asked for.
        (DATA, [Intended(3, "y", "k")]),
        (DATA.replace(b"a: x", b"a: x\nj: y"), [Intended(3, "y", "k")]),
        (DATA.replace(b"a: x", b"a: x\nk: 1.10"), [Intended(3, "1.10", "k")]),
        (DATA.replace(b"a: x", b"a: x\nk: y"), []),
        (DATA + b"k: y\n", [Intended(3, "y", "k")]),
        (DATA.replace(b"a: x", b"a: x\ny: z"), [Intended(3, "z", "on")]),
        (DATA.replace(b"a: x", b"a: x\non: z"), [Intended(3, "z", "on")]),
    ],
)
def test_a_splice_that_is_wrong_is_refused(after: bytes, intended: list[Intended]) -> None:
    assert _code(prove(DATA, after, intended)) in ("unproven", "parsers-disagree")
    assert prove_quickly(DATA, after, intended) is not None


@pytest.mark.parametrize(
    ("after", "intended"),
    [
        (DATA, []),
        # Comments are the splice's affair, which has no others.
        (DATA + b"# c\n", []),
        (DATA.replace(b"a: x", b"a: y"), [Intended(3, "y")]),
        (DATA.replace(b"a: x", b"a: '1.10'"), [Intended(3, "1.10")]),
        (DATA.replace(b"a: x", b"a: x\nk: y"), [Intended(3, "y", "k")]),
        (DATA.replace(b"&c z", b"&c w"), [Intended(DATA.index(b"z"), "w")]),
        (
            DATA.replace(b"a: x", b"a: y\nk: 'n'\nl: m"),
            [Intended(3, "n", "k"), Intended(3, "y"), Intended(3, "m", "l")],
        ),
    ],
)
def test_what_was_intended_stands(after: bytes, intended: list[Intended]) -> None:
    assert prove(DATA, after, intended) is None
    assert prove_quickly(DATA, after, intended) is None


@pytest.mark.parametrize("at", [0, 1, 2, 4, 6, len(DATA), len(DATA) + 5])
def test_an_edit_that_is_no_value_is_refused(at: int) -> None:
    # Byte 0 is a key: it is a scalar too, and reads another value in `after`.
    after = DATA.replace(b"a: x", b"a: y")
    assert _code(prove(DATA, after, [Intended(at, "y")])) in ("unproven", "parsers-disagree")
    assert prove_quickly(DATA, after, [Intended(at, "y")]) is not None


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"a: !!int 1\n", "2"),
        (b"a: !!float '1'\n", "2"),
        (b"a: !custom x\n", "y"),
        (b"a: !!binary YQ==\n", "Yg=="),
    ],
)
def test_an_explicit_type_that_is_no_string_is_refused(data: bytes, value: str) -> None:
    stream = stream_of(data)
    check_refused(stream, [(part_at(stream, "a"), value)], "unproven")


@pytest.mark.parametrize(
    "data", [b"a: !!str 1\n", b"a: ! 1\n", b"a: &x 1\nb: *x\n", b"a: !!str\n", b"a: !!str # c\nb: 1\n"]
)
def test_a_string_by_tag_or_behind_an_anchor_can_be_read_back(data: bytes) -> None:
    stream = stream_of(data)
    part = part_at(stream, "a")
    after = data[: part.span.start] + b" " * (part.insert is not None) + spell("1.10", "double") + data[part.span.end :]
    assert prove(data, after, [Intended(part.scalar, "1.10")]) is None


def test_proof_speaks_of_duplicate_keys_by_their_place() -> None:
    data = b"a: x\na: x\n"
    assert prove(data, b"a: x\na: y\n", [Intended(8, "y")]) is None
    assert _code(prove(data, b"a: x\na: y\n", [Intended(3, "y")])) == "unproven"


def test_an_insertion_where_a_structure_ends_is_refused_and_not_a_crash() -> None:
    # The event that stands there has no value: its kind is looked at first.
    before, after = b"a:\n- b: c\n", b"a:\n- b: c\nk: v\n"
    assert _code(prove(before, after, [Intended(8, "v", "k")])) == "unproven"
