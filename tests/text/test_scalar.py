from __future__ import annotations

import random
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promote.image import is_tag
from promote.text.document import Scalar
from promote.text.edit import Span
from promote.text.part import Part, Style
from promote.text.scalar import is_misread, is_plain_safe, meaning, spell, stands
from tests.kubectl import render
from tests.text.documents import examples

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
    1.25-alpine 3.8-slim 20240627-abc 41-main nightly 1.2.3.4 ghcr.io/acme/web library/nginx a/1.10
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


_NEITHER = """
    4ac0ffee 1.2.3 1.25-alpine v1.10 sha-0a1b2c3 1.2.3_4 0a 1e 1e5a 00-00-00 1-2 1-2-3 1.e.5 _1 __ nil none None
    nan NaN inf Infinity infinity 1i 0b2 0o8 0xg 1,5 1/2 a:b 10:99 yEs tRUE nuLL oN 12-main 20240627-1 ... -- +a
    .a -a 1.5. 2024-06-27-1 2024-06 24-06-27 2024-06-27Tx
"""
NEITHER = _NEITHER.split()
_NUMBERS = """
    1.10 0e1 0e12345678 2024-06-27 553640e6 yes y Y n N no NO on On OFF true False null NULL ~ 1e3 1E-3 1. .5
    007 08 0 123 9007199254740993 1_000 1_0.5 0B1 0b1 0O7 0o7 0x1F 0X1f 0_x1 -1 +1 -.5 .inf -.INF +.Inf .nan
    .NaN 12:30:45 1:30 190:20:30.15 2001-1-2T3:4:5Z 2001-12-15T02:59:43.1-05:00 = << 1e400 -0 +0x1
"""
NUMBERS = _NUMBERS.split()


@pytest.mark.parametrize("text", NEITHER)
def test_a_string_to_everybody_is_left_as_it_is(text: str) -> None:
    assert not is_misread(text)
    assert all(read == {"a": text} for read in _readings(f"a: {text}"))


@pytest.mark.parametrize("text", [*NUMBERS, "", "2001-12-14 21:59:43.10 -5"])
def test_what_some_reader_takes_for_something_else(text: str) -> None:
    assert is_misread(text)
    assert not is_plain_safe(text)


@examples(600)
@given(st.text(alphabet="0123456789eExXoObBaAfFiIpPnN._-+:ytTZ~=<", min_size=1, max_size=10))
def test_whatever_a_reader_takes_for_no_string_is_known(text: str) -> None:
    try:
        readings = [yaml.safe_load(f"[{text}]"), YAML(typ="safe", pure=True).load(f"[{text}]")]
    except (yaml.YAMLError, YAMLError, ValueError):
        return  # no plain scalar, or a date that is none: nobody reads it as a string
    values = [read[0] if len(read) == 1 else None for read in readings]
    if any(value != text and not isinstance(value, dict) for value in values):
        assert is_misread(text)
    assert not (is_plain_safe(text) and is_misread(text))


@pytest.mark.parametrize(
    ("part", "value", "there"),
    [
        (("1.2.3", "plain", None), "1.2.4", False),
        (("1.10", "plain", None), "1.10", False),
        (("yes", "plain", None), "yes", False),
        (("", "plain", (b" ", b"")), "", False),
        (("1.10", "single", None), "1.10", True),
        (("1.10", "double", None), "1.10", True),
        (("1.10", "inner", None), "1.10", True),
        (("1.2.3", "plain", None), "1.2.3", True),
        (("4ac0ffee", "plain", None), "4ac0ffee", True),
    ],
)
def test_whether_a_value_stands(part: tuple[str, Style, tuple[bytes, bytes] | None], value: str, there: bool) -> None:
    text, style, insert = part
    assert stands(Part(b"f", Span(0, 0, 1, 1), (), text, style, 0, insert), value) is there


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


@examples(400)
@given(TAGS, st.sampled_from(STYLES))
def test_any_tag_is_read_back(tag: str, style: Style) -> None:
    _check_read_back(tag, style)


# Drawn from few characters, near to what reads as a number or a date.
NEAR = st.text(alphabet="0123456789eExXoObB._-+yn", min_size=1, max_size=12)


@examples(400)
@given(NEAR, st.sampled_from(STYLES))
def test_what_is_nearly_a_number_is_read_back(value: str, style: Style) -> None:
    _check_read_back(value, style)


PRINTABLE = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=30
)


@examples(200)
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
    few = tags[:120]
    for number, tag in enumerate(few):
        name = f"registry.example.com/image-{number}"
        text = _spelled(number, tag)
        images += f"- {{name: {name}, newTag: {text}}}\n" if number % 2 else f"- name: {name}\n  newTag: {text}  # x\n"
        containers += f"  - {{name: c{number}, image: {name}}}\n"
    notes = "".join(f"  n{number}: {_spelled(number, tag)}\n" for number, tag in enumerate(tags))
    # What no reader is said to misread stands without quotes.
    bare = [tag for tag in dict.fromkeys([*tags, *NEITHER]) if not is_misread(tag) and is_tag(tag)]
    notes += "".join(f"  bare{number}: {tag}\n" for number, tag in enumerate(bare))
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n{containers}"
    wanted = f"resources: [pod.yaml]\nimages:\n{images}commonAnnotations:\n{notes}"
    seen = yaml.safe_load(render(tmp_path, {"pod.yaml": pod.encode(), "kustomization.yaml": wanted.encode()}))
    assert [each["image"].rpartition(":")[2] for each in seen["spec"]["containers"]] == few
    expected = {f"n{number}": tag for number, tag in enumerate(tags)}
    assert seen["metadata"]["annotations"] == expected | {f"bare{number}": tag for number, tag in enumerate(bare)}


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
