"""The files that others copy, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.shared import ROOT

ACTION = ROOT / "action.yml"
COMPONENT = ROOT / "templates" / "promote" / "template.yml"
DEPLOY = ROOT / "deploy"
FILES = sorted([ACTION, COMPONENT, *(path for path in DEPLOY.rglob("*") if path.is_file())])


def read(path: Path) -> Any:
    """The one document of a file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))
