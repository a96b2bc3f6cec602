from __future__ import annotations

import random
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from promote.image import is_tag
from promote.text.document import Scalar
from promote.text.part import Style
from promote.text.scalar import is_plain_safe, meaning, spell
from tests.kubectl import render

STYLES: tuple[Style, ...] = ("plain", "single", "double")
DIGEST = "sha256:" + "0a" * 32
TAGS = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
# What one reader or another takes for something else than a string (FIELD, pain 2).
_ODD = """
    0e1 0e12345678 553640e6 1e3 1E3 1e-3 12e03 1.10 1.0 1. 1.e5 007 08 0 00 123 20240627 9007199254740993 1_000
    1_0.5 2024-06-27 2024-6-7 2001-01-01 0B1 0b1 0O7 0o7 0x1F 0X1f 0xdeadbeef 0x1p4 0x_1 0_1 1__0 y Y n N on On
    ON off yes Yes no NO true True TRUE false null Null NULL nil none None nan NaN NAN inf Inf Infinity infinity
    INF 1-2 1-2-3 1e 1e5 _1 __ 1i 0x 0b 0o 1e400 0e0 00e1 1_e5 4e5a 1-1 0-0 00-00-00
"""
ODD = _ODD.split()
# Strings to every reader: these stay without quotes.
_EASY = """
    1.2.3 v1.2.3 1.2.3-rc.1 0.0.0 v0.1.0-alpha.1 main-41-0a1b2c3 latest a main v1 v1.2 sha-0a1b2c3 release_7
    1.25-alpine 3.8-slim 20240627-abc 41-main nightly 1.2.3.4
"""
EASY = _EASY.split()


@pytest.mark.parametrize(
    "value", ["a\nb", "a\r", "\x00", "a\x7fb", "\x85", "\u2028", "\u2029", "\ufeff1.0", "\ud800", "\x1b[0m"]
)
@pytest.mark.parametrize("style", get_args(Style))
def test_control_characters_are_refused(value: str, style: Style) -> None:
    with pytest.raises(ValueError, match="control character"):
        spell(value, style)


@pytest.mark.parametrize("value", ["", "a b", "a'b", 'a"b', "a#b", "é", "a{", "a,b", "a\\b"])
def test_what_cannot_stand_inside_another_value(value: str) -> None:
    with pytest.raises(ValueError, match="inside another value"):
        spell(value, "inner")


@pytest.mark.parametrize("tag", [*EASY, DIGEST])
def test_a_plain_string_stays_plain(tag: str) -> None:
    assert spell(tag, "plain") == tag.encode()


@pytest.mark.parametrize("tag", ODD)
def test_what_reads_as_something_else_is_quoted(tag: str) -> None:
    assert not is_plain_safe(tag)
    assert spell(tag, "plain") == b'"' + tag.encode() + b'"'


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        ("1.10", "single", b"'1.10'"),
        ("1.10", "double", b'"1.10"'),
        ("1.10", "inner", b"1.10"),
        ("latest", "single", b"'latest'"),
        ("it's", "single", b"'it''s'"),
        ('say "x\\y"', "double", b'"say \\"x\\\\y\\""'),
        ("a: b", "plain", b'"a: b"'),
        ("", "plain", b'""'),
        ("é🚀", "plain", '"é🚀"'.encode()),
        (f"1.2@{DIGEST}", "plain", f'"1.2@{DIGEST}"'.encode()),
    ],
)
def test_quotes_stay_as_they_were(value: str, style: Style, text: bytes) -> None:
    assert spell(value, style) == text


def _readings(text: str) -> list[Any]:
    return [yaml.safe_load(text), YAML(typ="safe", pure=True).load(text)]


def _check_read_back(value: str, style: Style) -> None:
    spelled = spell(value, style).decode()
    text = (
        f"block: {spelled}\nlist:\n- {spelled}\nflow: {{a: {spelled}, b: [{spelled}, {spelled}]}} # c\nlast: {spelled}"
    )
    for read in _readings(text):
        assert read == {"block": value, "list": [value], "flow": {"a": value, "b": [value, value]}, "last": value}


