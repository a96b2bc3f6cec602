from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from promote.text.addition import Addition, created
from promote.text.insert import part_for
from promote.text.node import Mapping, Sequence
from promote.text.proof import Disagreement
from promote.text.remove import cut_of
from promote.text.rewrite import Rewritten, rewrite
from promote.text.window import MAX_WINDOW
from tests.readback import check_noop, leaves, node_at, part_at, stream_of
from tests.text.documents import KEYS, TAGS, examples, files

BOM = b"\xef\xbb\xbf"
WEB = (("name", "web"), ("newTag", "1.10"))


def _add(*keys: str, entry: str | tuple[tuple[str, str], ...] = WEB) -> Addition:
    return Addition(b"f", keys, entry)


def _check_added(data: bytes, *additions: Addition) -> bytes:
    """The new bytes: what was there is there in its order, and the file ends as it ended."""
    made = rewrite(stream_of(data), [], additions)
    assert isinstance(made, Rewritten), made
    after, at = made.after, 0
    for edit in sorted(made.edits, key=lambda edit: edit.span.start):
        assert edit.old == b""
        assert after[: edit.span.start - at] == data[at : edit.span.start]
        assert after[edit.span.start - at :].startswith(edit.new)
        after, at = after[edit.span.start - at + len(edit.new) :], edit.span.start
    assert after == data[at:]
    if data.removeprefix(BOM).strip():
        assert made.after.endswith(b"\n") == data.endswith(b"\n")
    return made.after


@pytest.mark.parametrize(
    ("data", "additions", "why"),
    [
        (b"- a\n", [_add("images")], "no document of the file is a mapping"),
        (b"x\n", [_add("images")], "no document of the file is a mapping"),
        (b"- a\n---\n", [_add("images")], "no document of the file is a mapping"),
        (b"images: x\n", [_add("images")], "something else than a list"),
        (b"images: {a: b}\n", [_add("images")], "something else than a list"),
        (b"images: null\n", [_add("images")], "something else than a list"),
        (b"images: ''\n", [_add("images")], "something else than a list"),
        (b"images: &a\n", [_add("images")], "something else than a list"),
        (b"images: !!seq\n", [_add("images")], "something else than a list"),
        (b"images: x\n", [_add("images", "a")], "something else than a mapping"),
        (b"images: [x]\n", [_add("images", "a", "b")], "something else than a mapping"),
        (b"a: 1\n", [_add("a", entry="2")], "another value is there"),
        (b"a: 1.10\n", [_add("a", entry="1.10")], "another value is there"),
        (b"a: {b: 1}\n", [_add("a", entry="2")], "another value is there"),
        (b"a: 1\n", [_add()], "something else than a list"),
        (b"x: &x\n- a\nimages: *x\n", [_add("images")], "an alias"),
        (b"images: &x\n- a\ny: *x\n", [_add("images")], "an anchor"),
        (b"x: &x {a: 1}\nb: *x\n", [_add("x", "images")], "an anchor"),
        (b"x: &x {a: 1}\nb: *x\n", [_add("b", "images")], "an alias"),
        (b"x: &x {a: 1}\nb:\n  <<: *x\n  c: 1\n", [_add("b", "images")], "a merge key"),
        (b"images: [a]\nimages: [b]\n", [_add("images")], "twice"),
        (b"? a\n: 1\n", [_add("images")], "no safe place"),
        (b"&k a: 1\n", [_add("images")], "no safe place"),
        (b"a: |+\n  x", [_add("images")], "no safe place"),
        (b"a: |\n  x", [_add("images")], "no safe place"),
        (b"a: 1\n", [_add("b", entry="x"), _add("b", entry="y")], "two values"),
        (b"a: 1\n", [_add("b", entry="x"), _add("b")], "no list"),
        (b"a: 1\n", [_add("b", entry="x"), _add("b", "c")], "no mapping"),
        (b"", [_add("b", entry="x"), _add("b", "c")], "no mapping"),
    ],
)
def test_where_there_is_no_place(data: bytes, additions: list[Addition], why: str) -> None:
    made = rewrite(stream_of(data), [], additions)
    assert isinstance(made, Disagreement), made
    assert made.code == "no-place"
    assert why in made.why


@pytest.mark.parametrize(
    ("data", "code"),
    [
        # The two parsers do not agree on the file.
        ("b: 1\n# c\u2028a: x\n".encode(), "parsers-disagree"),
        # No value fits behind a key without a colon.
        (b"{images, a: 1}\n", "unproven"),
    ],
)
def test_what_cannot_be_proven_is_not_added(data: bytes, code: str) -> None:
    made = rewrite(stream_of(data), [], [_add("images")])
    assert isinstance(made, Disagreement)
    assert made.code == code


