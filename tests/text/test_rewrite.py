from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promote.sites.reading import Reading
from promote.text.document import Broken, Mapping, Scalar, Stream, parse
from promote.text.numbers import Numbers
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite
from promote.text.scalar import spell
from promote.text.window import MAX_WINDOW, Windows
from tests.readback import Path, check_noop, check_refused, check_rewritten, check_values, leaves, part_at, stream_of
from tests.text.documents import TAGS, examples, files

Place = tuple[Path, Part]


def _places(stream: Stream) -> list[Place]:
    """Every value that may be edited, with its document's number before its keys; keys are no values."""
    found = []
    for number, document in enumerate(stream.documents):
        reading = Reading(stream, document, "test")
        for spot in reading.walk():
            part = reading.part(spot.node, spot.keys, spot.bar)
            if isinstance(spot.node, Scalar) and spot.keys and isinstance(part, Part):
                found.append(((number, *spot.keys), part))
    return found


def _at(stream: Stream, path: Path) -> Part:
    return dict(_places(stream))[path]


@examples(150)
@given(files())
def test_the_values_that_stand_there_change_nothing(data: bytes) -> None:
    stream = stream_of(data)
    same = [
        (part, part.value)
        for _, part in _places(stream)
        if part.insert is None and spell(part.value, part.style) == data[part.span.start : part.span.end]
    ]
    check_noop(stream, same)


@examples(300)
@given(files(), TAGS, st.data())
def test_exactly_the_intended_value_changes(data: bytes, tag: str, choose: st.DataObject) -> None:
    stream = stream_of(data)
    places = _places(stream)
    if not places:
        return
    path, part = choose.draw(st.sampled_from(places))
    after = check_rewritten(stream, [(part, tag)])
    check_values(data, after, {path: tag})
    again = stream_of(after)
    changed = _at(again, path)
    assert changed.value == tag
    check_noop(again, [(changed, tag)])
    old = data[part.span.start : part.span.end]
    if part.insert is None and spell(part.value, changed.style) == old:
        assert check_rewritten(again, [(changed, part.value)]) == data


@examples(200)
@given(files(odd=True), TAGS, st.data())
def test_in_an_odd_file_one_value_changes_or_none(data: bytes, tag: str, choose: st.DataObject) -> None:
    stream = parse(b"values.yaml", data)
    if isinstance(stream, Broken):
        return
    places = _places(stream)
    if not places:
        return
    path, part = choose.draw(st.sampled_from(places))
    made = rewrite(stream, [(part, tag)])
    if isinstance(made, Disagreement):
        assert made.code == "parsers-disagree"
        return
    after = check_rewritten(stream, [(part, tag)])
    try:
        leaves(data)
    except yaml.YAMLError:
        return  # tabs that both parsers of the proof can read, and PyYAML's own cannot
    check_values(data, after, {path: tag})


@examples(120)
@given(files(), st.data())
def test_many_values_change_at_once(data: bytes, choose: st.DataObject) -> None:
    stream = stream_of(data)
    places = dict(_places(stream))
    chosen = choose.draw(st.lists(st.sampled_from(sorted(places, key=str)), unique=True)) if places else []
    wishes = {path: choose.draw(TAGS) for path in chosen}
    after = check_rewritten(stream, [(places[path], tag) for path, tag in wishes.items()])
    check_values(data, after, wishes)
    again = stream_of(after)
    check_noop(again, [(_at(again, path), tag) for path, tag in wishes.items()])


@pytest.mark.parametrize("value", ["a\nb", "\x00", "\u2028", "\ufeff"])
def test_control_characters_are_not_written(value: str) -> None:
    stream = stream_of(b"a: x\n")
    check_refused(stream, [(part_at(stream, "a"), value)], "not-writable")


