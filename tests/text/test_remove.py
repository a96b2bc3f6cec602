from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.document import Mapping, Scalar, Sequence, Stream
from promote.text.edit import Span
from promote.text.insert import part_for
from promote.text.node import Node, Pair
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.remove import cut_of
from promote.text.rewrite import rewrite
from promote.text.window import MAX_WINDOW
from tests.readback import Path, check_noop, check_refused, check_rewritten, leaves, node_at, part_at, stream_of
from tests.text.documents import TAGS, examples, files

BOM = b"\xef\xbb\xbf"


def _pair(stream: Stream, *keys: str | int) -> tuple[Mapping, Pair]:
    mapping = node_at(stream.documents[0], keys[:-1])
    assert isinstance(mapping, Mapping)
    return mapping, next(pair for pair in mapping.pairs if isinstance(pair.key, Scalar) and pair.key.value == keys[-1])


def _gone(stream: Stream, *keys: str | int) -> Part:
    """The part at these keys, which may be removed with its key."""
    part, cut = part_at(stream, *keys), cut_of(stream, *_pair(stream, *keys))
    assert cut is not None
    return Part(part.path, part.span, part.keys, part.value, part.style, part.scalar, part.insert, None, cut)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        # The mapping would be empty.
        (b"digest: x\n", ("digest",)),
        (b"- digest: x\n", (0, "digest")),
        (b"{digest: x}\n", ("digest",)),
        # No value of one line.
        (b"a: 1\ndigest: {b: c}\n", ("digest",)),
        (b"a: 1\ndigest: [b]\n", ("digest",)),
        (b"a: 1\ndigest: |\n  b\n", ("digest",)),
        (b"a: 1\ndigest: >-\n  b\n", ("digest",)),
        (b"a: 1\ndigest: b\n  c\n", ("digest",)),
        (b"a: 1\ndigest: 'b\n  c'\n", ("digest",)),
        (b"a: &a 1\ndigest: *a\n", ("digest",)),
        # Another place repeats it.
        (b"digest: &d x\nb: *d\n", ("digest",)),
        (b"{digest: &d x, b: *d}\n", ("digest",)),
        # Something else stands on its lines.
        (b"? digest\n: x\na: 1\n", ("digest",)),
        (b"a: 1\n? digest\n: x\n", ("digest",)),
        (b"a: 1\n&k digest: x\n", ("digest",)),
        (b"a: 1\n!!str digest: x\n", ("digest",)),
        (b"- &i\n  !!str digest: x\n  a: 1\n", (0, "digest")),
        # Behind a dash only the pair on the very next line can take its place.
        (b"- digest: x\n  # of a\n  a: 1\n", (0, "digest")),
        (b"- digest: x\n\n  a: 1\n", (0, "digest")),
        (b"- ? digest\n  : x\n  a: 1\n", (0, "digest")),
        (b"- digest: x\n  ? a\n  : 1\n", ()),
        # What follows would become text of the block scalar before it.
        (b"a: |\n   b\ndigest: x\n   # c\n", ("digest",)),
        (b"a: |\n   b\ndigest: x", ("digest",)),
        (b"a:\n- |+\n  b\ndigest: x\n\nz: 1\n", ("digest",)),
        # A comment would go with it, or swallow what follows.
        (b"{a: 1, # of a\n digest: x}\n", ("digest",)),
        (b"{digest: x, # of it\n a: 1}\n", ("digest",)),
    ],
)
def test_what_is_not_clear_is_not_removed(data: bytes, keys: Path) -> None:
    stream = stream_of(data)
    if keys:
        assert cut_of(stream, *_pair(stream, *keys)) is None


def test_a_pair_of_another_mapping_is_not_removed() -> None:
    stream = stream_of(b"a: {x: 1, y: 2}\nb: {x: 1, y: 2}\n")
    mapping, _ = _pair(stream, "a", "x")
    assert cut_of(stream, mapping, _pair(stream, "b", "x")[1]) is None


