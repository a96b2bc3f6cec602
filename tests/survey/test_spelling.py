"""Whatever a repository holds comes out of the text as it went in, for two readers that know nothing of each other."""

from __future__ import annotations

import io

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from promote.survey.patterns import below, condensed, covering
from promote.survey.spelling import comment, flow, several, spelled
from promote.tree import Globs

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "",
        "~",
        "null",
        "yes",
        "on",
        "1.10",
        "0x1",
        "1:30",
        "- a",
        "a: b",
        "a #b",
        "*a",
        "&a",
        "!a",
        "'",
        '"',
        "\\",
        "{",
        "@",
    ]
)
VALUES = st.recursive(
    TEXTS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_spelled_is_read_as_what_it_is(value: object) -> None:
    assert yaml.load(f"key: {flow(value)}\n", Loader=yaml.CSafeLoader) == {"key": value}


@given(TEXTS)
def test_a_text_is_read_so_by_a_reader_of_yaml_1_2_too(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(io.StringIO(f"[{spelled(text)}, b]")) == [text, "b"]


@given(TEXTS)
def test_a_comment_stays_one(text: str) -> None:
    lines = list(comment(f"- {text}", "  "))
    assert all(line.startswith("  # ") and line.isprintable() for line in lines)
    assert yaml.safe_load("\n".join([*lines, "a: b"])) == {"a": "b"}


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abcd", "a, b, c and d"), ("abcdef", "a, b, c and 3 more")],
)
def test_names_in_a_sentence(names: list[str], said: str) -> None:
    assert several(names) == said


SEGMENTS = st.sampled_from(["a", "b", "c", "dev", "prod", "base"])
PATHS = st.frozensets(st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12)


def _files(paths: frozenset[str]) -> frozenset[str]:
    """Paths none of which is a folder of another one."""
    return frozenset(f"{path}.yaml" for path in paths)


@given(PATHS, st.data())
def test_what_covers_files_takes_these_and_no_others(paths: frozenset[str], data: st.DataObject) -> None:
    every = _files(paths)
    wanted = data.draw(st.frozensets(st.sampled_from(sorted(every))))
    found = covering(wanted, every)
    assert {path for path in every if any(below(path, one) for one in found)} == wanted


@given(PATHS, st.data())
def test_what_is_condensed_takes_the_same_files(paths: frozenset[str], data: st.DataObject) -> None:
    every = _files(paths)
    folders = sorted({path.rpartition("/")[0] for path in every} - {""}) or sorted(every)
    own = data.draw(st.frozensets(st.sampled_from(folders), min_size=1))
    globs = Globs(condensed(own, every))
    assert {path for path in every if globs.matches(path.encode())} == {
        path for path in every if any(below(path, one) for one in own)
    }


def test_folders_that_differ_in_one_name_are_one_pattern() -> None:
    every = [f"apps/{app}/overlays/{name}/a.yaml" for app in "abcd" for name in ("dev", "prod")]
    own = [f"apps/{app}/overlays/dev" for app in "abcd"]
    assert condensed(own, every) == ("apps/*/overlays/dev/**",)
    assert condensed(own[:2], every) == tuple(own[:2])
    # It would take another app's folder too.
    assert condensed(own[:3], every) == tuple(own[:3])
