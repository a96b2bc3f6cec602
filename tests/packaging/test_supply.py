"""What is told of the things that promote is made of: pins, the bill of materials, release notes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from packaging.utils import canonicalize_name
from referencing import Registry, Resource

from promote import __version__
from tests.shared import ROOT

PINS = ROOT / ".ci" / "pins.txt"
NOTES = "# Changes\n\n## Unreleased\n\n### Added\n\n- new\n\n## [0.2.0] - 2026-01-01\n\n- second\n\n## 0.1.9\n\n"


def _run(script: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def _pins() -> dict[str, str]:
    rows = [line for line in PINS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pins = dict(row.split("==") for row in rows)
    assert len(pins) == len(rows)
    return pins


def test_all_that_is_installed_is_pinned(closure: Callable[..., dict[str, Any]]) -> None:
    """`make pins` after a change of what pyproject.toml asks for."""
    pins = _pins()
    left_out = ("gitops-promote", "pip")
    found = {name: each.dist.version for name, each in closure(extras=("test",)).items() if name not in left_out}
    assert {name: (version, pins.get(name)) for name, version in found.items() if pins.get(name) != version} == {}


def test_all_that_is_asked_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    items = [*project["dependencies"], *(item for extra in project["optional-dependencies"].values() for item in extra)]
    names = {canonicalize_name(re.split(r"[\[<>=!~; ]", item)[0]) for item in items} - {"gitops-promote"}
    assert sorted(names - _pins().keys()) == []


@pytest.fixture(scope="module")
def bill() -> Any:
    done = _run(ROOT / ".ci" / "sbom.py")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _schema(name: str) -> Any:
    return json.loads((files("cyclonedx.schema._res") / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cyclonedx() -> Draft7Validator:
    """The schema of CycloneDX 1.6."""
    parts = [
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", _schema(name)) for name in ("spdx", "jsf-0.82")
    ]
    registry: Registry[Any] = Registry().with_resources(
        [(where, Resource.from_contents(contents)) for where, contents in parts]
    )
    return Draft7Validator(_schema("bom-1.6"), registry=registry)


def test_the_schema_of_bills_refuses(cyclonedx: Draft7Validator, bill: dict[str, Any]) -> None:
    assert not cyclonedx.is_valid({**bill, "serialNumber": "7"})
    assert not cyclonedx.is_valid({**bill, "components": [{"name": "x"}]})


def test_the_bill_of_materials(
    cyclonedx: Draft7Validator, bill: dict[str, Any], closure: Callable[..., dict[str, Any]]
) -> None:
    assert [fault.message for fault in cyclonedx.iter_errors(bill)] == []
    assert bill["metadata"]["component"]["version"] == __version__
    components = {each["name"]: each for each in bill["components"]}
    assert {"gitops-promote", *components} == set(closure())
    assert [name for name, each in components.items() if not each.get("licenses")] == []
    assert [name for name, each in components.items() if each["purl"] != f"pkg:pypi/{name}@{each['version']}"] == []
    assert "pytest" not in components
    edges = {each["ref"].removeprefix("pkg:pypi/").split("@")[0]: each["dependsOn"] for each in bill["dependencies"]}
    assert components["certifi"]["bom-ref"] in edges["requests"]
    reached = {bill["metadata"]["component"]["bom-ref"], *(ref for refs in edges.values() for ref in refs)}
    assert reached == {each["ref"] for each in bill["dependencies"]}


def test_the_bill_says_the_same_twice_and_takes_its_time_from_outside(bill: dict[str, Any]) -> None:
    assert "timestamp" not in bill["metadata"]
    dated = json.loads(_run(ROOT / ".ci" / "sbom.py", "aws", env={"SOURCE_DATE_EPOCH": "1767225600"}).stdout)
    assert dated["metadata"]["timestamp"] == "2026-01-01T00:00:00Z"
    assert {each["name"] for each in dated["components"]} > {each["name"] for each in bill["components"]} | {"boto3"}
    assert json.loads(_run(ROOT / ".ci" / "sbom.py").stdout) == bill


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "CHANGELOG.md").write_text(NOTES)
    return Path(shutil.copy(ROOT / ".ci" / "notes.py", tmp_path / ".ci"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["9.9"], "CHANGELOG.md: there is no section `## 9.9`; write one, or name one of Unreleased, 0.2.0, 0.1.9\n"),
        (["0.1.9"], "CHANGELOG.md: the section `## 0.1.9` is empty; say what a user will notice\n"),
        (["a", "b"], "usage: notes.py [VERSION]\n"),
    ],
)
def test_there_are_no_notes(notes: Path, words: list[str], said: str) -> None:
    done = _run(notes, *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "### Added\n\n- new\n"),
        (["Unreleased"], "### Added\n\n- new\n"),
        (["0.2.0"], "- second\n"),
        (["v0.2.0"], "- second\n"),
    ],
)
def test_the_notes_of_a_version(notes: Path, words: list[str], said: str) -> None:
    done = _run(notes, *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


def test_the_notes_of_this_version(notes: Path) -> None:
    (notes.parent.parent / "CHANGELOG.md").write_text(f"## Unreleased\n\n- later\n\n## {__version__}\n\n- this\n")
    assert _run(notes).stdout == "- this\n"
    assert _run(ROOT / ".ci" / "notes.py").returncode == 0


def test_every_target_of_make_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert re.findall(r"^([a-z]+):[^#\n]*## ", text, re.MULTILINE) == phony.split()
