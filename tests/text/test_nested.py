from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.document import Broken, Mapping, Pair, Scalar, Sequence, Stream
from promote.text.insert import part_for
from promote.text.nested import Inner, inner_of, piece
from promote.text.node import Node
from promote.text.part import Part
from promote.text.remove import cut_of
from promote.text.rewrite import rewrite
from promote.text.scalar import spell
from tests.readback import (
    STR,
    Path,
    check_noop,
    check_refused,
    check_rewritten,
    check_values,
    leaves,
    node_at,
    part_at,
    stream_of,
)
from tests.text.documents import TAGS, blocks, examples, files

BOM = b"\xef\xbb\xbf"


def _scalar(stream: Stream, *keys: str | int, document: int = 0) -> Scalar:
    node = node_at(stream.documents[document], keys)
    assert isinstance(node, Scalar)
    return node


def _inner(stream: Stream, *keys: str | int, document: int = 0) -> Inner:
    found = inner_of(stream, _scalar(stream, *keys, document=document))
    assert isinstance(found, Inner), found
    return found


def _part(inner: Inner, *keys: str | int) -> Part:
    """The part at these keys of the text, with its cut, as a part of the file."""
    document = inner.stream.documents[0]
    part, parent = part_at(inner.stream, *keys), node_at(document, keys[:-1])
    cut = None
    if isinstance(parent, Mapping):
        node = node_at(document, keys)
        cut = cut_of(inner.stream, parent, next(pair for pair in parent.pairs if pair.value is node))
    return inner.part(Part(part.path, part.span, keys, part.value, part.style, part.scalar, part.insert, None, cut), ())


def _missing(inner: Inner, key: str, behind: str, *keys: str | int) -> Part:
    mapping = node_at(inner.stream.documents[0], keys)
    assert isinstance(mapping, Mapping)
    pair = next(pair for pair in mapping.pairs if isinstance(pair.key, Scalar) and pair.key.value == behind)
    part = part_for(inner.stream, mapping, key, behind=pair, keys=keys)
    assert part is not None
    return inner.part(part, ("values",))


@pytest.mark.parametrize(
    "data",
    [
        b"a: x\n",
        b"a: 'tag: 1'\n",
        b'a: "tag: 1"\n',
        b"a: >\n  tag: 1\n",
        b"a: >-\n  tag: 1\n",
        b"a: |\nb: 1\n",
        b"a: |+\n\n\nb: 1\n",
        b"a: |\n\n",
        b"a:\n",
        # libyaml breaks a line where no editor does: the lines are not those of the value.
        "a: |\n  tag: 1\u2028  b: 2\n".encode(),
        "a: |\n  tag: 1\u0085  b: 2\n".encode(),
    ],
)
def test_no_text_that_stands_as_it_reads(data: bytes) -> None:
    stream = stream_of(data)
    assert inner_of(stream, _scalar(stream, "a")) is None


@pytest.mark.parametrize(
    ("data", "keys", "code", "line", "column"),
    [
        (b"a: |\n  b: [1\n", ("a",), "not-yaml", 3, 1),
        (b"a: |\n  x: 1\n  b: c: d\nz: 1\n", ("a",), "not-yaml", 3, 7),
        (b"a: |\r\n    x: 1\r\n    b: {\r\n    c: }\r\n    }}\r\n", ("a",), "not-yaml", 5, 5),
        ("é:\n- a: |\n    é: 'ö\n".encode(), ("é", 0, "a"), "not-yaml", 4, 1),
        (b"a: |\n  b: [1", ("a",), "not-yaml", 2, 8),
        (b"a: |\n  " + b"[" * 300 + b"\n", ("a",), "too-deep", 2, 203),
    ],
)
def test_text_that_is_no_yaml_is_told_with_its_place_in_the_file(
    data: bytes, keys: Path, code: str, line: int, column: int
) -> None:
    stream = stream_of(data)
    found = inner_of(stream, _scalar(stream, *keys))
    assert isinstance(found, Broken)
    assert (found.path, found.code, found.span.line, found.span.column) == (b"values.yaml", code, line, column)


TEXT = b"image:\n  tag: '1.0' # c\n\n  digest: sha256:00\nlast: x\n"


def _indented(text: bytes, by: int, ending: bytes = b"\n") -> bytes:
    lines = text.splitlines()
    return b"".join((b" " * by + line if line else b"") + ending for line in lines)


