from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.text.document import Scalar
from promote.text.yamlpath import Select, Step, compile_path, resolve, spell_path
from tests.readback import stream_of


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (".a", 1), ("a..b", 2), ("a.", 2), ("a[", 2), ("a[]", 2), ("a[x]", 2), ("a[-1]", 2), ("a]", 2), ("a[0]b", 5),
        ('"a', 1), ('"a"b', 4), ("a=b", 2), ("a[=b]", 2), ("a.[0]", 2), ("a[0", 2), ("a[1234567890]", 2),
    ],
)  # fmt: skip
def test_wrong_paths_name_the_column(text: str, column: int) -> None:
    with pytest.raises(ValueError, match=f"column {column} of the path"):
        compile_path(text)


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        compile_path("")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b-c.d_e", ("a", "b-c", "d_e")),
        ("a[0].b", ("a", 0, "b")),
        ("[2][0]", (2, 0)),
        ("0", ("0",)),
        ("a[name=web].tag", ("a", Select("name", "web"), "tag")),
        ("a[ name = 'we b' ]", ("a", Select("name", "we b"))),
        ("a[name=]", ("a", Select("name", ""))),
        ("a[image=x:1.0]", ("a", Select("image", "x:1.0"))),
        ('"a.b".c', ("a.b", "c")),
        ('a."q\\"x\\\\".c', ("a", 'q"x\\', "c")),
        ("a b.ключ", ("a b", "ключ")),
    ],
)
def test_compile(text: str, steps: tuple[Step, ...]) -> None:
    assert compile_path(text) == steps


DATA = b"""
web: {image: {tag: one}}
list:
- {name: web, tag: two}
- {name: api, tag: three}
- {name: web, tag: four}
- five
twice: {a: six, a: seven}
a.b: eight
anchor: &x {tag: nine}
alias: *x
name: web
merges: {<<: *x, own: ten}
nested: {<<: [{}, {<<: *x}]}
items: [*x, {<<: *x, tag: eleven}]
loop: &loop {<<: *loop, loop: *loop}
"""


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("nothing", []),
        ("web.tag", []),
        ("web[0]", []),
        ("list.name", []),
        ("list[9]", []),
        ("list[name=none].tag", []),
        # Behind an alias there is no such key.
        ("alias.none", []),
        ("merges.none", []),
        ("loop.loop.tag", []),
        # A selector is for lists.
        ("web[name=web]", []),
        ("web.image.tag", ["one"]),
        ("list[0].tag", ["two"]),
        ("list[3]", ["five"]),
        ("list[name=web].tag", ["two", "four"]),
        ("twice.a", ["six", "seven"]),
        ('"a.b"', ["eight"]),
        ("anchor.tag", ["nine"]),
        # What stands there itself is not the merge key's, even where the merge key says which item it is.
        ("merges.own", ["ten"]),
        ("items[1].tag", ["eleven"]),
    ],
)
def test_resolve(path: str, values: list[str]) -> None:
    found = list(resolve(stream_of(DATA).documents[0].root, compile_path(path)))
    assert [each.node.value for each in found if isinstance(each.node, Scalar)] == values
    assert len(found) == len(values)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("alias.tag", [(("alias",), "alias")]),
        ("items[0].tag", [(("items", 0), "alias")]),
        ("items[tag=nine].tag", [(("items", 0), "alias")]),
        ("merges.tag", [(("merges", "<<"), "merge-key")]),
        ("nested.tag", [(("nested", "<<"), "merge-key")]),
    ],
)
def test_a_path_behind_an_alias_or_a_merge_key_tells_it(path: str, told: list[tuple[object, str]]) -> None:
    """It led nowhere, and the app was told to be absent."""
    found = resolve(stream_of(DATA).documents[0].root, compile_path(path))
    assert [(each.keys, each.behind) for each in found] == told


def test_a_bomb_of_aliases_behind_a_path_is_walked_once() -> None:
    levels = [f"a{n}: &a{n} [" + ", ".join([f"{{k: x, v: *a{n - 1}}}"] * 9) + "]" for n in range(1, 40)]
    root = stream_of("\n".join(["a0: &a0 []", *levels, "top: *a39"]).encode()).documents[0].root
    assert list(resolve(root, compile_path("top" + "[k=x].v" * 39 + "[0]"))) == []
    (found,) = resolve(root, compile_path("top" + "[k=x].v" * 39))
    assert found.behind == "alias"


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5))
def test_any_key_can_be_named(keys: list[str]) -> None:
    quoted = ('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys)
    assert compile_path(".".join(quoted)) == tuple(keys)


@given(st.text(alphabet='ab0.[]="\\ ', max_size=12))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        steps = compile_path(text)
    except ValueError:
        return
    assert steps


KEYS = st.lists(st.text(st.characters(codec="utf-8")) | st.integers(0, 99), min_size=1)


@given(KEYS)
def test_a_path_leads_through_the_keys_that_it_was_made_of(keys: list[str | int]) -> None:
    assert list(compile_path(spell_path(keys))) == keys
