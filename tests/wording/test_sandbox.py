"""Templates in their sandbox: what is offered works, and nothing that they say takes more than the bounds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.image import Version
from promote.question import Carried
from promote.wording.budget import MOST, STEPS, UNIT, Budget
from promote.wording.grammar import FILTERS
from promote.wording.message import message, rendered, wants_links
from promote.wording.sandbox import MAX_TEMPLATE, TEXT, render
from tests.wording.hostile import HOSTILE

ROOT = Path(__file__).parents[2]
WEB = Carried("dev", "web", Version("1.4.0"), Version("1.5.0", f"sha256:{'a' * 64}"))
API = Carried("dev", "api", None, Version("2.0.0"))


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What became of each hostile template, rendered where it could take no machine down."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.wording.hostile"], capture_output=True, text=True, check=True, timeout=300
    )
    out: list[str] = json.loads(done.stdout)
    return out


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=lambda number: HOSTILE[number][0][:40])
def test_no_template_passes_its_bounds(told: list[str], number: int) -> None:
    assert told[number].startswith("the template ")
    assert HOSTILE[number][1] in told[number]


def test_a_fault_of_a_template_names_where_it_stands_the_bound_and_the_cure() -> None:
    with pytest.raises(UsageError) as caught:
        message("{{ 'x' * 2**30 }}", [WEB], where="promote.yaml:3:5")
    assert str(caught.value) == (
        "promote.yaml:3:5: the template makes a value of more than 1,048,576 characters, or 65,536 items; "
        "make it shorter"
    )
    for template in ("{{ nobody }}", "{{ summary", "{# #}", f"{{{{ {'-' * 5000}1 }}}}"):
        with pytest.raises(UsageError) as caught:
            message(template, [WEB], where="promote.yaml:3:5")
        assert caught.value.where == "promote.yaml:3:5"
        assert caught.value.cure


@pytest.mark.parametrize(
    "template", ["{{ links and 'x' * 10**10 }}", f"{{{{ links{'.x' * 5000} }}}}", f"{{{{ links {'9' * 9999} }}}}"]
)
def test_to_see_whether_a_template_wants_links_does_no_work(template: str) -> None:
    assert wants_links(template) is (template == "{{ links and 'x' * 10**10 }}")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ changes | map(attribute='app') | sort | join(', ') }}", "api, web"),
        ("{{ changes | map(attribute='new') | map('string') | map('upper') | first }}", str(WEB.new).upper()),
        ("{% for each in changes | sort(attribute='app') %}{{ loop.index }}/{{ loop.length }} {{ each.app }}"
         "{{ loop.cycle('a', 'b') }}{% if not loop.last %}, {% endif %}{% endfor %}", "1/2 apia, 2/2 webb"),
        ("{% for each in changes if each.old %}{{ each.app }} {{ each.old.tag }}{% endfor %}", "web 1.4.0"),
        ("{% for each in changes if each.app == 'x' %}{% else %}none{% endfor %}", "none"),
        ("{{ changes | selectattr('old') | list | length }}"
         "{{ changes | rejectattr('old') | map(attribute='app') | first }}", "1api"),
        ("{% for group in changes | groupby('environment') %}{{ group.grouper }}:{{ group.list | count }}"
         "{% for key, items in [group] %}{{ key }}{% endfor %}{% endfor %}", "dev:2dev"),
        ("{{ summary.split(',')[0].replace('api', 'API').strip() ~ '!' }}", "API 2.0.0!"),
        ("{{ 'a-b'.partition('-')[2] }}{{ 'v1'.removeprefix('v') }}{{ 'x' if 'web'.startswith('w') else 'y' }}", "b1x"),
        ("{{ {'dev': 'D'}[environment] }}{{ {'a': 1} | items | list | length }}{{ [1, 2, 3][1:] | max }}", "D13"),
        ("{% set words = ['b', 'a', 'b'] | unique | sort %}{{ words | join('+') }}", "a+b"),
        ("{% set text %}a\nb{% endset %}{{ text | indent(2) }}", "a\n  b"),
        ("{% filter upper %}{{ environment }}{% endfilter %}"
         "{% with x = 2 * 3 ** 2 %}{{ x - 1 }}{% endwith %}", "DEV17"),
        ("{{ nobody | default('x') }}{{ nobody is defined }}{{ 7 // 2 }}{{ 7 % 2 }}{{ 2 > 1 > 0 }}", "xFalse31True"),
        ("{{ environments }}{{ none }}{{ 1.5 }}{{ [] }}{{ ('a',) }}", "['dev']None1.5[]('a',)"),
        ("{{ 'a b&c' | urlencode }} {{ 'one two three four' | truncate(9) }} {{ 'x' * 3 }}", "a%20b%26c one... xxx"),
        ("{% for i in range(3) %}{{ i }}{% endfor %}{{ 'x' in 'xyz' and 1 in [1] and 'x' is in ['x'] }}", "012True"),
        ("{% raw %}{{ raw }}{% endraw %}{{ changes[0].new.short }}", "{{ raw }}1.5.0@aaaaaaaaaaaa"),
    ],
)  # fmt: skip
def test_what_is_offered_works(template: str, text: str) -> None:
    assert rendered(template, [WEB, API], []) == text


def test_a_table_of_thousands_of_changes_is_within_the_bounds() -> None:
    many = [Carried(f"env{number % 5}", f"app-{number}", Version("1.4.0"), Version("1.5.0")) for number in range(5000)]
    row = "- {{ each.environment | upper }}: `{{ each.app }}` {{ each.old.tag or 'new' }} -> {{ each.new.short }}"
    text = rendered(f"{{% for each in changes %}}{row} ({{{{ loop.index }}}})\n{{% endfor %}}", many, [])
    assert text.splitlines()[-1] == "- ENV4: `app-4999` 1.4.0 -> 1.5.0 (5000)"


def test_the_page_names_all_that_is_offered_and_its_example_renders() -> None:
    page = (ROOT / "docs" / "git.md").read_text().partition("### What a template may do\n")[2].partition("\n### ")[0]
    for start, names in (("| filters |", FILTERS), ("| methods of a text |", TEXT)):
        (row,) = (line for line in page.splitlines() if line.startswith(start))
        assert re.findall("`([a-z]+)`", row) == sorted(names)
    assert all(f"{bound:,}" in page for bound in (STEPS, MOST, MOST // UNIT, MAX_TEMPLATE))
    example = page.partition("```jinja\n")[2].partition("```")[0]
    assert rendered(example, [WEB, API], []) == ("dev: api, web\n\n- web 1.4.0 → 1.5.0@aaaaaaaaaaaa\n- api new → 2.0.0")


NAMES = st.sampled_from(["a", "b", "summary", "changes", "nobody", "loop", "range"])
LEAVES = st.one_of(
    NAMES,
    st.integers(0, 10**19).map(str),
    st.sampled_from(["'x'", "''", "'ab\\n'", "1.5", "true", "[]", "{}", "2**60"]),
)
APPLIED = st.sampled_from([
    "replace('', a)", "replace('x', 'xxxx')", "indent(b)", "join(a)", "list", "sort", "upper", "unique",
    "map('string')", "map(attribute='app')", "groupby('app')", "string", "urlencode", "reverse", "title", "trim(a)",
    "truncate(9)", "length", "first", "last", "default(a)", "int", "select", "max", "items", "dictsort", "center(99)",
])  # fmt: skip
BINARY = st.sampled_from(["+", "-", "*", "**", "~", "%", "//", "/", "==", "<", "in", "and", "or", "is in"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, BINARY, inner).map(lambda each: f"({' '.join(each)})"),
        st.tuples(inner, APPLIED).map(lambda each: f"({each[0]} | {each[1]})"),
        st.tuples(inner, inner).map(lambda each: f"[{each[0]}, {each[1]}, {each[0]}]"),
        st.tuples(inner, inner).map(lambda each: f"{{1: {each[0]}, 'x': {each[1]}}}"),
        inner.map(lambda each: f"{each}[1:]"),
        inner.map(lambda each: f"range({each})"),
        inner.map(lambda each: f"{each}.upper()"),
        inner.map(lambda each: f"{each}.split('x')"),
        inner.map(lambda each: f"(1 if {each} else {each})"),
    )


EXPRESSIONS = st.recursive(LEAVES, _larger, max_leaves=6)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(EXPRESSIONS, inner).map(lambda each: f"{{% for a in {each[0]} %}}{each[1]}{{% endfor %}}"),
        st.tuples(st.just("range(9**9 % 3000)"), inner).map(
            lambda each: f"{{% for b in {each[0]} %}}{each[1]}{{% endfor %}}"
        ),
        st.tuples(EXPRESSIONS, inner).map(lambda each: f"{{% if {each[0]} %}}{each[1]}{{% endif %}}{each[1]}"),
        st.tuples(NAMES, EXPRESSIONS, inner).map(lambda each: f"{{% set {each[0]} = {each[1]} %}}{each[2]}"),
        st.tuples(NAMES, inner, inner).map(lambda each: f"{{% set {each[0]} %}}{each[1]}{{% endset %}}{each[2]}"),
        inner.map(lambda each: f"{{% filter upper %}}{each}{{% endfilter %}}{each}"),
        st.tuples(inner, inner).map("".join),
    )


TEMPLATES = st.recursive(
    st.one_of(EXPRESSIONS.map(lambda each: f"{{{{ {each} }}}}"), st.text("xyz \n", max_size=20)), _nested, max_leaves=8
)


@settings(max_examples=300, deadline=None)
@given(TEMPLATES)
def test_whatever_a_template_says_it_stays_within_its_bounds_or_is_refused(template: str) -> None:
    budget = Budget(steps=5_000, most=4_096)
    values = {"a": "xy", "b": 3, "summary": "x", "changes": [WEB, API]}
    try:
        text = render(template, values, budget, cure="mend it")
    except UsageError:
        return
    assert len(text) <= 4_096


@given(
    st.recursive(
        st.one_of(st.text(), st.integers(-9, 9), st.none()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_value_is_as_large_as_what_is_in_it(value: object) -> None:
    budget = Budget()
    size = budget.size(value)
    assert budget.size([value, value]) == 2 * size + UNIT
    assert size >= len(value if isinstance(value, str | list | dict) else "")
