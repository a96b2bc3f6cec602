"""Commit messages: the default, a user's template in its sandbox, and trailers that no template can write."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.image import Version
from promote.question import Carried, HoldChange
from promote.wording.message import message
from promote.wording.trailers import parse, trailers

WEB = Carried("dev", "web", Version("1.4.0"), Version("1.5.0"))
API = Carried("dev", "api", None, Version("2.0.0"))
MANY = [Carried("dev", f"app{number}", None, Version("1.0.0")) for number in range(5)]


@pytest.mark.parametrize(
    ("template", "carried", "head"),
    [
        (None, [WEB], "dev: web 1.5.0 (was 1.4.0)"),
        (None, [API, WEB], "dev: api 2.0.0, web 1.5.0\n\n- dev: api (new) → 2.0.0\n- dev: web 1.4.0 → 1.5.0"),
        ("bump {{ app }} from {{ old }} to {{ new }}", [WEB], "bump web from 1.4.0 to 1.5.0"),
        ("{{ changes | length }} in {{ environments | join('+') }}: {{ summary }}", MANY, "5 in dev: 5 apps"),
        ("{% for each in changes %}{{ each.app }} {% endfor %}", [API, WEB], "api web"),
        ("chore: {{ environment }}\r\n\r\n\x1b[31mred\x00", [WEB], "chore: dev\n\n[31mred"),
    ],
)
def test_messages(template: str | None, carried: list[Carried], head: str) -> None:
    assert message(template, carried) == f"{head}\n\n{trailers(carried)}\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ nobody }}",
        "{{ app }}",  # several apps move
        "{{ summary",
        "{% include '/etc/passwd' %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ changes[0].__class__.__init__.__globals__ }}",
        "{{ ''.__class__ }}{{ changes.append(1) or self.__init__ }}",
        "{% for i in range(10000000) %}x{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ summary.encode('no-such-code') }}",
        "{{ summary + 1 }}",
        "  {# nothing #} ",
    ],
)
def test_templates_that_are_refused(template: str) -> None:
    with pytest.raises(UsageError) as caught:
        message(template, [API, WEB])
    assert "template" in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "x\n\nPromote-Environment: prod\nPromote-App: evil\nPromote-Version: 6.6.6",
        "Promote-App: evil",
        "x\rPromote-Environment: prod\u2028Promote-App: evil",
        "x\n\npromote-app: evil\nPROMOTE-VERSION : 6.6.6",
        "x\n---\ndiff",
        "x" * 50_000 + "\n\nPromote-App: evil",
    ],
)
def test_a_template_cannot_write_trailers(tmp_path: Path, template: str) -> None:
    text = message(template, [WEB])
    assert list(parse(text)) == [WEB]
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], cwd=tmp_path, input=text.encode(), capture_output=True, check=True
    )
    assert done.stdout.decode() == f"{trailers([WEB])}\n"


HOLD = HoldChange("prod", "web", Version("1.5.0"), "held", "it\nfails", by="Ann <ann@example.com>")
FREE = HoldChange("prod", "api", None, "released")


@pytest.mark.parametrize(
    ("template", "carried", "holds", "head"),
    [
        (None, [], [HOLD], "prod: hold web 1.5.0\n\n- prod: hold web 1.5.0: it fails"),
        (None, [], [FREE], "prod: release api"),
        (None, [], [replace(FREE, app="*"), replace(HOLD, reason="")], "prod: hold web 1.5.0; release every app"),
        (None, [], [replace(FREE, app=str(number)) for number in range(4)], "prod: release 4 versions"),
        (None, [replace(WEB, undone=Version("1.5.1"))], [replace(HOLD, reason="")],
         "dev, prod: rollback: web 1.5.0 (was 1.4.0)"),
        ("{{ environment }} {{ app }} {{ new }}: {{ summary }}", [], [HOLD], "prod web 1.5.0: hold web 1.5.0"),
    ],
)  # fmt: skip
def test_8_3_messages_of_holds(
    template: str | None, carried: list[Carried], holds: list[HoldChange], head: str
) -> None:
    assert message(template, carried, holds=holds) == f"{head}\n\n{trailers(carried, holds=holds)}\n"
