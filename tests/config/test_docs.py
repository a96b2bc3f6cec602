from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from promote.config.load import load
from promote.config.schema import json_schema
from tests.config.loading import plain

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = _BLOCK.findall(TEXT)
OF_REGISTRIES = _BLOCK.findall((PAGE.parent / "registries.md").read_text(encoding="utf-8"))
ALL_OF_PROMOTION = _BLOCK.findall((PAGE.parent / "promotion.md").read_text(encoding="utf-8"))
# The other file that people may write by hand is read by tests/estate/test_holds.py.
OF_PROMOTION = [example for example in ALL_OF_PROMOTION if not example.startswith("holds:")]
OF_GIT = _BLOCK.findall((PAGE.parent / "git.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_loads_and_fits_the_schema(example: str) -> None:
    load("promote.yaml", example.encode(), environ={})
    jsonschema.Draft202012Validator(json_schema()).validate(plain(example))


@pytest.mark.parametrize("example", [*OF_REGISTRIES, *OF_GIT, *OF_PROMOTION])
def test_every_example_of_other_pages_loads(example: str) -> None:
    text = example if example.startswith("version:") else f"version: 1\n{example}"
    load("promote.yaml", text.encode(), environ={})
    jsonschema.Draft202012Validator(json_schema()).validate(plain(text))


def test_every_key_is_documented() -> None:
    known = {key for each in json_schema()["$defs"].values() for key in each.get("properties", {})}
    written = set(re.findall(r"[A-Za-z_-]+", " ".join(re.findall(r"`[^`\n]+`", TEXT))))
    assert len(EXAMPLES) > 8
    assert len(OF_REGISTRIES) > 4
    assert len(OF_GIT) > 3
    assert len(OF_PROMOTION) == len(ALL_OF_PROMOTION) - 1 > 0
    assert sorted(known - written) == []
