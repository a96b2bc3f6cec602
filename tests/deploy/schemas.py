"""What the makers of CI systems and of Kubernetes say that a file may hold."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from lightkube.models import batch_v1, core_v1

KINDS: dict[str, type[msgspec.Struct]] = {"CronJob": batch_v1.CronJob, "Job": batch_v1.Job, "Secret": core_v1.Secret}


@cache
def _validator(name: str) -> Draft7Validator:
    folder = files("check_jsonschema.builtin_schemas.vendor")
    return Draft7Validator(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))


def faults(name: str, document: object) -> list[str]:
    """What the schema of that name, as it is published, has against a document."""
    found = _validator(name).iter_errors(document)
    return [f"{list(fault.absolute_path)}: {fault.message[:300]}" for fault in found]


def closest(name: str, document: object) -> str | None:
    """The fault that is most to the point."""
    fault = best_match(_validator(name).iter_errors(document))
    return None if fault is None else f"{list(fault.absolute_path)}: {fault.message[:300]}"


def unknown_to_kubernetes(document: Any, kind: type[msgspec.Struct] | None = None) -> list[str]:
    """Fields that no API server would keep; ValidationError where one is missing or of another type."""
    read = msgspec.convert(document, kind or KINDS[document["kind"]], strict=True)
    return sorted(_paths(document) - _paths(msgspec.to_builtins(read)))


def _paths(value: object, above: str = "") -> set[str]:
    if isinstance(value, dict):
        return {above}.union(*(_paths(each, f"{above}.{key}") for key, each in value.items()))
    if isinstance(value, list):
        return {above}.union(*(_paths(each, f"{above}[{at}]") for at, each in enumerate(value)))
    return {above}
