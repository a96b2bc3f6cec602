from __future__ import annotations

import time
import tracemalloc

import pytest

from promote.text.document import MAX_DEPTH, Alias, Mapping, Scalar, Stream, parse
from promote.text.node import Node, Sequence
from tests.readback import broken, node_at, stream_of

BOM = b"\xef\xbb\xbf"
DEEP = 100_000


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"a: \xff\n", "not-utf8", 1, 4),
        ("é: 1\nb: ".encode() + b"\xc3(\n", "not-utf8", 2, 4),
        ("a: 1\n".encode("utf-16"), "not-utf8", 1, 1),
        ("a: 1\n".encode("utf-32"), "not-utf8", 1, 1),
        # UTF-16 without a mark is ASCII with NULs.
        ("a: 1\n".encode("utf-16-le"), "not-yaml", 1, 2),
        (b"a: \x00\n", "not-yaml", 1, 4),
        # libyaml counts bytes here, and code points everywhere else.
        ("ä: 'ö'\nü: \x01\n".encode(), "not-yaml", 2, 4),
        (BOM + "ä: \x07".encode(), "not-yaml", 1, 4),
        (BOM + BOM + b"a: 1\n", "not-yaml", 1, 1),
        (b"a: [1\n", "not-yaml", 2, 1),
        (b"a: 'b\n", "not-yaml", 2, 1),
        (b"a: b: c\n", "not-yaml", 1, 5),
        (b"\ta: 1\n", "not-yaml", 1, 1),
        (b"a: *nowhere\nb: [\n", "not-yaml", 3, 1),
        (b"{{ if .Values.x }}\na: 1\n{{ end }}\n", "not-yaml", 2, 1),
        (b"[" * (MAX_DEPTH + 1), "too-deep", 1, MAX_DEPTH + 1),
    ],
)
def test_broken(data: bytes, code: str, line: int, column: int) -> None:
    found = broken(data)
    assert (found.code, found.span.line, found.span.column) == (code, line, column)
    assert found.why


@pytest.mark.parametrize("data", [b"", BOM, b"\n\n", b"# only a comment\n", b"---\n", b"--- # x\n...\n"])
def test_no_content_is_not_broken(data: bytes) -> None:
    assert isinstance(parse(b"a.yaml", data), Stream)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b"{a: " * DEEP,
        b"- " * DEEP,
        b"? " * DEEP,
        b"\n".join(b" " * at + b"a:" for at in range(2_000)),
    ],
    ids=["flow", "closed flow", "flow mappings", "block", "explicit keys", "block mappings"],
)
def test_depth_is_refused_at_once(data: bytes) -> None:
    start = time.monotonic()
    assert broken(data).code == "too-deep"
    assert time.monotonic() - start < 1


def test_the_deepest_that_is_read() -> None:
    assert isinstance(parse(b"a.yaml", b"[" * MAX_DEPTH + b"]" * MAX_DEPTH), Stream)


def test_a_scalar_of_sixteen_megabytes_is_bounded() -> None:
    data = b'a: "' + b"x" * (16 << 20) + b'"\nb: 1\n'
    tracemalloc.start()
    start = time.monotonic()
    stream = stream_of(data)
    seconds, (_, peak) = time.monotonic() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stream.span(data.index(b"1\n"), len(data)).line == 2
    assert seconds < 5
    assert peak < 6 * len(data)


def test_a_bomb_of_aliases_stays_small() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 60)]
    stream = stream_of("\n".join(lines).encode())
    last = node_at(stream.documents[0], ("a59",))
    assert isinstance(last, Sequence)
    assert [type(item) for item in last.items] == [Alias] * 10
    # Neither comparing nor showing follows an alias.
    assert stream == stream_of(stream.data)
    assert len(repr(stream)) < 200_000


def _shown(data: bytes, node: Node | None) -> bytes:
    assert node is not None
    return data[node.start : node.end]


SPANS = [
    (b"a: b\n", b"b"),
    (b"a: b", b"b"),
    (b"a:   b   # c\n", b"b"),
    (b"a:\n  b\n", b"b"),
    (b"a: 'it''s'\n", b"'it''s'"),
    (b'a: "b\\n" # c\n', b'"b\\n"'),
    (b"a: b\r\nc: d\r\n", b"b"),
    (b"a: b\rc: d\r", b"b"),
    (b"x: 1\r\na: b\nc: d\r", b"b"),
    (BOM + b"a: b\n", b"b"),
    (BOM + "é: 🚀\na: b\n".encode(), b"b"),
    ("🚀é: x # 🚀\na: é🚀 # 🚀\n".encode(), "é🚀".encode()),
    # libyaml breaks lines at these, and counts them as one character each.
    ("# x\u2028a: b\n".encode(), b"b"),
    ("# x\u0085a: b\n".encode(), b"b"),
    (b"{x: [1, {a: b}], a: b}\n", b"b"),
    (b"{a: ghcr.io/acme/web:1.5.0}\n", b"ghcr.io/acme/web:1.5.0"),
    (b"a: [nginx:1.25]\n", b"[nginx:1.25]"),
    (b"a: &x b\n", b"b"),
    (b"a: !!str b\n", b"b"),
    (b"a: &x !!str 'b' # c\n", b"'b'"),
    (b"a: !!str &x b\n", b"b"),
    (b"a: !<tag:yaml.org,2002:str> b\n", b"b"),
    (b"a: ! b\n", b"b"),
    (b"a: &x # c\n  b\n", b"b"),
    (b"x: &x ''\ny: !!str\nz: &z\na: &a b\n", b"b"),
    (b"x: &x 1\na: *x\n", b"*x"),
    (b"a: b\na: c\n", b"b"),
    (b"a: # c\nb: 1\n", b""),
    (b"a:", b""),
    (b"a: &x\nb: 1\n", b""),
    (b"a: !!str\n", b""),
    (b"{a: , b: 1}\n", b""),
    (b"a: ''\n", b"''"),
    (b"a: |\n  b\n  c\nd: 1\n", b"|\n  b\n  c\n"),
    (b"a: >-\n  b\n\n  c\nd: 1\n", b">-\n  b\n\n  c\n"),
    (b"? a\n: b\n", b"b"),
    (b'"a": b\n', b"b"),
    (b"a: b c\n   d\ne: 1\n", b"b c\n   d"),
    (b"%YAML 1.1\n%TAG !e! tag:e,2000:\n---\na: b\n", b"b"),
]


