"""Templates that would take all memory or all time, and by which bound each ends; rendered in a process of its own."""

from __future__ import annotations

import json
import resource
import sys

from promote.errors import UsageError
from promote.image import Version
from promote.question import Carried
from promote.wording.budget import Budget
from promote.wording.sandbox import render

# A quarter of what a template has elsewhere: so the table takes a quarter of the time.
STEPS = "takes more than 250,000 steps"
VALUE = "makes a value of more than 1,048,576 characters, or 65,536 items"
OUTPUT = "renders to more than 1,048,576 characters"
BITS = "makes a whole number of more than 63 bits"
DEEP = "is nested too deep"
LONG = "has more than 65,536 characters"
CALL = "calls what is not offered"
UNKNOWN = "does not render: No filter named"
UNDEFINED = "is undefined"


def _loop(body: str) -> str:
    return f"{{% for i in range(60000) %}}{body}{{% endfor %}}"


def _again(step: str, start: str, end: str = "x") -> str:
    """A variable made of itself, sixty times."""
    times = f"{{% set a = {step} %}}" * 60
    return f"{{% set a = {start} %}}{times}{end}"


def _absent(name: str) -> str:
    return f"the filter {name!r} in its line 1, which is not offered"


def _barred(name: str, kind: str = "str") -> str:
    return f"uses {name!r} of a {kind}, which is not offered"