@pytest.mark.parametrize(
    ("before", "by", "behind"),
    [
        (b"values: |\n", 2, b""),
        (b"values: |\n", 7, b"z: 1\n"),
        (b"values: |-\n", 2, b"\n\nz: 1\n"),
        (b"values: |+\n", 2, b"\n\nz: 1\n"),
        (b"values: |2\n", 2, b"z: 1\n"),
        (b"values: |2-\n", 2, b"z: 1\n"),
        (b"values: |-2\n", 2, b"# c\nz: 1\n"),
        (b"values: | # c\n", 2, b"...\n"),
        (b"values: !!str |\n", 2, b""),
        (b"values: &v |\n", 2, b""),
        (BOM + b"values: |\n", 3, b"---\nz: 1\n"),
        ("é: 🚀\n'values': |  \n".encode(), 2, b""),
        (b"values:\n  |\n", 3, b"z: 1\n"),
    ],
)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_value_in_a_block_is_edited_in_its_line(before: bytes, by: int, behind: bytes, ending: bytes) -> None:
    head, tail = before.replace(b"\n", ending), behind.replace(b"\n", ending)
    data = head + _indented(TEXT, by, ending) + tail
    stream = stream_of(data)
    inner = _inner(stream, "values")
    assert inner.stream.data.startswith(TEXT[:-1])
    tag, last = _part(inner, "image", "tag"), _part(inner, "last")
    assert data[tag.span.start : tag.span.end] == b"'1.0'"
    assert (tag.span.line, tag.span.column) == (before.count(b"\n") + 2, by + 8)
    assert tag.keys == ("image", "tag")
    after = check_rewritten(stream, [(last, "1.10"), (tag, "2.0")])
    assert after == data.replace(b"'1.0'", b"'2.0'").replace(b"last: x", b'last: "1.10"')
    again = _inner(stream_of(after), "values")
    check_noop(stream_of(after), [(_part(again, "image", "tag"), "2.0"), (_part(again, "last"), "1.10")])


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("header", [b"|", b"|-", b"|+", b"|4"])
def test_lines_come_and_go_with_the_indentation_of_the_block(header: bytes, ending: bytes) -> None:
    data = b"values: " + header + ending + _indented(TEXT, 4, ending) + b"z: 1"
    stream = stream_of(data)
    inner = _inner(stream, "values")
    wishes = [
        (_part(inner, "image", "digest"), None),
        (_missing(inner, "version", "last"), "1.2.3"),
        (_missing(inner, "more", "tag", "image"), "a"),
        (_part(inner, "image", "tag"), "2.0"),
    ]
    lines = [b"image:", b"  tag: '2.0' # c", b"  more: a", b"", b"last: x", b"version: 1.2.3"]
    text = b"\n".join(lines) + b"\n"
    assert check_rewritten(stream, wishes) == b"values: " + header + ending + _indented(text, 4, ending) + b"z: 1"


@pytest.mark.parametrize(
    ("data", "after"),
    [
        # The last line goes; the file ends there, or something follows.
        (b"values: |\n  a: 1\n  digest: x\n", b"values: |\n  a: 1\n"),
        (b"values: |\n  a: 1\n  digest: x", b"values: |\n  a: 1"),
        (b"values: |-\n  a: 1\n  digest: x\nz: 1\n", b"values: |-\n  a: 1\nz: 1\n"),
        (b"values: |+\n  a: 1\n  digest: x\n\nz: 1\n", b"values: |+\n  a: 1\n\nz: 1\n"),
        (b"values: |\n  digest: x\n  a: 1\nz: 1\n", b"values: |\n  a: 1\nz: 1\n"),
        (b"values: |\n\n  digest: x # c\n\n  a: 1\n", b"values: |\n\n\n  a: 1\n"),
        (b"values: |\n  {a: 1, digest: x}\n", b"values: |\n  {a: 1}\n"),
        (b"values: |\n  {digest: x, a: 1}", b"values: |\n  {a: 1}"),
    ],
)
def test_a_pair_goes_from_a_block(data: bytes, after: bytes) -> None:
    stream = stream_of(data)
    assert check_rewritten(stream, [(_part(_inner(stream, "values"), "digest"), None)]) == after


def test_a_pair_goes_from_the_dash_of_a_block() -> None:
    stream = stream_of(b"values: |\r\n  - digest: x\r\n    a: 1\r\n")
    part = _part(_inner(stream, "values"), 0, "digest")
    assert check_rewritten(stream, [(part, None)]) == b"values: |\r\n  - a: 1\r\n"


def test_mixed_endings_each_line_keeps_its_own() -> None:
    data = b"values: |\r\n  a: 1\n  b: 2\r\n  c: 3\r  d: 4\n"
    stream = stream_of(data)
    inner = _inner(stream, "values")
    wishes = [(_missing(inner, f"{key}2", key), "x") for key in "abcd"]
    expected = b"values: |\r\n  a: 1\n  a2: x\n  b: 2\r\n  b2: x\r\n  c: 3\r  c2: x\r  d: 4\n  d2: x\n"
    assert check_rewritten(stream, wishes) == expected


