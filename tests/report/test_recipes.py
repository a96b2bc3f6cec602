"""The recipes for jq, run on the documents that the same page shows."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.shared import ROOT

PAGE = (ROOT / "docs/json.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^promote (\w+)[^|\n]* \| jq -r '([^']+)'$", PAGE, re.MULTILINE)
EXAMPLES = dict(re.findall(r"^```json (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    ("number", "command", "document", "shown"),
    [
        (0, "status", "board", "dev\tweb\t1.5.1\t2026-03-16T15:00:00+00:00"),
        (1, "status", "board", "dev\tweb\t1.4.0\t2026-01-05T12:00:00+00:00"),
        (2, "history", "history", "2026-01-05T12:00:00+00:00\tweb\t1.4.0\tAnn <ann@example.com>"),
        (3, "auto", "delivery", "dev\tcron\tregistry\tghcr.io does not answer"),
    ],
)
def test_a_recipe_answers_its_question(number: int, command: str, document: str, shown: str) -> None:
    named, recipe = RECIPES[number]
    assert named == command
    done = subprocess.run(
        ["jq", "-r", recipe], input=EXAMPLES[document].encode(), capture_output=True, timeout=60, check=True
    )
    assert done.stdout.decode().splitlines()[-1] == shown


def test_there_is_no_recipe_besides() -> None:
    assert len(RECIPES) == 4