def test_a_control_character_is_not_added() -> None:
    made = rewrite(stream_of(b"a: 1\n"), [], [_add("b", entry="x\ny")])
    assert isinstance(made, Disagreement)
    assert made.code == "not-writable"


@pytest.mark.parametrize("data", [b"a: '1.10'\n", b'{a: "1.10"}', b"x: 1\n---\na: 2\n"])
def test_a_value_that_stands_there_is_not_added(data: bytes) -> None:
    key, value = ("x", "1") if b"x" in data else ("a", "1.10")
    made = rewrite(stream_of(data.replace(b"x: 1", b"x: '1'")), [], [_add(key, entry=value)])
    assert isinstance(made, Rewritten)
    assert made.edits == ()


ENTRY = b'- name: web\n  newTag: "1.10"\n'


@pytest.mark.parametrize(
    ("data", "after"),
    [
        # A block list: its dash, its gap, behind its last line.
        (b"images:\n- name: a\n", b"images:\n- name: a\n" + ENTRY),
        (b"images:\n- name: a", b"images:\n- name: a\n" + ENTRY[:-1]),
        (b"images:\r\n- name: a\r\n", b'images:\r\n- name: a\r\n- name: web\r\n  newTag: "1.10"\r\n'),
        (b"images:\r\n- name: a", b'images:\r\n- name: a\r\n- name: web\r\n  newTag: "1.10"'),
        (b"images:\n  -   name: a\nz: 1\n", b'images:\n  -   name: a\n  -   name: web\n      newTag: "1.10"\nz: 1\n'),
        (b"images:\n-\n  name: a\n", b"images:\n-\n  name: a\n" + ENTRY),
        (b"images:\n-\n", b"images:\n-\n" + ENTRY),
        (b"images:\n- a:\n  - b:\n    - c # d\n", b"images:\n- a:\n  - b:\n    - c # d\n" + ENTRY),
        (b"images:\n- {name: a}\n", b"images:\n- {name: a}\n" + ENTRY),
        (b"images:\n- [a,\n   b] # c\n# d\n", b"images:\n- [a,\n   b] # c\n" + ENTRY + b"# d\n"),
        (b"images: # c\n# d\n- a # e\n\n# f\nz: 1\n", b"images: # c\n# d\n- a # e\n" + ENTRY + b"\n# f\nz: 1\n"),
        (b"images: &i\n- name: a\n", b"images: &i\n- name: a\n" + ENTRY),
        (b"images: !!seq\n- name: a\n", b"images: !!seq\n- name: a\n" + ENTRY),
        (b"images:\n- |\n  x\n\n# c\n", b"images:\n- |\n  x\n" + ENTRY + b"\n# c\n"),
        (b"images:\n- |+\n  x\n\n# c\n", b"images:\n- |+\n  x\n\n" + ENTRY + b"# c\n"),
        (b"images:\n- >-\n  x\n  y\n", b"images:\n- >-\n  x\n  y\n" + ENTRY),
        (b"images:\n- x\n...\n", b"images:\n- x\n" + ENTRY + b"...\n"),
        (BOM + b"images:\n- x\n---\n- y\n", BOM + b"images:\n- x\n" + ENTRY + b"---\n- y\n"),
        (b"- x\n---\nimages:\n- x\n---\nimages: []", b"- x\n---\nimages:\n- x\n" + ENTRY + b"---\nimages: []"),
        # A flow list: between its brackets.
        (b"images: []\n", b'images: [{name: web, newTag: "1.10"}]\n'),
        (b"images: [ ]\n", b'images: [{name: web, newTag: "1.10"} ]\n'),
        (b"images: [{name: a}] # c\n", b'images: [{name: a}, {name: web, newTag: "1.10"}] # c\n'),
        (b"images: [{ name: a }]", b'images: [{ name: a }, { name: web, newTag: "1.10" }]'),
        (b"images: [a, b,]\n", b'images: [a, b, {name: web, newTag: "1.10"},]\n'),
        (b"images: [\n  a # c\n]\n", b'images: [\n  a, # c\n  {name: web, newTag: "1.10"}\n]\n'),
        (b"images: [\n  a, # c\n]\n", b'images: [\n  a, # c\n  {name: web, newTag: "1.10"},\n]\n'),
        (b"images: [\n  a]\n", b'images: [\n  a,\n  {name: web, newTag: "1.10"}]\n'),
        (b"images: [ # c\n  ]\n", b'images: [ # c\n  {name: web, newTag: "1.10"}]\n'),
        # No list yet.
        (b"images:\n", b"images:\n" + ENTRY),
        (b"images:", b"images:\n" + ENTRY[:-1]),
        (b"images: # c\nz: 1\n", b"images: # c\n" + ENTRY + b"z: 1\n"),
        (b"{images: , a: 1}\n", b'{images:  [{name: web, newTag: "1.10"}], a: 1}\n'),
        (b"a: 1\n", b"a: 1\nimages:\n" + ENTRY),
        (b"a: 1 # c\n# d\n\n", b"a: 1 # c\nimages:\n" + ENTRY + b"# d\n\n"),
        (b"a:\n  - 1\n", b'a:\n  - 1\nimages:\n  - name: web\n    newTag: "1.10"\n'),
        (b"  a: 1\n", b'  a: 1\n  images:\n  - name: web\n    newTag: "1.10"\n'),
        (b"{}\n", b'{images: [{name: web, newTag: "1.10"}]}\n'),
        (b"{a: 1}", b'{a: 1, images: [{name: web, newTag: "1.10"}]}'),
        (b"{\n  a: 1 # c\n}\n", b'{\n  a: 1, # c\n  images: [{name: web, newTag: "1.10"}]\n}\n'),
        (b'{\n\t"a": 1\n}\n', b'{\n\t"a": 1, images: [{name: web, newTag: "1.10"}]\n}\n'),
        # No mapping yet.
        (b"", b"images:\n" + ENTRY),
        (BOM, BOM + b"images:\n" + ENTRY),
        (b"\n\n", b"images:\n" + ENTRY + b"\n\n"),
        (b"# c", b"# c\nimages:\n" + ENTRY[:-1]),
        (b"# c\r\n\r\n", b'# c\r\nimages:\r\n- name: web\r\n  newTag: "1.10"\r\n\r\n'),
        (b"---\n", b"---\nimages:\n" + ENTRY),
        (b"---", b"---\nimages:\n" + ENTRY[:-1]),
        (b"--- # c\n# d\n...\n", b"--- # c\n# d\nimages:\n" + ENTRY + b"...\n"),
        (b"---\n---\n", b"---\nimages:\n" + ENTRY + b"---\n"),
        ("# é🚀\n%YAML 1.1\n---\n".encode(), "# é🚀\n%YAML 1.1\n---\nimages:\n".encode() + ENTRY),
    ],
)
def test_an_item_comes_in_the_style_of_the_file(data: bytes, after: bytes) -> None:
    assert _check_added(data, _add("images")) == after