@pytest.mark.parametrize(
    ("data", "after"),
    [
        # The end of the file, without a newline, without a value: it once went out unproven.
        (b"a:", b"a: 1.2.3"),
        (b"a: ", b"a: 1.2.3 "),
        (b"b: 1\n---\na:", b"b: 1\n---\na: 1.2.3"),
        (b"a:\n---\nb: 1", b"a: 1.2.3\n---\nb: 1"),
        (b"a: \n---\nb: 1", b"a: 1.2.3 \n---\nb: 1"),
        (b"a: # c\n", b"a: 1.2.3 # c\n"),
        (b"a: !!str\n", b"a: !!str 1.2.3\n"),
        (b"{a: }", b"{a:  1.2.3}"),
        (b"{a: , b: 1}", b"{a:  1.2.3, b: 1}"),
        # A document whose root is indented could not be proven.
        (b"  a: x\n  b: y\n", b"  a: 1.2.3\n  b: y\n"),
        (b"\xef\xbb\xbf  a: x\n  b: y\n", b"\xef\xbb\xbf  a: 1.2.3\n  b: y\n"),
        (b"# c\n\n  a: x\n  b: y\n", b"# c\n\n  a: 1.2.3\n  b: y\n"),
        (
            b"%YAML 1.1\n---\na: x\n...\n%YAML 1.1\n---\nb: y\n",
            b"%YAML 1.1\n---\na: 1.2.3\n...\n%YAML 1.1\n---\nb: y\n",
        ),
        (b"%TAG !e! tag:e,2000:\n---\na: x\nb: !e!x y\n", b"%TAG !e! tag:e,2000:\n---\na: 1.2.3\nb: !e!x y\n"),
        (b"a: ! x\n", b"a: ! 1.2.3\n"),
        (b"a: x\rb: y\r", b"a: 1.2.3\rb: y\r"),
    ],
)
def test_ends_and_beginnings(data: bytes, after: bytes) -> None:
    stream = stream_of(data)
    number = next(
        n
        for n, document in enumerate(stream.documents)
        if isinstance(document.root, Mapping) and document.root.get("a")
    )
    assert check_rewritten(stream, [(part_at(stream, "a", document=number), "1.2.3")]) == after


def test_documents_of_one_stream_are_edited_together() -> None:
    stream = stream_of(b"a: x\n---\nb: y\n---\na: z # c\n")
    wishes = [(part_at(stream, "a", document=number), "10.20.30") for number in (2, 0)]
    assert check_rewritten(stream, wishes) == b"a: 10.20.30\n---\nb: y\n---\na: 10.20.30 # c\n"


def test_a_key_without_a_value_where_no_value_fits_is_refused() -> None:
    stream = stream_of(b"{a, b: 1}\n")
    check_refused(stream, [(part_at(stream, "a"), "1.2.3")], "unproven")


def test_one_bad_wish_stops_all_of_the_file() -> None:
    stream = stream_of(b"a: x\nb: !!int 1\n")
    check_refused(stream, [(part_at(stream, "a"), "y"), (part_at(stream, "b"), "2")], "unproven")


ENTRY = """
  # the service %(n)d, of the team é🚀
  - name: ghcr.io/acme/service-%(n)05d
    newName: registry.example.com/acme/service-%(n)05d
    newTag: "1.2.%(n)d" # a comment of some length, as people write them
    digest: sha256:%(n)064d
    more: {flow: [1, 2], list: "é"}
"""


def _large(count: int) -> bytes:
    return ("images:" + "".join(ENTRY % {"n": number} for number in range(count)) + "last: one\n").encode()


def test_twenty_thousand_images_in_one_file() -> None:
    data = _large(20_000)
    assert len(data) > 5_000_000
    start = time.monotonic()
    stream = stream_of(data)
    parsed = time.monotonic() - start
    wishes = [(part_at(stream, "images", number, "newTag"), "9.9.9") for number in (0, 9_999, 19_999)]
    made = rewrite(stream, wishes)
    rewritten = time.monotonic() - start - parsed
    assert not isinstance(made, Disagreement)
    assert made.after.count(b'"9.9.9"') == 3
    # Two readings by the second parser would take half a minute.
    assert (parsed, rewritten) < (20, 20)


@pytest.mark.parametrize("number", [0, 1, 150, 299])
def test_a_long_document_is_proven_by_its_parts(number: int) -> None:
    data = b"---\n" + _large(300) + b"...\n"
    stream = stream_of(data)
    document = stream.documents[0]
    part = part_at(stream, "images", number, "newTag")
    window = next(Windows(stream, document, Numbers(document)).at(part.scalar))
    assert window.end - window.start < MAX_WINDOW < document.end - document.start
    assert data[window.start :].lstrip().startswith(b"- name: ghcr.io/acme/service-%05d" % number)
    after = check_rewritten(stream, [(part, "1.10"), (part_at(stream, "last"), "two")])
    assert after == data.replace(b'"1.2.%d"' % number, b'"1.10"').replace(b"last: one", b"last: two")


DEPLOYMENT = b"""\
kind: Deployment
metadata: {name: web}   # %(comment)s
spec:
  template:
    spec:
      containers:
        - name: main
          image: nginx   # c
          ports: [{containerPort: 8080}]
        - name: other
          image: nginx
""" % {b"comment": b"long " * 50}


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        # The first pair stands behind the dash, which is not the mapping's: the whole item is read.
        (
            (0, "name"),
            b"        - name: main\n          image: nginx   # c\n          ports: [{containerPort: 8080}]\n",
        ),
        ((0, "image"), b"          image: nginx   # c\n"),
        ((1, "image"), b"          image: nginx\n"),
    ],
)
def test_the_second_parser_reads_the_smallest_item_that_reads_alone(keys: tuple[int, str], lines: bytes) -> None:
    stream = stream_of(DEPLOYMENT)
    document = stream.documents[0]
    part = part_at(stream, "spec", "template", "spec", "containers", *keys)
    windows = list(Windows(stream, document, Numbers(document)).at(part.scalar))
    assert stream.data[windows[0].start : windows[0].end] == lines
    assert [(each.start, each.end) for each in windows[-1:]] == [(document.start, document.end)]
    check_rewritten(stream, [(part, "1.10")])


