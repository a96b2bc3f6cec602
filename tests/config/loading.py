"""Short ways to load a promote.yaml in the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from textwrap import dedent
from typing import Any

import jsonschema
import yaml

from promote.config.load import load
from promote.config.model import Config
from promote.config.schema import json_schema
from promote.errors import ConfigError

BARE = "version: 1\n"


class _Loader(yaml.SafeLoader):
    """As editors read it: by YAML 1.2 a date is a string, and so is `on` (§10.3.2)."""


_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, [*"tTfF"])


def plain(text: str) -> Any:
    """What a text says, as JSON Schema sees it."""
    return yaml.load(text, _Loader)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validate(text: str) -> None:
    """Nothing, where a text fits the JSON Schema of promote.yaml; jsonschema.ValidationError where it does not."""
    _validator().validate(plain(text))


def loaded(text: str, environ: Mapping[str, str] | None = None) -> Config:
    """The Config of a text; `version: 1` is put behind it where it says no version."""
    body = dedent(text).lstrip("\n")
    return load("promote.yaml", (body if "version:" in body else f"{body}\n{BARE}").encode(), environ=environ or {})


def mistakes(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """`LINE:COLUMN: what` of each mistake, in the order in which they are told."""
    try:
        loaded(text, environ)
    except ConfigError as exc:
        return [line.removeprefix("promote.yaml:") for line in str(exc).splitlines()]
    return []