@pytest.mark.parametrize(
    ("data", "additions", "after"),
    [
        (b"a: 1\n", [_add("b", "c", "tag", entry="1.2.3")], b"a: 1\nb:\n  c:\n    tag: 1.2.3\n"),
        (b"a:\n    b: 1\n", [_add("c", "tag", entry="yes")], b'a:\n    b: 1\nc:\n    tag: "yes"\n'),
        (b"a:\n    b: 1\n", [_add("a", "on", entry="a/b")], b'a:\n    b: 1\n    "on": a/b\n'),
        (b"- x\n---\na:\n  b:\n", [_add("a", "b", entry="1.2.3")], b"- x\n---\na:\n  b: 1.2.3\n"),
        (b"a:\n  b: # c\n", [_add("a", "b", "c", entry="x")], b"a:\n  b: # c\n    c: x\n"),
        (b"a: {b: 1}\n", [_add("a", "c", "d", entry="x:y")], b'a: {b: 1, c: {d: "x:y"}}\n'),
        # Several additions, the same keys only once, in the order given.
        (
            b"a: 1",
            [_add("i", entry=(("name", "x"),)), _add("t", "u", entry="1"), _add("i"), _add("t", "v", entry="w")],
            b'a: 1\ni:\n- name: x\n- name: web\n  newTag: "1.10"\nt:\n  u: "1"\n  v: w',
        ),
        (
            b"",
            [_add("i", entry=(("name", "x"),)), _add("t", "u", entry="1")],
            b'i:\n- name: x\nt:\n  u: "1"\n',
        ),
        # What comes at one place: the inner before the outer.
        (
            b"a:\n  i:\n  - x\n",
            [_add("z", entry="1.2.3"), _add("a", "b", entry="c"), _add("a", "i", entry=(("name", "v"),))],
            b"a:\n  i:\n  - x\n  - name: v\n  b: c\nz: 1.2.3\n",
        ),
        (b"i:\n", [_add("z", entry="a"), _add("i", entry=(("name", "v"),))], b"i:\n- name: v\nz: a\n"),
        (b"i: []\n", [_add("i", entry=()), _add("i", entry=())], b"i: [{}, {}]\n"),
        (b"i:\n", [_add("i", entry=())], b"i:\n- {}\n"),
    ],
)
def test_several_additions(data: bytes, additions: list[Addition], after: bytes) -> None:
    assert _check_added(data, *additions) == after