def test_several_blocks_of_several_documents_and_ordinary_parts_together() -> None:
    data = b"a: x\nb: |\n  tag: 1\n---\n- c: |\n    tag: 2\n    more: 3\n  d: |-\n   tag: 4\n- e: y\n"
    stream = stream_of(data)
    one, two, three = _inner(stream, "b"), _inner(stream, 0, "c", document=1), _inner(stream, 0, "d", document=1)
    wishes = [
        (_part(three, "tag"), "v4"),
        (part_at(stream, 1, "e", document=1), "why"),
        (_part(two, "tag"), None),
        (part_at(stream, "a"), "z"),
        (_part(two, "more"), "v3"),
        (_part(one, "tag"), "v1"),
    ]
    after = check_rewritten(stream, wishes)
    assert after == b"a: z\nb: |\n  tag: v1\n---\n- c: |\n    more: v3\n  d: |-\n   tag: v4\n- e: why\n"


@pytest.mark.parametrize("text", [b"a: &x tag\nb: !!int 1\n", b"a: x\nb: 1\n# c\xe2\x80\xa8c: 2\n"])
def test_what_the_text_itself_refuses_is_refused(text: bytes) -> None:
    stream = stream_of(b"values: |\n" + _indented(text, 2))
    inner = inner_of(stream, _scalar(stream, "values"))
    if isinstance(inner, Inner):
        check_refused(stream, [(_part(inner, "b"), "2")], "unproven")
    else:
        assert inner is None


def test_a_block_in_a_long_document_is_found_by_its_window() -> None:
    filler = b"".join(b"- {name: filler, n: %d}\n" % n for n in range(4_000))
    data = b"- a: |\n    tag: 1\n" + filler + b"- a: |\n    tag: 2\n    b: 1"
    stream = stream_of(data)
    wishes = [(_part(_inner(stream, 0, "a"), "tag"), "x"), (_part(_inner(stream, 4_001, "a"), "tag"), None)]
    assert check_rewritten(stream, wishes) == data.replace(b"tag: 1", b"tag: x").replace(b"    tag: 2\n", b"")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: >\n  x 1.0\n", b"1.0"),
        (b"a: |\n  x\n  y\n", b"x\n  y"),
        (b"a: |\n  x\n", b" x"),
        (b"a: |\n  x\n", b"x\n"),
        (b"a: |\n  x\n", b"|"),
        (b'a: "x\\ty"\n', b"x"),
        (b"a: 'it''s'\n", b"s"),
        (b"a: x\n   y\n", b"y"),
        (b"a: 'x'\n", b"'x"),
        (b"a: x\nb: 1\n", b"1"),
        (b"a: x\n", b""),
    ],
)
def test_no_piece_that_stands_as_it_reads(data: bytes, text: bytes) -> None:
    stream = stream_of(data)
    at = data.rindex(text)
    assert piece(stream, _scalar(stream, "a"), at, at + len(text), ("a",)) is None


@pytest.mark.parametrize(
    ("data", "text", "value", "after"),
    [
        (b"a: x-1.0-y\n", b"1.0", "1.10", b"a: x-1.10-y\n"),
        (b"a: 1.0\n", b"1.0", "1.10", b'a: "1.10"\n'),
        (b"a: '1.0'\n", b"1.0", "1.10", b"a: '1.10'\n"),
        (b'a: "v1.0"\n', b"1.0", "1.10", b'a: "v1.10"\n'),
        # The piece makes a number of the whole.
        (b"a: v1.0\n", b"v1", "1", b'a: "1.0"\n'),
        (b"a: 1.0x\n", b"0x", "10", b'a: "1.10"\n'),
        (b"a: |\n  x:\n    TAG=1.0 # c\n\n  y\nb: 1\n", b"1.0", "1.10", b"a: |\n  x:\n    TAG=1.10 # c\n\n  y\nb: 1\n"),
        (b"a: |-\r\n  TAG=1.0", b"1.0", "1.10", b"a: |-\r\n  TAG=1.10"),
        (b"a: |\n  TAG\n\tx=1.0\n".replace(b"\n\t", b"\n  \t"), b"1.0", "2", b"a: |\n  TAG\n  \tx=2\n"),
    ],
)
def test_a_piece_of_a_scalar(data: bytes, text: bytes, value: str, after: bytes) -> None:
    stream = stream_of(data)
    at = data.index(text)
    part = piece(stream, _scalar(stream, "a"), at, at + len(text), ("a",))
    assert part is not None
    assert part.value == text.decode()
    assert check_rewritten(stream, [(part, value)]) == after


