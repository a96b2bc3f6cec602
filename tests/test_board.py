"""The matrix of apps × environments: it shows what `to` and `update` would bring (SEMANTICS 6.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.board import Board, Cell, draw
from promote.image import Version
from promote.question import drive
from tests.estate.building import build, deployment
from tests.plan.planning import WEB, Book, book, sha

CONFIG = f"""
apps: {{web: {{image: {WEB}, policy: {{semver: "^1"}}}}, other: {{image: nginx}}}}
environments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}
"""
D4, D5 = sha("4"), sha("5")


def board(root: Path, dev: str, test: str, registry: Book | None = None) -> Board:
    files = {"dev/a.yaml": deployment("a", dev), "test/a.yaml": deployment("a", test)}
    built = build(root, CONFIG, files)
    return drive(draw(built.estates, ["dev", "test"], ["web"]), registry or book())


def shown(cell: Cell) -> tuple[str, str | None, str | None]:
    version, coming = (each.short if each is not None else None for each in (cell.version, cell.next))
    return cell.state, version, coming


@pytest.mark.parametrize(
    ("dev", "test", "cells"),
    [
        ("x:1", "x:1", [("absent", None, None)] * 2),
        (f"{WEB}:1.6.0", f"{WEB}:1.6.0", [("runs", "1.6.0", None)] * 2),
        (f"{WEB}:1.5.0", f"{WEB}:1.4.0", [("runs", "1.5.0", "1.6.0"), ("runs", "1.4.0", "1.5.0")]),
        # Newer than the policy admits: nothing would come.
        (f"{WEB}:2.0.0", f"{WEB}:1.4.0", [("runs", "2.0.0", None), ("runs", "1.4.0", "2.0.0")]),
        # `to` never goes back.
        (f"{WEB}:1.4.0", f"{WEB}:1.5.0", [("runs", "1.4.0", "1.6.0"), ("runs", "1.5.0", None)]),
        # The same tag with another digest is another version, where both name one.
        (
            f"{WEB}:1.6.0@{D5}",
            f"{WEB}:1.6.0@{D4}",
            [("runs", f"1.6.0@{'5' * 12}", None), ("runs", f"1.6.0@{'4' * 12}", f"1.6.0@{'5' * 12}")],
        ),
        (f"{WEB}:1.6.0@{D5}", f"{WEB}:1.6.0", [("runs", f"1.6.0@{'5' * 12}", None), ("runs", "1.6.0", None)]),
    ],
)
def test_what_runs_and_what_would_come(
    tmp_path: Path, dev: str, test: str, cells: list[tuple[str, str | None, str | None]]
) -> None:
    drawn = board(tmp_path, dev, test)
    assert [shown(drawn.cell("web", name)) for name in ("dev", "test")] == cells


def test_3_3_mixed_is_drift(tmp_path: Path) -> None:
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.5.0"),
        "test/a.yaml": deployment("a", f"{WEB}:1.4.0"),
    }
    drawn = drive(draw(build(tmp_path, CONFIG, files).estates, ["dev", "test"]), book())
    assert drawn.cell("web", "dev") == Cell("dev", "web", "mixed", note="its sites differ: 1.4.0, 1.5.0")
    assert drawn.cell("web", "test") == Cell("test", "web", "runs", Version("1.4.0"))
    assert drawn.apps == ("other", "web")


def test_a_place_that_cannot_be_edited_is_told(tmp_path: Path) -> None:
    drawn = board(tmp_path, f"{WEB}:{{{{ .Tag }}}}", f"{WEB}:1.4.0")
    cell = drawn.cell("web", "dev")
    assert cell.state == "refused"
    assert cell.note.startswith("dev/a.yaml:8:")


def test_5_2_a_registry_that_does_not_answer_is_a_note(tmp_path: Path) -> None:
    cell = board(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.4.0", book(dark=[WEB])).cell("web", "dev")
    assert (cell.version, cell.next) == (Version("1.4.0"), None)
    assert "does not answer" in cell.note