@pytest.mark.parametrize(
    ("data", "keys", "after"),
    [
        (b"a: 1\ndigest: x\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest: x", ("digest",), b"a: 1"),
        (b"a: |\n  b\ndigest: x\nz: 1\n", ("digest",), b"a: |\n  b\nz: 1\n"),
        (b"a: 1\r\ndigest: x", ("digest",), b"a: 1"),
        (b"a: 1\r\ndigest: x # c\r\nb: 2\r\n", ("digest",), b"a: 1\r\nb: 2\r\n"),
        (b"digest: x # c\na: 1\n", ("digest",), b"a: 1\n"),
        (BOM + b"a: 1\ndigest: x\n", ("digest",), BOM + b"a: 1\n"),
        (b"a: 1\n\n# of it\ndigest: x\n\n# c\n", ("digest",), b"a: 1\n\n# of it\n\n# c\n"),
        (b"a: 1\ndigest: 'x'   \n---\nb: 1\n", ("digest",), b"a: 1\n---\nb: 1\n"),
        (b"a: 1\n'digest' : \"x\"\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest:\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest: # c\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest: &d x\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest: !!str x\n", ("digest",), b"a: 1\n"),
        (b"a: 1\ndigest:\n  # c\n  x\nb: 2\n", ("digest",), b"a: 1\nb: 2\n"),
        (b"- a: 1\n  digest: x\n- b: 2\n", (0, "digest"), b"- a: 1\n- b: 2\n"),
        (b"- digest: x # c\n  a: 1\n- b: 2\n", (0, "digest"), b"- a: 1\n- b: 2\n"),
        (b"-   digest: x\r\n    a: 1", (0, "digest"), b"-   a: 1"),
        (b"- - digest: x\n    a: 1\n", (0, 0, "digest"), b"- - a: 1\n"),
        (b"-\n  digest: x\n  a: 1\n", (0, "digest"), b"-\n  a: 1\n"),
        (b"x:\n  digest: x\n  a: 1\n", ("x", "digest"), b"x:\n  a: 1\n"),
        (b"x:\n  a: 1\n  digest: x\n  b:\n  - 1\n", ("x", "digest"), b"x:\n  a: 1\n  b:\n  - 1\n"),
        (b"{a: 1, digest: x}\n", ("digest",), b"{a: 1}\n"),
        (b"{ a: 1 , digest: x }\n", ("digest",), b"{ a: 1 }\n"),
        (b"{digest: x, a: 1}\n", ("digest",), b"{a: 1}\n"),
        (b"{a: 1, digest: x, b: 2} # c\n", ("digest",), b"{a: 1, b: 2} # c\n"),
        (b"{a: 1, digest: x,}\n", ("digest",), b"{a: 1,}\n"),
        (b"{a: [1],digest: x}\n", ("digest",), b"{a: [1]}\n"),
        (b"{\n  a: 1,\n  digest: x\n}\n", ("digest",), b"{\n  a: 1\n}\n"),
        (b"{\n  digest: x,\n  a: 1 # c\n}\n", ("digest",), b"{\n  a: 1 # c\n}\n"),
        (b"[{a: 1, digest: x}, {b: 2}]\n", (0, "digest"), b"[{a: 1}, {b: 2}]\n"),
        ("{é: 🚀, digest: x}\n".encode(), ("digest",), "{é: 🚀}\n".encode()),
    ],
)
def test_a_pair_goes_and_nothing_else(data: bytes, keys: Path, after: bytes) -> None:
    stream = stream_of(data)
    assert check_rewritten(stream, [(_gone(stream, *keys), None)]) == after
    _check_gone(data, after, (0, *keys))


def _check_gone(data: bytes, after: bytes, path: Path) -> None:
    """For two independent readers this one value is not there, and everything else is as it was."""
    for old, new in zip(leaves(data), leaves(after), strict=True):
        # The places of keys move up; the values are told by their keys.
        assert _values(new) == {key: leaf for key, leaf in _values(old).items() if key != path}