def test_pieces_of_a_block_and_parts_in_it_change_together() -> None:
    data = b"a: |\n  tag: 1.0 # TAG=1.0 NEXT=2.0\n  b: x\n"
    stream = stream_of(data)
    pieces = []
    for text in (b"TAG=1.0", b"NEXT=2.0"):
        at = data.index(text) + text.index(b"=") + 1
        part = piece(stream, _scalar(stream, "a"), at, at + 3, ("a",))
        assert part is not None
        pieces.append((part, "3"))
    wishes = [pieces[1], (_part(_inner(stream, "a"), "tag"), "3.0.0"), pieces[0]]
    assert check_rewritten(stream, wishes) == b"a: |\n  tag: 3.0.0 # TAG=3 NEXT=3\n  b: x\n"


def _parts(inner: Inner, node: Node, keys: Path) -> Iterator[Part]:
    if isinstance(node, Sequence):
        for place, item in enumerate(node.items):
            yield from _parts(inner, item, (*keys, place))
    elif isinstance(node, Mapping):
        for pair in node.pairs:
            if isinstance(pair.key, Scalar):
                yield from _pair(inner, node, pair, (*keys, pair.key.value))
    elif isinstance(node, Scalar) and keys and node.style in ("plain", "single", "double"):
        part = part_at(inner.stream, *keys)
        if part.scalar == node.start and not node.tag and not node.anchor and not _lines(inner, part):
            yield part


def _lines(inner: Inner, part: Part) -> bool:
    return b"\n" in inner.stream.data[part.span.start : part.span.end]


def _pair(inner: Inner, mapping: Mapping, pair: Pair, keys: Path) -> Iterator[Part]:
    if sum(isinstance(each.key, Scalar) and each.key.value == keys[-1] for each in mapping.pairs) == 1:
        yield from _parts(inner, pair.value, keys)


@examples(100)
@given(blocks(), TAGS, st.data())
def test_in_a_block_exactly_the_intended_value_changes(data: bytes, tag: str, choose: st.DataObject) -> None:
    stream = stream_of(data)
    scalar = _scalar(stream, "spec", "values")
    inner = inner_of(stream, scalar)
    if not isinstance(inner, Inner) or len(inner.stream.documents) != 1:
        return
    parts = list(_parts(inner, inner.stream.documents[0].root, ()))
    if not parts:
        return
    part = choose.draw(st.sampled_from(parts))
    outer = inner.part(part, ("spec", "values"))
    assert outer.keys == ("spec", "values", *part.keys)
    assert data[outer.span.start : outer.span.end] == inner.stream.data[part.span.start : part.span.end]
    after = check_rewritten(stream, [(outer, tag)])
    # Seen from outside one string differs, seen from inside one value of it.
    text = leaves(after)[0][0, "spec", "values"][1]
    check_values(data, after, {(0, "spec", "values"): text})
    check_values(inner.stream.data, text.encode(), {(0, *part.keys): tag})
    again = stream_of(after)
    inside = inner_of(again, _scalar(again, "spec", "values"))
    assert isinstance(inside, Inner)
    changed = inside.part(part_at(inside.stream, *part.keys), ())
    check_noop(again, [(changed, tag)])
    old = inner.stream.data[part.span.start : part.span.end]
    if part.insert is None and spell(part.value, changed.style) == old:
        assert check_rewritten(again, [(changed, part.value)]) == data


@examples(100)
@given(files())
def test_every_line_of_a_block_is_where_the_map_says(data: bytes) -> None:
    stream = stream_of(data)
    waiting = [document.root for document in stream.documents]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += node.items
        elif isinstance(node, Mapping):
            waiting += [each for pair in node.pairs for each in (pair.key, pair.value)]
        elif isinstance(node, Scalar) and node.style == "literal":
            inner = inner_of(stream, node)
            if isinstance(inner, Inner):
                for at, byte in enumerate(inner.stream.data):
                    if byte != ord("\n"):
                        assert data[inner.block.outward(at)] == byte
                        assert inner.block.inward(inner.block.outward(at)) == at


def test_the_value_of_a_block_is_a_string_to_both_readers() -> None:
    after = rewrite(stream_of(b"a: |\n  b: 1\n"), [])
    assert not hasattr(after, "code")
    assert leaves(b"a: |\n  b: 1\n")[0][0, "a"] == (STR, "b: 1\n")
