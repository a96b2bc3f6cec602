"""Titles and bodies of pull requests: what people read, what programs read back, and what hostile text cannot do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.image import Version
from promote.outcome import Proposal, Refusal, Skip
from promote.place import Place
from promote.question import Carried
from promote.verdict import Verdict
from promote.wording.links import Link
from promote.wording.markdown import code, link, plain
from promote.wording.pull_request import Footer, Hides, Note, body, closed, footer, notes, read_footer, title

DIGEST = "sha256:" + "ab" * 32
WEB = Carried("prod", "web", Version("1.4.0"), Version("1.5.0", DIGEST), "test")
API = Carried("prod", "api", None, Version("2.0.0"), "test", (("soak", "hotfix for #1234, ask @ann"),))
HOSTILE = (
    "<img src=x onerror=alert(1)> | @everyone `x` [a](javascript:b) #1 !2 **b** _i_ "
    "https://evil.example www.evil.example"
)


def test_an_ordinary_one() -> None:
    compare = Link("prod", "web", "https://github.com/acme/web/compare/a1...b2")
    release = Link("prod", "web", "https://github.com/acme/web/releases/tag/1.5.0", "release notes")
    told = [compare, release, Link("prod", "gone", "https://x/y")]
    text = body(None, [WEB, API], links=told, notes=[Note("prod", "job", "waits: soak until noon")], limit=9999)
    assert text == (
        "| environment | app | from | to | |\n"
        "|---|---|---|---|---|\n"
        "| `prod` | `api` | new | `2.0.0` |  |\n"
        f"| `prod` | `web` | `1.4.0` | `1.5.0`<br>`{DIGEST}` "
        "| [compare](<https://github.com/acme/web/compare/a1...b2>), "
        "[release notes](<https://github.com/acme/web/releases/tag/1.5.0>) |\n"
        "\n"
        "- `prod`: `api`: gate `soak` skipped: hotfix for &#35;1234, ask &#64;ann\n"
        "- `prod`: `job`: waits: soak until noon\n"
        "\n"
        r'<!-- promote {"schema":1,"state":"open","changes":[["prod","web","1.5.0@sha256:'
        f'{"ab" * 32}"],["prod","api","2.0.0"]]}} -->'
    )
    assert title(None, [WEB]) == "prod: web 1.5.0@abababababab (was 1.4.0)"


def test_what_was_left_out_and_which_gates_have_passed() -> None:
    verdicts = (
        ("prod", "web", Verdict("soak", "passed", "live for 3 h")),
        ("prod", "web", Verdict("window", "passed", "open until noon")),
        ("prod", "web", Verdict("approval", "waiting", "nobody has approved it")),
        ("prod", "api", Verdict("approval", "failed", "ann asks for changes")),
    )
    left = (Refusal("prod", "job", "gate", "window: closed"), Skip("prod", "cron", "declined", "it was @declined"))
    wish = Proposal(Place("r", "main"), "promote/env/prod", "prod", (WEB, API), verdicts=verdicts, left=left)
    assert notes(replace(wish, verdicts=verdicts[2:], left=())) == []
    assert body(None, (), notes=notes(wish), limit=9999).splitlines()[:3] == [
        "- `prod`: `job`: left out (gate): window: closed",
        "- `prod`: `cron`: left out (declined): it was &#64;declined",
        "- `prod`: `web`: gates passed: soak (live for 3 h), window (open until noon)",
    ]


def test_a_large_one_keeps_to_the_limit_and_says_what_is_missing() -> None:
    many = [Carried("prod", f"app-{number:03d}", Version("1.0.0"), Version("1.0.1", DIGEST)) for number in range(300)]
    whole = body(None, many, limit=65_536)
    assert len(whole) <= 65_536
    assert read_footer(whole) == Footer("open", {("prod", item.app): item.new for item in many})
    for limit in (4_000, 32_768):
        text = body(None, many, limit=limit)
        assert len(text) <= limit
        shown = text.count("\n| `prod`")
        assert 0 < shown < 300
        assert f"… and {300 - shown} more" in text
    assert title(None, many) == "prod: 300 apps"


def test_a_hostile_one_shows_as_it_is_and_does_nothing() -> None:
    item = Carried("prod", "web", Version("1"), Version("2"), None, (("soak", HOSTILE),))
    text = body(None, [item], notes=[Note("prod", HOSTILE, HOSTILE + "\n\n# big\n-->")], limit=9999)
    lines = text.splitlines()
    assert len(lines) == 8  # nothing began a line of its own
    lists = "\n".join(lines[4:6])
    assert not re.search(r"<(?!br>)|@|(?<!&)#|\[|\]|\*|_|\||!|https?:|www\.", lists)
    assert "&#60;img src=x onerror=alert(1)&#62;" in lists


@given(st.text(max_size=80))
def test_plain_text_has_nothing_that_any_renderer_acts_upon(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"[<>`*_\[\]|@!\\~$\n\r]", shown)
    assert not re.search(r"(?<!&)#", shown)
    assert not re.search(r"(?i)\b(https?|ftp|mailto|www)[:.]", shown)


@given(st.text(max_size=60))
def test_a_code_span_cannot_be_left(text: str) -> None:
    shown = code(text)
    if shown.startswith("`"):
        assert shown == f"`{text}`"
        assert not re.search(r"[`<>|\s]", text)
    else:
        assert shown == plain(text)


def test_a_link_is_named_by_plain_text() -> None:
    assert link("a](b", "https://x/y") == "[a&#93;(b](<https://x/y>)"


versions = st.builds(
    Version, st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True), st.sampled_from([None, DIGEST])
)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)


@pytest.mark.parametrize("hides", ["comment", "definition"])
@given(
    changes=st.dictionaries(st.tuples(names, names), versions, max_size=5),
    state=st.sampled_from(["open", "done"]),
)
def test_a_footer_is_read_back_and_ends_nothing(
    changes: dict[tuple[str, str], Version], state: str, hides: Hides
) -> None:
    carried = [Carried(environment, app, None, version) for (environment, app), version in changes.items()]
    line = footer(carried, "open" if state == "open" else "done", hides)
    assert line.index("-->" if hides == "comment" else ")") == len(line) - (3 if hides == "comment" else 1)
    assert "\n" not in line
    assert read_footer(f"before\n\n{line}\nafter") == Footer("open" if state == "open" else "done", changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- promote -->",
        "<!-- promote {} -->",
        "<!-- promote {1} -->",
        '<!-- promote {"state":"open"} -->',
        '<!-- promote {"state":"other","changes":[]} -->',
        '<!-- promote {"state":"open","changes":[["a","b"]]} -->',
        '<!-- promote {"state":"open","changes":7} -->',
        '<!-- promote {"state":' + "[" * 100_000 + "} -->",
    ],
)
def test_what_is_no_footer(text: str) -> None:
    assert read_footer(text) is None


def test_the_last_footer_counts_and_a_version_that_is_none_is_left_out() -> None:
    first, last = footer([WEB], "open"), footer([API], "done")
    assert read_footer(f"{first}\n{last}") == Footer("done", {("prod", "api"): Version("2.0.0")})
    assert read_footer('<!-- promote {"state":"open","changes":[["a","b","not a tag!"]]} -->') == Footer("open", {})


def test_one_that_promote_closes_itself_says_so() -> None:
    text = body(None, [WEB], limit=9999)
    assert read_footer(closed(text)) == Footer("done", {("prod", "web"): WEB.new})
    assert closed(text).splitlines()[:-1] == text.splitlines()[:-1]
    assert read_footer(closed("written over by somebody")) == Footer("done", {})


def test_templates() -> None:
    assert title("{{ environment }} gets\n{{ app }}", [WEB]) == "prod gets web"
    assert len(title("{{ 'x' * 500 }}", [WEB])) == 200
    text = body("{{ summary }}\n<!-- promote {} -->", [WEB], limit=9999)
    assert text.splitlines()[0] == "web 1.5.0@abababababab (was 1.4.0)"
    assert text.count("<!-- promote") == 1
    assert read_footer(text) == Footer("open", {("prod", "web"): WEB.new})
    for template in ("{{ nobody }}", "{{ ''.__class__.__mro__ }}", " "):
        with pytest.raises(UsageError, match="template"):
            body(template, [WEB], limit=9999)