def _values(found: dict[Path, tuple[str, str]]) -> dict[Path, tuple[str, str]]:
    mappings = {path for path, leaf in found.items() if leaf[0] == "tag:yaml.org,2002:map"}
    return {path: leaf for path, leaf in found.items() if path[:-1] not in mappings or isinstance(path[-1], str)}


ENTRIES = [
    b"- name: web\n  newTag: 1.0.0\n  digest: sha256:00\n",
    b"- name: web\n  digest: sha256:00 # c\n  newTag: 1.0.0\n",
    b"- digest: sha256:00\n  newTag: 1.0.0\n  name: web",
    b"- newTag: 1.0.0\n  digest: sha256:00",
    b"- {name: web, newTag: 1.0.0, digest: sha256:00}\n",
    b"- {newTag: 1.0.0, digest: sha256:00}",
    b"- {digest: sha256:00, newTag: 1.0.0}",
    b"[\n  {digest: sha256:00,\n   newTag: 1.0.0}\n]\n",
]


@pytest.mark.parametrize("data", ENTRIES)
@pytest.mark.parametrize("turned", [False, True])
def test_the_tag_is_replaced_and_the_digest_goes(data: bytes, turned: bool) -> None:
    stream = stream_of(data)
    wishes = [(part_at(stream, 0, "newTag"), "1.10"), (_gone(stream, 0, "digest"), None)]
    after = check_rewritten(stream, wishes[::-1] if turned else wishes)
    assert b'"1.10"' in after
    assert b"digest" not in after
    assert after.endswith(b"\n") == data.endswith(b"\n")
    entry = node_at(stream_of(after).documents[0], (0,))
    assert isinstance(entry, Mapping)
    assert entry.get("digest") is None


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (b"- name: web\n  digest: x\n", b'- name: web\n  newTag: "1.10"\n'),
        (b"- name: web\n  digest: x", b'- name: web\n  newTag: "1.10"'),
        (b"- name: web # c\r\n  digest: x # d\r\n", b'- name: web # c\r\n  newTag: "1.10"\r\n'),
        (b"- {name: web, digest: x}\n", b'- {name: web, newTag: "1.10"}\n'),
    ],
)
def test_a_missing_tag_comes_and_the_digest_goes(data: bytes, after: bytes) -> None:
    stream = stream_of(data)
    mapping, behind = _pair(stream, 0, "name")
    tag = part_for(stream, mapping, "newTag", behind=behind, keys=(0,))
    assert tag is not None
    assert check_rewritten(stream, [(_gone(stream, 0, "digest"), None), (tag, "1.10")]) == after
    # What is not there cannot go.
    check_noop(stream, [(tag, None)])


def _digest(stream: Stream, *keys: str | int) -> tuple[Part, Part]:
    """The tag and the digest within one reference; the digest goes with its `@`."""
    whole = part_at(stream, *keys)
    data = stream.data
    at, end = data.index(b"@", whole.span.start), data.index(b"00", whole.span.start) + 2
    colon = max(data.rfind(mark, 0, at) for mark in (b":", b" ", b"'", b'"')) + 1
    tag = Part(b"f", stream.span(colon, at), keys, data[colon:at].decode(), "inner", whole.scalar)
    cut = stream.span(at, end)
    return tag, Part(b"f", stream.span(at + 1, end), keys, "", "inner", whole.scalar, None, None, cut)


@pytest.mark.parametrize(
    ("data", "tag", "after"),
    [
        (b"image: web:1.0@sha256:00 # c\n", "1.0", b"image: web:1.0 # c\n"),
        (b"image: web:1.0@sha256:00\n", "2.0", b"image: web:2.0\n"),
        (b"image: 'web:1.0@sha256:00'\n", "2.0", b"image: 'web:2.0'\n"),
        (b'{image: "web:1.0@sha256:00"}\n', "2.0", b'{image: "web:2.0"}\n'),
        (b"image: 1.0.0@sha256:00\n", "2.0.0", b"image: 2.0.0\n"),
        # Without its digest it would be a number.
        (b"image: 1.0@sha256:00 # c\n", "1.10", b'image: "1.10" # c\n'),
        (b"image: 1.0@sha256:00", "1.0", b'image: "1.0"'),
        (b"image: '1.0@sha256:00'\n", "1.10", b"image: '1.10'\n"),
    ],
)
def test_a_digest_goes_from_a_reference(data: bytes, tag: str, after: bytes) -> None:
    stream = stream_of(data)
    own, digest = _digest(stream, "image")
    assert check_rewritten(stream, [(digest, None), (own, tag)]) == after
    if tag == own.value:
        assert check_rewritten(stream, [(digest, None)]) == after


