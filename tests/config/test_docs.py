from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from promote.config.load import load
from promote.config.schema import json_schema
from promote.config.unbuilt import UNBUILT

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_loads_and_fits_the_schema(example: str) -> None:
    load("promote.yaml", example.encode(), environ={})
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(example))


def test_every_key_is_documented() -> None:
    known = {key for each in json_schema()["$defs"].values() for key in each.get("properties", {})}
    unbuilt = {key for keys in UNBUILT.keys.values() for key in keys}
    unbuilt |= {word for keys in UNBUILT.values.values() for words in keys.values() for word in words}
    written = set(re.findall(r"[A-Za-z_-]+", " ".join(re.findall(r"`[^`\n]+`", TEXT))))
    assert len(EXAMPLES) > 8
    assert sorted((known | unbuilt) - written) == []
