from __future__ import annotations

import pytest
from hypothesis import given

from promote.text.lines import BOM
from promote.text.numbers import AROUND, Numbers, size
from promote.text.proof import Come, Disagreement, Intended, Text, prove, prove_countable, prove_quickly
from promote.text.readers import count
from promote.text.scalar import spell
from tests.readback import check_refused, part_at, stream_of
from tests.text.documents import files


def _code(found: Disagreement | None) -> str | None:
    return None if found is None else found.code


def _reads(number: int, value: str) -> Intended:
    return Intended(number, 1, (Text(value),))


def _comes(number: int, key: str, value: str) -> Intended:
    return Intended(number, 0, (Text(key), Text(value)))


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
    assert _code(prove(before, after, [_reads(4, "y")])) == "parsers-disagree"


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
        (DATA, [_reads(4, "y")]),
        # Another value, another place, and one more.
        (DATA.replace(b"a: x", b"a: z"), [_reads(4, "y")]),
        (DATA.replace(b"[x", b"[y"), [_reads(4, "y")]),
        (DATA.replace(b"x", b"y"), [_reads(4, "y")]),
        # What was written is no string, is commented out, or swallows what follows.
        (DATA.replace(b"a: x", b"a: 1.10"), [_reads(4, "1.10")]),
        (DATA.replace(b"a: x", b"a: 2024-06-27"), [_reads(4, "2024-06-27")]),
        (DATA.replace(b"a: x", b"a: 1_000"), [_reads(4, "1_000")]),
        (DATA.replace(b"a: x", b"a: 12:30:45"), [_reads(4, "12:30:45")]),
        (DATA.replace(b"a: x", b"a: # y"), [_reads(4, "y")]),
        (DATA.replace(b"a: x\n", b"a: y "), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: 'y"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: *c"), [_reads(4, "z")]),
        (DATA.replace(b"a: x", b"a: &n y"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: !!str y"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: {y: z}"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: [y]"), [_reads(4, "y")]),
        # The edit is right, and something else moved with it.
        (DATA.replace(b"a: x", b"a: y").replace(b"&c", b"&d").replace(b"*c", b"*d"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: y").replace(b"'y'", b'"y"'), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: y") + b"e: 1\n", [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: y")[:-6], [_reads(4, "y")]),
        # A key that is to come did not, has another name, or has come without being asked for.
        (DATA, [_comes(5, "k", "y")]),
        (DATA.replace(b"a: x", b"a: x\nj: y"), [_comes(5, "k", "y")]),
        (DATA.replace(b"a: x", b"a: x\nk: 1.10"), [_comes(5, "k", "1.10")]),
        (DATA.replace(b"a: x", b"a: x\nk: y"), []),
        (DATA + b"k: y\n", [_comes(5, "k", "y")]),
        (DATA.replace(b"a: x", b"a: x\ny: z"), [_comes(5, "on", "z")]),
        (DATA.replace(b"a: x", b"a: x\non: z"), [_comes(5, "on", "z")]),
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
        (DATA.replace(b"a: x", b"a: y"), [_reads(4, "y")]),
        (DATA.replace(b"a: x", b"a: '1.10'"), [_reads(4, "1.10")]),
        (DATA.replace(b"a: x", b"a: x\nk: y"), [_comes(5, "k", "y")]),
        (DATA.replace(b"&c z", b"&c w"), [_reads(11, "w")]),
        (
            DATA.replace(b"a: x", b"a: y\nk: 'n'\nl: m"),
            [_reads(4, "y"), _comes(5, "k", "n"), _comes(5, "l", "m")],
        ),
    ],
)
def test_what_was_intended_stands(after: bytes, intended: list[Intended]) -> None:
    assert prove(DATA, after, intended) is None
    assert prove_quickly(DATA, after, intended) is None


# Event 3 is a key: it is a scalar too, and reads another value in `after`.
@pytest.mark.parametrize("number", [-1, 0, 1, 2, 3, 5, 6, 13, 15, 16, 17, 99])
def test_an_edit_that_is_no_value_is_refused(number: int) -> None:
    after = DATA.replace(b"a: x", b"a: y")
    assert _code(prove(DATA, after, [_reads(number, "y")])) == "unproven"
    assert prove_quickly(DATA, after, [_reads(number, "y")]) is not None


SEQUENCE: tuple[Come, ...] = ("SequenceStartEvent", Text("v"), "SequenceEndEvent")


@pytest.mark.parametrize(
    ("after", "intended"),
    [
        # More or less goes than was meant, or something else comes in its place.
        (DATA.replace(b"d: *c\n", b""), []),
        (DATA, [Intended(12, 2, ())]),
        (DATA.replace(b"d: *c\n", b""), [Intended(12, 1, ())]),
        (DATA.replace(b"d: *c\n", b""), [Intended(10, 2, ())]),
        (DATA.replace(b"d: *c\n", b""), [Intended(12, 3, ())]),
        (DATA.replace(b"d: *c\n", b""), [Intended(12, 99, ())]),
        (DATA.replace(b"d: *c\n", b""), [Intended(12, 2, ()), Intended(13, 1, ())]),
        (DATA.replace(b"a: x\nb: [x, 'y']\n", b""), [Intended(3, 2, ()), Intended(5, 3, ())]),
        (DATA.replace(b"'y']", b"'y', [v]]"), [Intended(9, 0, (Text("v"),))]),
        (DATA.replace(b"'y']", b"'y', v]"), [Intended(9, 0, SEQUENCE)]),
        (DATA.replace(b"'y']", b"'y', [1]]"), [Intended(9, 0, ("SequenceStartEvent", Text("1"), "SequenceEndEvent"))]),
        (DATA.replace(b"'y']", b"'y', &v [v]]"), [Intended(9, 0, SEQUENCE)]),
        (DATA.replace(b"'y']", b"'y', !!seq [v]]"), [Intended(9, 0, SEQUENCE)]),
        (DATA.replace(b"'y']", b"[v], 'y']"), [Intended(9, 0, SEQUENCE)]),
        # Quotes go where only the value was meant.
        (DATA.replace(b"'y'", b"z"), [_reads(8, "z")]),
        (DATA.replace(b"'y'", b'"z"'), [_reads(8, "z")]),
    ],
)
def test_what_goes_and_what_comes_is_told_exactly(after: bytes, intended: list[Intended]) -> None:
    assert _code(prove(DATA, after, intended)) == "unproven"
    assert prove_quickly(DATA, after, intended) is not None


@pytest.mark.parametrize(
    ("before", "after", "intended"),
    [
        (DATA, DATA.replace(b"d: *c\n", b""), [Intended(12, 2, ())]),
        (DATA, DATA.replace(b"b: [x, 'y']\n", b""), [Intended(5, 5, ())]),
        (DATA, DATA.replace(b"a: x\nb: [x, 'y']\n", b""), [Intended(3, 2, ()), Intended(5, 5, ())]),
        (DATA, DATA.replace(b"'y']", b"'y', [v]]"), [Intended(9, 0, SEQUENCE)]),
        (DATA, DATA.replace(b"'y'", b"'z'"), [_reads(8, "z")]),
        (DATA, DATA.replace(b"a: x", b"k: v"), [Intended(3, 0, (Text("k"), Text("v"))), Intended(3, 2, ())]),
        (b"a:\n", b"a:\n- v\n", [Intended(4, 1, SEQUENCE)]),
        (b"a: |\n  b\n", b"a: |\n  c\n", [_reads(4, "c\n")]),
        (
            b"# c\n",
            b"# c\n[v]\n",
            [Intended(1, 0, ("DocumentStartEvent", *SEQUENCE, "DocumentEndEvent"))],
        ),
    ],
)
def test_what_goes_and_comes(before: bytes, after: bytes, intended: list[Intended]) -> None:
    assert prove(before, after, intended) is None
    assert prove_quickly(before, after, intended) is None


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
    number = Numbers(stream.documents[0]).scalar(part.scalar)[1]
    assert prove(data, after, [_reads(number, "1.10")]) is None


def test_proof_speaks_of_duplicate_keys_by_their_place() -> None:
    data = b"a: x\na: x\n"
    assert prove(data, b"a: x\na: y\n", [_reads(6, "y")]) is None
    assert _code(prove(data, b"a: x\na: y\n", [_reads(4, "y")])) == "unproven"


def test_an_insertion_where_a_structure_ends_is_refused_and_not_a_crash() -> None:
    # The event that stands there has no value: its kind is looked at first.
    before, after = b"a:\n- b: c\n", b"a:\n- b: c\nk: v\n"
    assert _code(prove(before, after, [_comes(7, "k", "v")])) == "unproven"


@pytest.mark.parametrize(
    ("after", "intended", "code"),
    [
        # What follows is swallowed, comes from nowhere, is no longer read, or something else was meant.
        (b"a: x\n  b: y\n", [], "parsers-disagree"),
        (b"a: 'x\nb: y'\n", [], "unproven"),
        (b"a: x\nb: y\nc: z\n", [], "unproven"),
        (b"a: x\nb: [y\n", [], "parsers-disagree"),
        (b"a: x\nb: \x01\n", [], "parsers-disagree"),
        (b"a: x\nb: y\n", [_comes(5, "k", "v")], "unproven"),
        (b"a: x\nb: y\n", [Intended(5, 2, ())], "unproven"),
        (b"a: x\nb: y\n", [], None),
        (b"a: x\nb: 'z'\n", [_reads(6, "z")], None),
        (b"a: x\nk: v\nb: y\n", [_comes(5, "k", "v")], None),
        (b"a: x\n", [Intended(5, 2, ())], None),
    ],
)
def test_the_events_of_a_long_document_are_counted(after: bytes, intended: list[Intended], code: str | None) -> None:
    # Two pairs: four scalars, the mapping, the document and the stream.
    assert _code(prove_countable(10, after, intended)) == code


@given(files())
def test_nodes_count_the_events_that_libyaml_finds(data: bytes) -> None:
    stream = stream_of(data)
    for document in stream.documents:
        whole = data[document.start : document.end].removeprefix(BOM)
        assert count(whole) == size(document.root) + AROUND