def test_a_part_without_a_cut_cannot_go() -> None:
    stream = stream_of(b"a: x\nb: web:1.0@sha256:00\n")
    check_refused(stream, [(part_at(stream, "a"), None)], "not-removable")
    check_refused(stream, [(_digest(stream, "b")[0], None)], "not-removable")


def test_changes_that_want_the_same_bytes_are_refused() -> None:
    stream = stream_of(b"{a: 1, b: 2, c: 3}\n")
    check_refused(stream, [(_gone(stream, "b"), None), (_gone(stream, "c"), None)], "conflict")
    check_refused(stream, [(_gone(stream, "b"), None), (part_at(stream, "b"), "x")], "conflict")


@pytest.mark.parametrize("cut", [(0, 5), (5, 9), (5, 16), (13, 14), (11, 14), (0, 20)])
def test_a_cut_that_is_wrong_is_not_proven(cut: tuple[int, int]) -> None:
    stream = stream_of(b"a: 1\ndigest: x\nb: 2\n")
    part = part_at(stream, "digest")
    wrong = Part(b"f", part.span, part.keys, "x", "plain", part.scalar, None, None, Span(*cut, 1, 1))
    made = rewrite(stream, [(wrong, None)])
    assert isinstance(made, Disagreement)
    assert made.code in ("unproven", "parsers-disagree")


def test_the_only_item_of_a_window_goes() -> None:
    filler = b"".join(b"k%d: {name: filler}\n" % n for n in range(4_000))
    data = b"digest: x\n" + filler + b"last:\n  a: 1\n  digest: y"
    assert len(data) > MAX_WINDOW
    stream = stream_of(data)
    wishes = [(_gone(stream, "digest"), None), (_gone(stream, "last", "digest"), None)]
    assert check_rewritten(stream, wishes) == filler + b"last:\n  a: 1"


def _removable(stream: Stream) -> list[tuple[Path, Part]]:
    found: list[tuple[Path, Part]] = []
    for number, document in enumerate(stream.documents):
        waiting: list[tuple[Node, Path]] = [(document.root, ())]
        while waiting:
            node, keys = waiting.pop()
            if isinstance(node, Sequence):
                waiting += [(item, (*keys, place)) for place, item in enumerate(node.items)]
            if not isinstance(node, Mapping):
                continue
            for pair in node.pairs:
                own = (*keys, pair.key.value if isinstance(pair.key, Scalar) else "")
                waiting.append((pair.value, own))
                cut = cut_of(stream, node, pair)
                if cut is not None:
                    part = part_at(stream, *own, document=number)
                    whole = Part(b"f", part.span, own, part.value, part.style, part.scalar, part.insert, None, cut)
                    found.append(((number, *own), whole))
    return found


@examples(200)
@given(files(), TAGS, st.data())
def test_exactly_one_pair_goes(data: bytes, tag: str, choose: st.DataObject) -> None:
    stream = stream_of(data)
    places = _removable(stream)
    if not places:
        return
    path, part = choose.draw(st.sampled_from(places))
    after = check_rewritten(stream, [(part, None)])
    _check_gone(data, after, path)
    # A neighbour in the same mapping changes with it.
    near = [(other, each) for other, each in places if other[:-1] == path[:-1] and other != path]
    if near:
        other, neighbour = choose.draw(st.sampled_from(near))
        both = check_rewritten(stream, [(neighbour, tag), (part, None)])
        _check_gone(check_rewritten(stream, [(neighbour, tag)]), both, path)
        assert leaves(both)[0][other] == ("tag:yaml.org,2002:str", tag)
