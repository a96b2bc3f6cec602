"""Helm from the tests' own Python packages: what a chart's templates make of its values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart
from helm_python.chart import values_from_yaml


def _over(strong: dict[str, Any], weak: dict[str, Any]) -> dict[str, Any]:
    """Mappings are merged and all else is replaced, as `helm template -f weak -f strong` has it."""
    out = dict(weak)
    for key, value in strong.items():
        below = out.get(key)
        out[key] = _over(value, below) if isinstance(value, dict) and isinstance(below, dict) else value
    return out


def render(folder: Path, *files: Path) -> str:
    """The manifests of a chart with these values files over its own, the weakest first."""
    values: dict[str, Any] = {}
    for file in files:
        values = _over(values_from_yaml(file.read_text(encoding="utf-8")), values)
    with Chart.load(folder) as chart:
        rendered = chart.render(values, name="demo")
    return "\n---\n".join(rendered[name] for name in sorted(rendered) if name.endswith(".yaml"))


def containers(manifests: str) -> dict[str, str]:
    """The image of every container, by the object's name and the container's."""
    out: dict[str, str] = {}
    for item in yaml.safe_load_all(manifests):
        if item is not None:
            out |= {f"{item['metadata']['name']}/{name}": image for name, image in _containers(item)}
    return out


def _containers(value: Any) -> Iterator[tuple[str, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if key in ("containers", "initContainers"):
            yield from ((container["name"], container["image"]) for container in item)
        else:
            yield from _containers(item)
