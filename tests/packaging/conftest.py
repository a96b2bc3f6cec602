"""What is published, built once of what is committed or about to be."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.shared import ROOT

READ_BY_BUILD = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "MANIFEST.in")


@dataclass(frozen=True, slots=True)
class Built:
    source: Path
    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A wheel, made of a source distribution, made of a copy of the checkout: a build leaves files behind."""
    source = tmp_path_factory.mktemp("build") / "source"
    source.mkdir()
    for name in READ_BY_BUILD:
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "promote", source / "promote", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/__init__.py", "tests/test_image.py", "tests/conftest.py"):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."],
        cwd=source, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    (sdist,) = (source / "dist").glob("*.tar.gz")
    return Built(source, wheel, sdist)


@pytest.fixture
def closure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Of `.ci/installed.py`: what is installed here of the project and all that it needs."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    found: Callable[..., dict[str, Any]] = importlib.import_module("installed").closure
    return found
