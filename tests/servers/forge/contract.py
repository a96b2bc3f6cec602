"""A forge's published API description as a judge of requests and of the fake's own answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft4Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.shared import SHARED

Json = dict[str, Any]


class BreachError(AssertionError):
    """A request or an answer that the description does not have."""


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` and Swagger's `x-nullable`, in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _nullable(value) for key, value in schema.items()}
    if (out.get("nullable") is True or out.get("x-nullable") is True) and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
        if isinstance(out.get("enum"), list):
            out["enum"] = [*out["enum"], None]
    return out


class Contract:
    """One description: which operation a request is, and whether its body and its answer fit."""

    def __init__(self, document: Json) -> None:
        self._document = _nullable(document)
        self._is_swagger = "swagger" in document
        base = document.get("basePath", "").rstrip("/")
        self._routes = [
            (re.compile(re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(base + path)) + r"\Z"), path)
            # What is named stands above what is not: /pulls/{index}/reviews above /pulls/{base}/{head}.
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]

    def _operation(self, method: str, path: str) -> Json | None:
        for pattern, name in self._routes:
            operation: Json | None = self._document["paths"][name].get(method.lower())
            if operation is not None and pattern.match(path):
                return operation
        return None

    def _parameters(self, operation: Json, place: str) -> Iterator[Json]:
        for parameter in operation.get("parameters", ()):
            found = self._resolved(parameter)
            if found.get("in") == place:
                yield found

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _check(self, value: Any, schema: Json, what: str) -> None:
        kind = Draft4Validator if self._is_swagger else Draft202012Validator
        shared = {key: self._document[key] for key in ("definitions", "components") if key in self._document}
        whole = {**schema, **shared}
        try:
            kind(whole).validate(value)
        except ValidationError as exc:
            raise BreachError(f"{what}: {exc.message} at {list(exc.absolute_path)}") from None

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None:
        """BreachError for an unknown query, an unknown or wrongly typed field; nothing where there is no such path."""
        operation = self._operation(method, path)
        if operation is None:
            return
        what = f"{method} {path}"
        unknown = set(query) - {each["name"] for each in self._parameters(operation, "query")}
        if unknown:
            raise BreachError(f"{what}: unknown query {sorted(unknown)}")
        if body is None:
            return
        schema = self._body_schema(operation)
        if schema is None:
            raise BreachError(f"{what}: takes no body")
        self._check(body, schema, what)
        known = set(self._properties(schema))
        if known and isinstance(body, dict) and set(body) - known:
            raise BreachError(f"{what}: unknown fields {sorted(set(body) - known)}")

    def _body_schema(self, operation: Json) -> Json | None:
        if self._is_swagger:
            found = next(self._parameters(operation, "body"), None)
            return None if found is None else found.get("schema", {})
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        media = content.get("application/json") or next(iter(content.values()), None)
        return None if media is None else media.get("schema", {})

    def _properties(self, schema: Json) -> Iterator[str]:
        schema = self._resolved(schema)
        yield from schema.get("properties", ())
        for key in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(key, ()):
                yield from self._properties(each)

    def answer(self, method: str, path: str, status: int, body: Any) -> None:
        """BreachError for an answer of the fake that the forge would not give; nothing where there is no such path."""
        operation = self._operation(method, path)
        if operation is None:
            return
        said = operation["responses"].get(str(status)) or operation["responses"].get("default")
        what = f"{method} {path}: {status}"
        if said is None:
            if status < 400:
                raise BreachError(f"{what}: is no answer that it gives")
            return
        said = self._resolved(said)
        if self._is_swagger:
            schema = said.get("schema")
        else:
            content = said.get("content", {})
            media = content.get("application/json") or next(iter(content.values()), None)
            schema = None if media is None else media.get("schema")
        if schema is not None and status < 400:
            self._check(body, schema, what)


@lru_cache
def contract(name: str, judge: type[Contract] = Contract) -> Contract | None:
    """The description of that name, None where the shared data is absent; `judge` knows where it has gaps."""
    path = SHARED / "openapi" / f"{name}.json"
    return judge(json.loads(path.read_text())) if path.is_file() else None