@pytest.mark.parametrize("style", STYLES)
def test_odd_tags_are_read_back(style: Style) -> None:
    for tag in [*ODD, *EASY]:
        _check_read_back(tag, style)


@settings(max_examples=400)
@given(TAGS, st.sampled_from(STYLES))
def test_any_tag_is_read_back(tag: str, style: Style) -> None:
    _check_read_back(tag, style)


# Drawn from few characters, near to what reads as a number or a date.
NEAR = st.text(alphabet="0123456789eExXoObB._-+yn", min_size=1, max_size=12)


@settings(max_examples=400)
@given(NEAR, st.sampled_from(STYLES))
def test_what_is_nearly_a_number_is_read_back(value: str, style: Style) -> None:
    _check_read_back(value, style)


PRINTABLE = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=30
)


@settings(max_examples=200)
@given(PRINTABLE, st.sampled_from(STYLES))
def test_any_printable_text_is_read_back(value: str, style: Style) -> None:
    _check_read_back(value, style)


def _many(count: int) -> list[str]:
    """Tags that look like numbers, dates and words, the same in each run."""
    rolls = random.Random(2026)
    pieces = [
        "0",
        "1",
        "7",
        "10",
        "00",
        "e",
        "E",
        "x",
        "o",
        "b",
        ".",
        "-",
        "_",
        "v",
        "y",
        "on",
        "inf",
        "nan",
        "2024",
        "T",
        "a",
    ]
    found: dict[str, None] = {}
    while len(found) < count:
        tag = "".join(rolls.choices(pieces, k=rolls.randint(1, 7)))
        if is_tag(tag):
            found[tag] = None
    return list(found)


def _spelled(number: int, tag: str) -> str:
    return spell(tag, STYLES[number % 3]).decode()


def test_go_reads_back_the_same(tmp_path: Path) -> None:
    tags = list(dict.fromkeys([*ODD, *EASY, *_many(1_500)]))
    # Images cost kustomize the square of their number: some tags go there, and all into a map of strings.
    images, containers = "", ""
    few = tags[:250]
    for number, tag in enumerate(few):
        name = f"registry.example.com/image-{number}"
        text = _spelled(number, tag)
        images += f"- {{name: {name}, newTag: {text}}}\n" if number % 2 else f"- name: {name}\n  newTag: {text}  # x\n"
        containers += f"  - {{name: c{number}, image: {name}}}\n"
    notes = "".join(f"  n{number}: {_spelled(number, tag)}\n" for number, tag in enumerate(tags))
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n{containers}"
    wanted = f"resources: [pod.yaml]\nimages:\n{images}commonAnnotations:\n{notes}"
    seen = yaml.safe_load(render(tmp_path, {"pod.yaml": pod.encode(), "kustomization.yaml": wanted.encode()}))
    assert [each["image"].rpartition(":")[2] for each in seen["spec"]["containers"]] == few
    assert seen["metadata"]["annotations"] == {f"n{number}": tag for number, tag in enumerate(tags)}


@pytest.mark.parametrize(
    ("text", "style", "means"),
    [
        ("", "plain", None),
        ("~", "plain", None),
        ("null", "plain", None),
        ("true", "plain", True),
        ("False", "plain", False),
        ("12", "plain", 12),
        ("-012", "plain", -12),
        ("1.10", "plain", 1.1),
        ("1e3", "plain", 1000.0),
        # YAML 1.1 alone reads these as something else.
        ("yes", "plain", "yes"),
        ("0x1F", "plain", "0x1F"),
        ("1_000", "plain", "1_000"),
        ("2024-06-27", "plain", "2024-06-27"),
        ("12:30:45", "plain", "12:30:45"),
        ("12", "double", "12"),
        ("null", "single", "null"),
        ("", "single", ""),
        ("9" * 301, "plain", "9" * 301),
        ("1\n", "plain", "1\n"),
    ],
)
def test_meaning(text: str, style: Any, means: object) -> None:
    assert meaning(Scalar(text, style, 0, 0, None, None)) == means
    assert meaning(Scalar(text, style, 0, 0, None, "tag:yaml.org,2002:str")) == text
