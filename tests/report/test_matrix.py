"""What `status`, `diff` and `history` look like: at every width, as Markdown, and with hostile text in all of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from promote.board import Behind, Board, Cell, Stop
from promote.image import Version
from promote.report import markdown, matrix, text
from promote.report.table import one_line
from promote.wording.markdown import plain
from tests.report.boards import COMPARE, FOLDER, HOSTILE, NOTES, URL, board, chronicle, difference, forms

FORMS = dict(forms())


@pytest.mark.parametrize("name", sorted(FORMS))
def test_each_form_is_as_it_was(name: str) -> None:
    assert FORMS[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_no_form_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == FORMS.keys()


@pytest.mark.parametrize("name", sorted(name for name in FORMS if name.endswith(".txt")))
def test_a_terminal_has_nothing_to_obey(name: str) -> None:
    assert all(line.isprintable() for line in FORMS[name].splitlines())


@pytest.mark.parametrize("width", [80, 60, 40, 20, 1])
@pytest.mark.parametrize("evil", ["", f" {HOSTILE}"])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width: int, evil: str) -> None:
    drawn = board(evil)
    said = matrix.board(drawn, width)
    assert max(map(len, said.splitlines())) <= max(width, 20)
    bare = re.sub(r"\s", "", said)
    for cell in drawn.cells:
        for told in (*matrix.details(cell), *cell.notes, matrix.headline(cell)):
            assert re.sub(r"\s", "", one_line(told)) in bare


def test_details_go_below_before_the_table_goes() -> None:
    cell = Cell("dev", "web", "runs", Version("1.5.0"), holds=board().cell("web", "prod").holds)
    drawn = Board(("dev",), ("web",), (cell,))
    assert matrix.board(drawn, 16).split("\n") == ["app  dev", "web  1.5.0 *", "* dev: web: held"]
    assert matrix.board(drawn, 17).split("\n") == ["app  dev", "web  1.5.0 (held)"]
    assert matrix.board(drawn, 12) == matrix.board(drawn, 16)
    assert matrix.board(drawn, 11).split("\n") == ["web", "  dev  1.5.0", "    held"]


def test_what_holds_for_several_apps_is_said_once() -> None:
    cells = tuple(Cell("dev", f"app{number}", "absent", notes=("every app is held",)) for number in range(7))
    said = matrix.board(Board(("dev",), tuple(cell.app for cell in cells), cells), None).split("\n")
    assert said[-1] == "dev: app0, app1, app2, app3, app4 and 2 more: every app is held"
    assert len(said) == 9


ACTIVE = re.compile(r"<(?!br>|https://git|https://github)|(?<!<)https:|\]\((?!<https://git)|@ann|(?<!&)#1\b|\[x\]|\x1b|\u202e")


@pytest.mark.parametrize("name", sorted(name for name in FORMS if name.endswith("hostile.md")))
def test_hostile_text_does_nothing_in_markdown(name: str) -> None:
    said = FORMS[name]
    assert ACTIVE.findall(said) == []
    # No row has more cells than the head, and nothing begins a line of its own.
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1
    assert all(line == "" or line.startswith(("| ", "|---", "- ")) for line in said.splitlines())


def test_links_lead_to_what_they_say() -> None:
    assert f"[&#35;12](<{URL}>)" in FORMS["status-plain.md"]
    for name in ("diff-plain.md", "history-plain.md"):
        assert f"[compare](<{COMPARE}>), [release notes](<{NOTES}>)" in FORMS[name]
    assert text.history(chronicle(), None).split("\n")[-2:] == [
        f"web 1.5.0  compare: {COMPARE}",
        f"web 1.5.0  release notes: {NOTES}",
    ]
    _, links = difference()
    assert text.linked(links) == [f"prod: web  compare: {COMPARE}", f"prod: web  release notes: {NOTES}"]


def test_an_address_that_is_none_is_no_link() -> None:
    assert markdown.linked("a", "https://b.example/c?d=1#e") == "[a](<https://b.example/c?d=1#e>)"
    for url in ("https://b.example/>\n[x](y)", "javascript:alert(1)", "https://b.example/c|d", "https://b.example/ c"):
        assert markdown.linked("a", url) == f"a ({plain(url)})"


def test_nothing_to_carry_is_said() -> None:
    plan, _ = difference()
    said = markdown.difference("test", "prod", replace(plan, changes=()), ())
    assert said.startswith("Nothing would be carried from `test` to `prod`.\n\n- `prod`: `shop`: ghcr.io")


def test_what_is_held_and_would_come_is_said_once() -> None:
    cell = replace(board().cell("web", "prod"), behind=Behind(), stop=Stop("held", "x", version=Version("1.5.0")))
    assert matrix.details(cell) == ["held"]


def test_a_tag_is_not_broken_at_a_hyphen() -> None:
    cell = Cell("dev", "web", "runs", Version("feature-login"), Version("feature-logout"))
    drawn = Board(("dev",), ("web",), (cell,))
    assert matrix.board(drawn, 34).split("\n") == ["web", "  dev  feature-login ←", "         feature-logout"]
