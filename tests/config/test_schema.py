from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from promote.config.schema import json_schema
from promote.config.settings import Settings
from promote.config.shape import keys_of, shape_of
from tests.config.loading import validate
from tests.config.test_load import FULL

SMALL = """
version: 1
apps:
  web: {image: ghcr.io/acme/web, policy: {semver: "^1.4"}}
environments:
  dev:  {path: envs/dev}
  test: {path: envs/test, from: dev}
"""


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in schema["$defs"].items():
        for key, value in definition.get("properties", {}).items():
            yield f"{name}.{key}", value


@pytest.mark.parametrize("text", [SMALL, FULL, "version: 1"])
def test_what_promote_reads_fits_the_schema(text: str) -> None:
    validate(text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "version: 2",
        "version: 1\nfoo: 1",
        "version: 1\napps: {web: {}}",
        "version: 1\napps: {web: {image: a, images: [b]}}",
        "version: 1\napps: {web: {image: a, policy: {}}}",
        "version: 1\napps: {web: {image: a, policy: {order: calver}}}",
        "version: 1\napps: {web: {image: a, policy: {order: {}}}}",
        "version: 1\napps: {web: {image: a, policy: {order: {calver: YYYY, digest: stable}}}}",
        "version: 1\napps: {web: {image: a, pin: none}}",
        "version: 1\nenvironments: {dev: {}}",
        "version: 1\nenvironments: {dev: {path: a, from_: b}}",
        "version: 1\nenvironments: {dev: {path: a, deliver: mail}}",
        "version: 1\nenvironments: {dev: {path: a, gates: {}}}",
        "version: 1\nenvironments: {dev: {path: a, gates: [{}]}}",
        "version: 1\nenvironments: {dev: {path: a, gates: [{locked: true}]}}",
        "version: 1\nenvironments: {dev: {path: a, gates: [{soak: 1h, min_age: 1h}]}}",
        "version: 1\nenvironments: {dev: {path: a, gates: [{max_behind: 0}]}}",
        "version: 1\nenvironments: {dev: {path: a, gates: [{freeze: {until: '2026-12-18'}}]}}",
        "version: 1\nenvironments: {dev: {path: a, verify: [{soak: 1h}]}}",
        "version: 1\nenvironments: {dev: {path: a, limits: {}}}",
        "version: 1\nenvironments: {dev: {path: a}, b: {path: b, from: {all: [dev], any: [dev]}}}",
        "version: 1\nregistries: {a.io: {username: u, password: hunter2}}",
        "version: 1\ntargets: [{app: a, file: b}]",
        "version: 1\ntargets: [{app: a, file: b, path: c, regex: '(?P<tag>x)'}]",
        "version: 1\ndefaults: {within: a}",
        "version: 1\ndefaults: {override: a}",
        "version: 1\nnotify: [{}]",
        "version: 1\nnotify: [{slack: {url: https://hooks.example.com/x}}]",
        "version: 1\nnotify: [{slack: {url: {env: A}}, teams: {url: {env: A}}}]",
    ],
)
def test_what_promote_refuses_does_not_fit_the_schema(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(text)


def test_every_key_has_a_description() -> None:
    found = dict(keys(json_schema()))
    assert len(found) > 40
    assert [name for name, key in found.items() if not key.get("description", "").endswith((".", ">", "*."))] == []


def test_the_schema_is_plain_json_without_an_address() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert "$id" not in schema
    assert schema["$schema"].endswith("2020-12/schema")


def test_a_type_without_words_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError, match="settings cannot hold"):
        shape_of(bytes)
    assert keys_of(Settings)["version"].required