TEXT = '{% set a = "x" * 1000000 %}'
HOSTILE: tuple[tuple[str, str], ...] = (
    # Loops.
    (_loop(_loop("")), STEPS),
    (_loop(_loop("x")), STEPS),
    (_loop("x" * 60000), OUTPUT),
    (_loop("{% for j in range(60000) if false %}{% endfor %}"), STEPS),
    (_loop("{{ loop.length }}" + _loop("{{ loop.length }}")), STEPS),
    (f"{{% set a %}}{_loop('x' * 60000)}{{% endset %}}{{{{ a }}}}", STEPS),
    (f"{{% filter upper %}}{_loop(_loop('x'))}{{% endfilter %}}", STEPS),
    ("{% for i in range(99999999) %}x{% endfor %}", "Range too big"),
    ("{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}", "has `recursive` in its line 1"),
    # Operators.
    ('{{ "x" * 10**10 }}', VALUE),
    ('{{ 10**10 * "x" }}', VALUE),
    ("{{ [0] * 10**9 }}", VALUE),
    ("{{ (1, 2) * 99999999 }}", VALUE),
    ("{{ 10 ** 10 ** 8 }}", BITS),
    ("{{ 9999999999 * 9999999999 }}", BITS),
    (f"{{{{ 0x{'f' * 60000} }}}}", BITS),
    ('{{ "%1000000000d" % 1 }}', "formats a text by `%`"),
    (_again("a ~ a", '"x"'), VALUE),
    (_again("a + a", '"x"'), VALUE),
    (_again("a + a", "[1]"), VALUE),
    (_again("a * a", "10"), BITS),
    (_again("a ** 2", "3"), BITS),
    (_again("a ** 2", "3.5"), "does not render"),
    (f"{{% set a %}}{'x' * 60000}{{% endset %}}{{{{ {' ~ '.join(['a'] * 100)} }}}}", VALUE),
    (TEXT + _loop('{% if a ~ "y" == a ~ "z" %}{% endif %}'), STEPS),
    (TEXT + '{% set b = "x" * 1000000 %}' + _loop("{% if a == b %}{% endif %}"), STEPS),
    (TEXT + _loop('{% if "y" in a %}{% endif %}'), STEPS),
    (TEXT + _loop("{% set b = a[1:] %}"), STEPS),
    (TEXT + _loop("{% set b = a + a %}"), VALUE),
    # Lists that hold themselves twice: small, until somebody looks into them.
    (_again("[a, a]", "1"), VALUE),
    (_again("(a, a)", "1"), VALUE),
    (_again("{1: a, 2: a}", "1"), VALUE),
    (_again("[a] * 2", "1"), STEPS),
    (_again("[a, a] | list", "1"), STEPS),
    # Filters and tests.
    ('{{ "x" | center(10**10) }}', _absent("center")),
    ('{{ "%1000000000d" | format(1) }}', _absent("format")),
    ('{{ "x" | wordwrap(1) }}', _absent("wordwrap")),
    ("{{ [1] | batch(10**9, 1) | list }}", _absent("batch")),
    ("{{ [1] | slice(10**9) | list }}", _absent("slice")),
    ("{{ {} | tojson(indent=10**9) }}", _absent("tojson")),
    ("{{ [1] | pprint }}", _absent("pprint")),
    ('{{ 1 | round(10**9, "ceil") }}', _absent("round")),
    ("{{ [[1]] | sum(start=[]) }}", _absent("sum")),
    ('{{ "x" | attr("ljust") }}', _absent("attr")),
    ("{% filter center(10**9) %}x{% endfilter %}", _absent("center")),
    ('{{ ["x"] | map("center", 10**10) | list }}', UNKNOWN),
    ('{{ ("x" * 1000) | replace("x", "x" * 100000) }}', STEPS),
    ('{{ ("x" * 1000) | replace("", "x" * 100000) }}', STEPS),
    ('{{ range(60000) | join("x" * 60000) }}', STEPS),
    ('{{ range(60000) | join(d="x" * 60000) }}', STEPS),
    ('{{ ("x\n" * 1000) | indent(10**9) }}', VALUE),
    ('{{ ("x\n" * 1000) | indent(width=10**9) }}', VALUE),
    ('{{ ("x\n" * 1000) | indent("x" * 100000) }}', STEPS),
    ("{{ ('x' * 1000000) | list }}", VALUE),
    ("{{ ('x' * 1000000) | sort | length }}", VALUE),
    ('{{ range(65000) | map(attribute="a." * 100000) | list }}', STEPS),
    ('{{ changes | sort(attribute="app," * 100000) | length }}', STEPS),
    ('{{ range(60000) | map("replace", "1", "x" * 1000000) | join }}', STEPS),
    ("{{ range(0, 10**23, 2305843009213693951) | unique | list | length }}", BITS),  # all of one hash
    (_again("a | replace('x', 'xx')", '"x"'), STEPS),
    (_again("[a, a] | join", '"x"'), VALUE),
    (TEXT + _loop("{% set b = a | upper %}"), STEPS),
    (TEXT + _loop("{% if a is lower %}{% endif %}"), STEPS),
    (TEXT + '{{ a | trim("y" * 900000 ~ "x") }}', STEPS),
    # Methods.
    ('{{ "x".ljust(10**10) }}', _barred("ljust")),
    ('{{ "x".zfill(10**10) }}', _barred("zfill")),
    ('{{ "\t".expandtabs(10**9) }}', _barred("expandtabs")),
    ('{{ "{:>1000000000}".format("x") }}', _barred("format")),
    ('{{ "{x:>1000000000}".format_map({"x": 1}) }}', _barred("format_map")),
    ('{{ "x"["ljust"](10**10) }}', _barred("ljust")),
    ('{% for g in ["x"] | groupby("ljust") %}{{ g.grouper(10**10) }}{% endfor %}', _barred("ljust")),
    ('{{ (["x"] | map(attribute="ljust") | first)(10**10) }}', _barred("ljust")),
    ("{{ changes.append(1) }}", _barred("append", "list")),
    ("{{ changes[0].__class__ }}", _barred("__class__", "Carried")),
    ("{{ summary(1) }}", CALL),
    ('{{ ("x" * 1000).replace("x", "x" * 100000) }}', STEPS),
    ('{{ ("x" * 100000).split("x") }}', VALUE),
    (TEXT + '{{ a.strip("y" * 900000 ~ "x") }}', STEPS),
    (TEXT + '{{ a.rsplit("x" * 450000 ~ "y", 1) | length }}', STEPS),
    ('{{ ("x" * 60000).rsplit("y" ~ "x" * 30000, 1) | length }}', STEPS),
    (TEXT + _loop("{{ a.upper() | length }}"), STEPS),
    # What is left out of Jinja.
    ("{{ lipsum(n=10**6) }}", UNDEFINED),
    ("{{ cycler(1) }}", UNDEFINED),
    ("{% set n = namespace(x=1) %}{% set n.x = 2 %}", "has `namespace` in its line 1"),
    ("\n{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}", "has `macro` in its line 2"),
    ("{% call f() %}{% endcall %}", "has `call` in its line 1"),
    ('{% include "x" %}', "has `include` in its line 1"),
    ('{% import "x" as x %}', "has `import` in its line 1"),
    ("{% block x %}{{ self.x() }}{% endblock %}", "has `block` in its line 1"),
    # What would be hard to read in.
    (f"{{{{ {'(' * 500}1{')' * 500} }}}}", DEEP),
    (f"{{{{ {'-' * 5000}1 }}}}", DEEP),
    (f"{{{{ 1{'+1' * 5000} }}}}", DEEP),
    (f"{{{{ summary{'.x' * 5000} }}}}", DEEP),
    ("{% if 1 %}" * 200 + "x" + "{% endif %}" * 200, DEEP),
    ("{% for i in [1] %}" * 50 + "x" + "{% endfor %}" * 50, DEEP),
    (f"{{{{ {'9' * 60000} }}}}", "does not render"),
    ("x" * 70000, LONG),
)
VALUES = {
    "summary": "50 apps",
    "changes": [Carried("dev", f"app{number}", Version("1"), Version("2")) for number in range(50)],
}


def _told(template: str) -> str:
    try:
        return render(template, VALUES, Budget(steps=250_000), cure="")[:80]
    except UsageError as exc:
        return exc.what


if __name__ == "__main__":
    # Where a bound is missing, this process is ended and not the machine.
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    json.dump([_told(template) for template, _ in HOSTILE], sys.stdout)
