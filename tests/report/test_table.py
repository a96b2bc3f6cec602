"""Tables: hostile strings cannot break them, nothing is lost, and both ways of drawing one agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.report import table as tables
from promote.report.table import one_line, table

HOSTILE = "\x1b[31mred\n[bold]not markup[/bold]\u202e :smile:"
WIDE = 10_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("1.4.0", "1.4.0"),
        ("naïve 日本", "naïve 日本"),
        ("a\nb", "a\\x0ab"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202eabc", "\\x202eabc"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_no_rows_are_a_head() -> None:
    assert table(["tag", "why"], [], None) == "tag  why"
    assert table(["tag", "why"], [], 80) == "tag  why"


def test_a_table_is_safe_and_as_wide_as_it_needs() -> None:
    lines = table(["a", "b"], [[HOSTILE, "x" * 300]], None).split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert lines[1].endswith("x" * 300)


@pytest.mark.parametrize(
    ("lengths", "padded"),
    [
        ([], 3),
        ([128], 128),
        ([5, 128], 128),
        ([5] * 9 + [40], 40),
        ([5] * 9 + [128], 40),
        ([60] * 8 + [128] * 2, 60),
        ([60] * 5 + [128] * 5, 128),
    ],
)
def test_a_few_long_cells_do_not_pad_all_the_others(lengths: list[int], padded: int) -> None:
    """One tag that was no tag put all reasons beyond the right edge of the screen."""
    head, *lines = table(["tag", "why"], [["x" * length, "y"] for length in lengths], None).split("\n")
    assert head == "tag".ljust(padded) + "  why"
    assert lines == ["x" * length + " " * (padded - length) + "  y" for length in lengths]


def test_a_narrow_table_loses_nothing() -> None:
    drawn = table(["app", "version"], [["web", "1.5.0-" + "z" * 60]], 30)
    assert all(len(line) <= 30 for line in drawn.split("\n"))
    assert drawn.count("z") == 60


def test_a_table_of_many_columns_loses_none() -> None:
    names = [f"e{number:03d}" for number in range(200)]
    head, *lines = table(["app", *names], [["web", *["1.5.0"] * 200]], 80).split("\n")
    assert head.split() == ["app", *names]
    assert "".join(lines).count("5") == 200


def test_a_table_that_just_fits_is_not_folded() -> None:
    row = ["web", "1.5.0"]
    assert table(["app", "version"], [row], 12) == "app  version\nweb  1.5.0"
    assert all(len(line) <= 11 for line in table(["app", "version"], [row], 11).split("\n"))


def test_columns_stand_below_each_other_where_signs_are_two_cells_wide() -> None:
    assert table(["app", "why"], [["日本", "x"], ["ab", "y"]], None) == "app   why\n日本  x\nab    y"


# A character that is not printable takes up to eight cells: what is longer than 40 stands out of its column.
CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Zs", "Mn", "Me"]), max_size=5)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6))
def test_what_fits_looks_as_rich_would_draw_it(rows: list[tuple[str, str, str]]) -> None:
    shown = [[one_line(cell) for cell in row] for row in rows]
    assert table(["a", "b", "c"], rows, None) == tables._folded(["a", "b", "c"], shown, WIDE)
