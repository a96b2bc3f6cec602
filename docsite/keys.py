"""The page of every key of promote.yaml, from the JSON Schema that `promote schema` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docsite.table import code, prose, table
from promote.config.schema import json_schema

HEAD = """# Every key of promote.yaml

This page comes from the JSON Schema at each build. What the keys are for, with examples:
[Configuration](../configuration.md). The schema itself: [promote.schema.json](promote.schema.json).
"""

# A node of a JSON Schema is a mapping of whatever the specification has.
Node = Mapping[str, Any]


def _target(node: Node) -> str | None:
    """The definition that a node is, where it is one."""
    reference = node.get("$ref")
    return reference.removeprefix("#/$defs/") if isinstance(reference, str) else None


def _kind(node: Node) -> str:
    """What may stand there, in the words of YAML."""
    target = _target(node)
    if target is not None:
        return f"[{code(target)}](#{target.lower()})"
    choices = node.get("anyOf", node.get("oneOf"))
    if choices is not None:
        return " or ".join(dict.fromkeys(_kind(each) for each in choices))
    if "enum" in node:
        return ", ".join(code(json.dumps(each) if not isinstance(each, str) else each) for each in node["enum"])
    if "const" in node:
        return code(str(node["const"]))
    kind = node.get("type", "any value")
    if kind == "array":
        return f"list of {_kind(node.get('items', {}))}"
    if kind == "object" and isinstance(node.get("additionalProperties"), Mapping):
        return f"mapping of names to {_kind(node['additionalProperties'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _default(node: Node) -> str:
    return "" if node.get("default") in (None, {}, []) else code(json.dumps(node["default"]))


def _section(name: str, node: Node) -> Iterator[str]:
    yield f"## {name}\n"
    if "description" in node:
        yield f"{prose(node['description'])}\n"
    if "properties" not in node:
        yield f"{_kind(node)}\n"
        return
    required = set(node.get("required", ()))
    yield table(
        ("key", "value", "default", "what it says"),
        [
            (
                code(key),
                _kind(each),
                "must be there" if key in required else _default(each),
                prose(each.get("description", "")),
            )
            for key, each in node["properties"].items()
        ],
    )


def page(schema: Node | None = None) -> str:
    """The whole page; `schema` is that of promote.yaml."""
    definitions: Mapping[str, Node] = (schema or json_schema())["$defs"]
    return "\n".join([HEAD, *(line for name, node in definitions.items() for line in _section(name, node))])