def test_additions_go_with_other_changes() -> None:
    data = b"images:\n- name: web\n  digest: sha256:00\n- name: api\n  newTag: 1.0.0"
    stream = stream_of(data)
    web, api = node_at(stream.documents[0], ("images", 0)), node_at(stream.documents[0], ("images", 1))
    assert isinstance(web, Mapping)
    assert isinstance(api, Mapping)
    tag = part_for(stream, web, "newTag", behind=web.pairs[0], keys=())
    more = part_for(stream, api, "digest", behind=api.pairs[1], keys=())
    assert tag is not None
    assert more is not None
    digest = part_at(stream, "images", 0, "digest")
    gone = type(digest)(
        digest.path, digest.span, digest.keys, "", "plain", digest.scalar, cut=cut_of(stream, web, web.pairs[1])
    )
    wishes = [(more, "sha256:11"), (gone, None), (tag, "2.0.0"), (part_at(stream, "images", 1, "newTag"), "3.0.0")]
    made = rewrite(stream, wishes, [_add("images", entry=(("name", "new"),)), _add("kind", entry="K")])
    assert isinstance(made, Rewritten), made
    assert made.after == (
        b"images:\n- name: web\n  newTag: 2.0.0\n- name: api\n  newTag: 3.0.0\n  digest: sha256:11\n"
        b"- name: new\nkind: K"
    )


@pytest.mark.parametrize("keys", [("images",), ("new",), ("last", "list"), ("last", "more")])
def test_in_a_long_document_too(keys: tuple[str, ...]) -> None:
    items = b"".join(b"- {name: filler, n: %d}\n" % n for n in range(4_000))
    data = b"images:\n" + items + b"last:\n  list:\n  - name: x\n"
    assert len(data) > MAX_WINDOW
    after = _check_added(data, _add(*keys, entry=(("name", "y"),)))
    found = node_at(stream_of(after).documents[0], keys)
    assert isinstance(found, Sequence)
    assert isinstance(found.items[-1], Mapping)


def test_a_new_file() -> None:
    additions = [_add("images"), _add("y", "tag", entry="1.2.3"), _add("images", entry=(("name", "b/c"),))]
    text = created([_add("kind", entry="Kustomization"), *additions])
    assert text == b"kind: Kustomization\nimages:\n" + ENTRY + b'- name: b/c\n"y":\n  tag: 1.2.3\n'
    assert created([]) == b""
    for wrong in ([_add("a", entry="b"), _add("a")], [_add()], [_add(entry="x")]):
        with pytest.raises(ValueError, match=r"wanted|mapping"):
            created(wrong)


FIELDS = st.tuples(st.sampled_from(["name", "newTag", "y", "digest", "é"]), TAGS)
ITEMS = st.lists(FIELDS, max_size=3, unique_by=lambda pair: pair[0])


@examples(150)
@given(st.lists(st.tuples(st.lists(st.sampled_from(KEYS[:5]), min_size=1, max_size=3), ITEMS), min_size=1, max_size=3))
def test_a_new_file_reads_as_its_additions(wanted: list[tuple[list[str], list[tuple[str, str]]]]) -> None:
    additions = [Addition(b"f", tuple(keys), tuple(items)) for keys, items in wanted]
    try:
        text = created(additions)
    except ValueError:
        return
    root = YAML(typ="safe", pure=True).load(text.decode())
    for keys, items in wanted:
        node = root
        for key in keys:
            node = node[key]
        assert dict(items) in node
    made = rewrite(stream_of(b"# c\n"), [], additions)
    assert isinstance(made, Rewritten)
    assert made.after == b"# c\n" + text


@examples(250)
@given(files(), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3), ITEMS, st.none() | TAGS)
def test_exactly_what_is_added_comes(
    data: bytes, keys: list[str], items: list[tuple[str, str]], value: str | None
) -> None:
    stream = stream_of(data)
    keys = [key.strip("'\"") for key in keys]
    addition = Addition(b"f", tuple(keys), tuple(items) if value is None else value)
    made = rewrite(stream, [], [addition])
    if isinstance(made, Disagreement):
        assert made.code in ("no-place", "parsers-disagree"), made
        return
    assert _check_added(data, addition) == made.after
    if not made.edits:
        return
    for old, new in zip(leaves(data), leaves(made.after), strict=True):
        # Nothing goes but what was null.
        assert all(leaf == new.get(path) or leaf[0].endswith(":null") for path, leaf in old.items())
        ours = {path for path, leaf in new.items() if leaf != old.get(path) and isinstance(path[-1], str)}
        assert ours or value is None
        texts = {new[path][1] for path in ours if not new[path][0].endswith((":map", ":seq"))}
        assert texts <= {*(text for _, text in items), value or ""}
    if value is not None:
        again = stream_of(made.after)
        check_noop(again, [])
        repeated = rewrite(again, [], [addition])
        assert isinstance(repeated, Rewritten)
        assert repeated.edits == ()