@pytest.mark.parametrize(("data", "text"), SPANS)
def test_spans(data: bytes, text: bytes) -> None:
    root = stream_of(data).documents[0].root
    assert isinstance(root, Mapping)
    assert _shown(data, root.get("a")) == text


def test_an_empty_value_stands_behind_its_colon() -> None:
    data = BOM + "é: 1\ntag: # c\n".encode()
    node = node_at(stream_of(data).documents[0], ("tag",))
    assert data[: node.start].endswith(b"tag:")


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"a: 1\n---\nb: 2\n", [b"a: 1\n", b"---\nb: 2\n"]),
        (b"---\na: 1\n... # c\n---\nb: 2\n", [b"---\na: 1\n...", b" # c\n---\nb: 2\n"]),
        (b"# head\na: 1\n# between\n--- {b: 2}\n", [b"# head\na: 1\n# between\n", b"--- {b: 2}\n"]),
        (b"%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2", [b"%YAML 1.1\n---\na: 1\n...", b"\n%YAML 1.1\n---\nb: 2"]),
        # The indentation of the first line belongs to its document: it would not be read without.
        (b"# head\n  a: 1\n  b: 2\n", [b"# head\n  a: 1\n  b: 2\n"]),
        (BOM + b"  a: 1\n  b: 2", [b"  a: 1\n  b: 2"]),
        (BOM + "é: 1\n---\nb: 🚀".encode(), ["é: 1\n".encode(), "---\nb: 🚀".encode()]),
    ],
)
def test_where_documents_begin_and_end(data: bytes, documents: list[bytes]) -> None:
    assert [data[each.start : each.end] for each in stream_of(data).documents] == documents


def test_anchors_belong_to_their_document() -> None:
    first, second = stream_of(b"a: &x 1\nb: *x\n---\na: &x 1\n").documents
    assert (first.aliased, second.aliased) == (frozenset({"x"}), frozenset())
    assert set(second.anchors) == {"x"}


def test_an_alias_means_what_its_anchor_meant_there() -> None:
    root = stream_of(b"a: &x one\nb: *x\nc: &x two\nd: *x\ne: &x [*x]\n").documents[0].root
    assert isinstance(root, Mapping)
    b, d, e = root.get("b"), root.get("d"), root.get("e")
    assert isinstance(b, Alias)
    assert isinstance(d, Alias)
    assert isinstance(e, Sequence)
    assert isinstance(b.target, Scalar)
    assert isinstance(d.target, Scalar)
    assert (b.target.value, d.target.value) == ("one", "two")
    # A node that repeats itself has no meaning yet.
    assert isinstance(e.items[0], Alias)
    assert e.items[0].target is None


@pytest.mark.parametrize(
    ("data", "needle", "line", "column"),
    [
        (b"a: x\n", b"x", 1, 4),
        (BOM + b"a: x\n", b"x", 1, 4),
        (BOM + b"a: 1\nb: x\n", b"x", 2, 4),
        (b"a: 1\r\nb: x\r\n", b"x", 2, 4),
        (b"a: 1\rb: x\r", b"x", 2, 4),
        (b"a: 1\n\r\n\r\nb: x", b"x", 4, 4),
        ("é🚀: x\n".encode(), b"x", 1, 5),
        # Editors do not break lines here.
        ("# \u2028b: x\n".encode(), b"x", 1, 7),
        (b"a: \tx\n", b"x", 1, 5),
    ],
)
def test_line_and_column_as_an_editor_shows_them(data: bytes, needle: bytes, line: int, column: int) -> None:
    span = stream_of(data).span(data.index(needle), data.index(needle) + 1)
    assert (span.line, span.column) == (line, column)


def test_two_hundred_thousand_lines_are_read_in_seconds() -> None:
    data = b"".join(b"k%d: 'v' # \xc3\xa9\n" % number for number in range(200_000))
    start = time.monotonic()
    stream = stream_of(data)
    assert time.monotonic() - start < 10
    root = stream.documents[0].root
    assert isinstance(root, Mapping)
    assert _shown(data, root.pairs[-1].value) == b"'v'"
