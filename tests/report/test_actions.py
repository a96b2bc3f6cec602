"""What a CI job is told: outputs that no text can add to, and a summary in Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promote.image import Version
from promote.outcome import Change, Commit, Delivery, Failure, Plan, Pulled, Refusal, Skip
from promote.place import Place
from promote.question import HoldChange
from promote.report.actions import error, outputs, summary, unplanned
from promote.text.edit import Span
from promote.text.part import Part
from promote.wording.markdown import plain
from tests.report.test_exit import SITE

MAIN = Place("https://git.example.com/acme/gitops.git", "main")
TAG = Part(b"envs/dev/web.yaml", Span(4, 5, 7, 3), ("tag",), "0", "plain", 0, (b"", b""))
CHANGE = Change("dev", "web", replace(SITE, tag=TAG), None, Version("1"), "why")
URL = "https://git.example.com/acme/gitops/pulls/7"


def test_nothing_happened() -> None:
    assert outputs(Delivery(Plan())) == "changed=false\ncommit=\npull-request-url=\n"
    assert summary("update", Delivery(Plan(skips=(Skip("dev", "web", "already", "it is there"),))), dry_run=False) == ""


def test_the_newest_commit_and_request() -> None:
    commits = (Commit(MAIN, "a" * 40, pushed=True), Commit(MAIN, "b" * 40, pushed=True))
    done = Delivery(Plan(changes=(CHANGE,)), commits, 1, (Pulled(MAIN.repo, 7, URL, "created"),))
    assert outputs(done) == f"changed=true\ncommit={'b' * 40}\npull-request-url={URL}\n"
    text = summary("set", done, dry_run=False)
    assert text.startswith("### promote set\n\n| environment | app | from | to | file |\n|---|---|---|---|---|\n| `")
    assert f"- created: [pull request 7](<{URL}>)" in text
    assert "- `main`: `bbbbbbbbbbbb`" in text


def test_no_text_adds_an_output_or_markup() -> None:
    done = Delivery(Plan(), (), 1, (Pulled(MAIN.repo, 7, f"{URL}\nchanged=true", "created"),))
    assert outputs(done).count("\n") == 3
    plan = Plan(
        refusals=(Refusal("dev", "web", "held", "<b>bold</b> @ann\n# big"),),
        failures=(Failure("dev", "api", "registry", 4, "https://evil.example/ is down"),),
    )
    text = summary("to", Delivery(plan), dry_run=True)
    assert text.splitlines()[0] == "### promote to (dry run)"
    assert "<b>" not in text
    assert "@" not in text
    assert "https:" not in text
    assert len(text.strip().splitlines()) == 4


@pytest.mark.parametrize("count", [500, 501])
def test_a_long_summary_says_what_is_missing(count: int) -> None:
    text = summary("update", Delivery(Plan(changes=(CHANGE,) * count)), dry_run=False)
    assert ("… and 1 more" in text) is (count == 501)


def test_what_is_held_back_and_released() -> None:
    holds = (
        HoldChange("prod", "web", Version("1.5.0"), "held", "it fails | often"),
        HoldChange("prod", "*", None, "released"),
    )
    done = Delivery(Plan(holds=holds))
    assert outputs(done).startswith("changed=true\n")
    assert summary("hold", done, dry_run=True) == (
        "### promote hold (dry run)\n\n"
        f"- `prod`: `web` `1.5.0` held: {plain('it fails | often')}\n"
        "- `prod`: &#42; every version released\n\n"
    )


def test_an_error_is_one_line_that_says_all_of_it() -> None:
    assert error("50%: a\r\n::warning::b, c") == "::error title=promote::50%25: a%0D%0A::warning::b, c"


def test_what_ended_before_it_had_a_plan_is_text_in_the_summary() -> None:
    assert unplanned("set", ["no such app", "<b>\n# x"]) == (
        "### promote set\n\n- no such app\n- &#60;b&#62; &#35; x\n\n"
    )
    assert unplanned("", ["x"]).startswith("### promote\n")