@pytest.mark.parametrize("odd", ["# \u2028", "# \u0085", "'\u2029'", "'\ufeff'"])
def test_what_parsers_are_known_to_differ_on_has_the_document_read_whole(odd: str) -> None:
    stream = stream_of(DEPLOYMENT + b"odd:  " + odd.encode() + b"\n")
    document = stream.documents[0]
    part = part_at(stream, "spec", "template", "spec", "containers", 0, "image")
    windows = list(Windows(stream, document, Numbers(document)).at(part.scalar))
    assert [(each.start, each.end) for each in windows] == [(document.start, document.end)]


@pytest.mark.parametrize("count", [1, 400])
def test_two_values_side_by_side_and_one_around_them_are_proven_together(count: int) -> None:
    data = b"a:\n  b: x\n  c: x\nd: x\n" + b"e: [filler, filler]\n" * count
    stream = stream_of(data)
    wishes = [(part_at(stream, *keys), "1.10") for keys in (("a", "c"), ("d",), ("a", "b"))]
    assert check_rewritten(stream, wishes) == data.replace(b"x", b'"1.10"')


TABS = b"image:\t# c\n  tag: 1.4.0\t# c\n"


@pytest.mark.parametrize("around", [b"", b"x:\t1\t# c\n" * 100])
def test_tabs_between_tokens_are_white_space(around: bytes) -> None:
    stream = stream_of(TABS + around)
    after = check_rewritten(stream, [(part_at(stream, "image", "tag"), "1.5.0")])
    assert after == TABS.replace(b"1.4.0", b"1.5.0") + around


@pytest.mark.parametrize("data", [b"a:\n\ttag: x\n", b"-\ttag: x\n", b"a:\n  -\ttag: x\n", b"?\ttag: x\n"])
def test_a_tab_as_indentation_is_refused(data: bytes) -> None:
    stream = parse(b"x.yaml", data)
    if isinstance(stream, Broken):
        assert stream.code == "not-yaml"
        return
    part = next(part for path, part in _places(stream) if path[-1] == "tag")
    check_refused(stream, [(part, "y")], "parsers-disagree")


FILL = b"".join(b"- {name: filler, n: %d}\n" % n for n in range(4_000))
NESTED = b"".join(b"  k%d: {name: filler}\n" % n for n in range(4_000))


@pytest.mark.parametrize(
    "data",
    [
        b"[{a: x},\n" + FILL.replace(b"- ", b"").replace(b"}\n", b"},\n") + b"]\n",
        b"- &x\n  a: x\n- *x\n" + FILL,
        b"- - a: x\n  - b: y\n" + FILL,
        b"- ? a\n  : x\n" + FILL,
        b"- !!map\n  a: x\n" + FILL,
        b"-\n  # c\n\n  a: x\n" + FILL,
        b"a: x\nb:\n" + FILL,
        b"b:\n" + FILL + b"a: x",
        b"b:\n" + FILL + b"a:",
        b"b:\n" + NESTED + b"  c:\n  - d: 1\n    a: x\n# c\n",
        b"? b\n: a: x\n  c:\n" + NESTED.replace(b"  k", b"    k"),
    ],
    ids=["flow", "anchor", "nested", "explicit", "tag", "odd", "first", "last", "empty", "deep", "explicit parent"],
)
def test_in_any_shape_of_a_long_document_the_one_value_changes(data: bytes) -> None:
    stream = stream_of(data)
    assert len(data) > MAX_WINDOW
    part = next(part for path, part in _places(stream) if path[-1] == "a") if b"*x" not in data else None
    if part is None:
        part = part_at(stream, 0, "a")
    after = check_rewritten(stream, [(part, "1.10")])
    end = part.span.end
    text = b' "1.10"' if part.insert else b'"1.10"'
    assert after == data[: part.span.start] + text + data[end:]


def test_in_a_long_document_parsers_must_agree_on_the_part() -> None:
    stream = stream_of(b"- b: 1\n  # c\xe2\x80\xa8  a: x\n" + FILL)
    check_refused(stream, [(part_at(stream, 0, "a"), "1.2.3")], "parsers-disagree")
