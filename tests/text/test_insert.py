from __future__ import annotations

import pytest

from promote.text.document import Mapping
from promote.text.insert import part_for
from promote.text.part import Part
from tests.readback import check_rewritten, check_values, node_at, stream_of

BOM = b"\xef\xbb\xbf"


def _part(data: bytes, keys: tuple[str | int, ...], behind: str = "name", key: str = "newTag") -> Part | None:
    stream = stream_of(data)
    mapping = node_at(stream.documents[0], keys)
    assert isinstance(mapping, Mapping)
    pair = next(pair for pair in mapping.pairs if getattr(pair.key, "value", None) == behind)
    return part_for(stream, mapping, key, behind=pair, keys=keys)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"? name\n: web\n", ()),
        (b"- ? name\n  : web\n", (0,)),
        (b"- &x name: web\n", (0,)),
        (b"- !!map\n  !!str name: web\n", (0,)),
        (b"- &m\n  &k name: web\n", (0,)),
        (b"name: |\n  web\n", ()),
        (b"name: >-\n  web\n", ()),
        (b"name: web\n  and more\n", ()),
        (b"name: 'web\n  and more'\n", ()),
        (b"name: {a: b}\n", ()),
        (b"x: &x web\ny:\n  name: *x\n", ("y",)),
        (b"--- {name: {a: b}}\n", ()),
    ],
)
def test_odd_places_are_refused(data: bytes, keys: tuple[str | int, ...]) -> None:
    assert _part(data, keys) is None


@pytest.mark.parametrize(
    ("data", "keys", "after"),
    [
        (b"name: web\n", (), b"name: web\nnewTag: 1.2.3\n"),
        (b"name: web", (), b"name: web\nnewTag: 1.2.3"),
        (b"name: web\r\n", (), b"name: web\r\nnewTag: 1.2.3\r\n"),
        (b"a: 1\r\nname: web", (), b"a: 1\r\nname: web\r\nnewTag: 1.2.3"),
        (BOM + b"name: web\n", (), BOM + b"name: web\nnewTag: 1.2.3\n"),
        (BOM + b"- name: web\n", (0,), BOM + b"- name: web\n  newTag: 1.2.3\n"),
        (b"- name: web # c\n  a: 1\n", (0,), b"- name: web # c\n  newTag: 1.2.3\n  a: 1\n"),
        (b"-   name: 'web'   \n", (0,), b"-   name: 'web'   \n    newTag: 1.2.3\n"),
        (b"- - name: web\n", (0, 0), b"- - name: web\n    newTag: 1.2.3\n"),
        (b"- a: 1\n  name: web\n", (0,), b"- a: 1\n  name: web\n  newTag: 1.2.3\n"),
        (b"-\n    name: web\n", (0,), b"-\n    name: web\n    newTag: 1.2.3\n"),
        (b"  name: web\n  a: 1\n", (), b"  name: web\n  newTag: 1.2.3\n  a: 1\n"),
        # The value stands on a line of its own: the key's column counts.
        (b"- name:\n      web\n  a: 1\n", (0,), b"- name:\n      web\n  newTag: 1.2.3\n  a: 1\n"),
        (b"x:\n  name: web\n---\ny: 1\n", ("x",), b"x:\n  name: web\n  newTag: 1.2.3\n---\ny: 1\n"),
        (b"x:\n  name: web\n# c\n...\n", ("x",), b"x:\n  name: web\n  newTag: 1.2.3\n# c\n...\n"),
        (b"{name: web}\n", (), b'{name: web, newTag: "1.2.3"}\n'),
        (b"[{name: web # c\n , a: 1}]\n", (0,), b'[{name: web, newTag: "1.2.3" # c\n , a: 1}]\n'),
        (b"{name: web,}\n", (), b'{name: web, newTag: "1.2.3",}\n'),
        (b"{'name': \"web\" , a: 1}\n", (), b'{\'name\': "web", newTag: "1.2.3" , a: 1}\n'),
        ("- name: web # é🚀\n  é: 1\n".encode(), (0,), "- name: web # é🚀\n  newTag: 1.2.3\n  é: 1\n".encode()),
    ],
)
def test_a_missing_key_goes_behind_its_neighbour(data: bytes, keys: tuple[str | int, ...], after: bytes) -> None:
    part = _part(data, keys)
    assert part is not None
    stream = stream_of(data)
    assert check_rewritten(stream, [(part, "1.2.3")]) == after
    again = stream_of(after)
    mapping = node_at(again.documents[0], keys)
    assert isinstance(mapping, Mapping)
    assert mapping.get("newTag") is not None


@pytest.mark.parametrize(
    "data", [b"- name: web\n", b"- {name: web}\n", b"- name: web", b"- name: web # c\r\n  a: 1\r\n"]
)
def test_two_missing_keys_keep_their_order(data: bytes) -> None:
    tag, digest = _part(data, (0,)), _part(data, (0,), key="digest")
    assert tag is not None
    assert digest is not None
    text = "sha256:" + "0" * 64
    after = check_rewritten(stream_of(data), [(tag, "1.10"), (digest, text)])
    assert after.index(b"newTag") < after.index(b"digest")
    items = node_at(stream_of(after).documents[0], (0,))
    assert isinstance(items, Mapping)
    assert [getattr(items.get(key), "value", None) for key in ("newTag", "digest")] == ["1.10", text]


def test_a_digest_in_flow_style_is_quoted() -> None:
    data = b"[{name: web}]"
    part = _part(data, (0,), key="digest")
    assert part is not None
    after = check_rewritten(stream_of(data), [(part, "sha256:00")])
    assert after == b'[{name: web, digest: "sha256:00"}]'


def test_an_insertion_has_a_neighbour_that_changes_too() -> None:
    data = b"- name: web\n  newName: old\n"
    part = _part(data, (0,), behind="newName")
    assert part is not None
    stream = stream_of(data)
    name = node_at(stream.documents[0], (0, "newName"))
    own = Part(b"f", stream.span(name.start, name.end), (0, "newName"), "old", "plain", name.start)
    after = check_rewritten(stream, [(own, "other"), (part, "1.2.3")])
    assert after == b"- name: web\n  newName: other\n  newTag: 1.2.3\n"
    check_values(
        data.replace(b"old\n", b"old\n  newTag: x\n"), after, {(0, 0, "newName"): "other", (0, 0, "newTag"): "1.2.3"}
    )
