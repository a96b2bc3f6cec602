"""Golden folders: `original` with what `case.yaml` asks for is `expected`, to the byte.

A case names an image, a tag and maybe a digest; `config` is its promote.yaml, `environment` where the version is set,
`refused` the code of a case in which nothing may change, and `readable: false` says that a file is no YAML.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from promote.image import Version
from promote.outcome import Plan
from promote.plan.intent import Before, Rules, Set
from promote.plan.set import plan_set
from promote.question import Answers, Known, Now, Question, drive
from tests.clock import NOON
from tests.estate.building import build
from tests.readback import leaves
from tests.shared import ROOT

FIXTURES = ROOT / "fixtures"
# A folder with a case.yaml is one of these; the no-op rows come first.
CASES = sorted(
    (path.parent.name for path in FIXTURES.glob("*/case.yaml")), key=lambda name: (not name.startswith("noop"), name)
)
DEFAULT = "apps: {{web: {{image: {image}, pin: {pin}}}}}\nenvironments: {{dev: {{path: .}}}}\n"


@dataclass(frozen=True)
class Case:
    """What case.yaml asks for."""

    image: str
    tag: str
    digest: str | None = None
    pin: str = "keep"
    config: str | None = None
    environment: str = "dev"
    app: str = "web"
    refused: str | None = None
    add: bool = False

    @classmethod
    def of(cls, name: str) -> Case:
        said: dict[str, Any] = yaml.safe_load((FIXTURES / name / "case.yaml").read_text(encoding="utf-8"))
        return cls(**said)

    def answers(self, questions: frozenset[Question]) -> Answers:
        """A registry that has everything, at one digest."""
        image = Known(self.digest or f"sha256:{'f' * 64}")
        return {question: NOON if isinstance(question, Now) else image for question in questions}


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _planned(case: Case, root: Path) -> Plan:
    config = case.config or DEFAULT.format(image=case.image, pin=case.pin)
    built = build(root, config, {}, adding_to=case.environment if case.add else None)
    intent = Set(case.environment, ((case.app, Version(case.tag)),), case.add)
    return drive(plan_set(built.estates, intent, Rules(allow_downgrade=True), Before()), case.answers)


def _set(name: str, folder: str, root: Path) -> tuple[Plan, dict[str, bytes]]:
    """The plan for one of the folders of a case, and the files as they would be."""
    shutil.copytree(FIXTURES / name / folder, root, dirs_exist_ok=True)
    plan = _planned(Case.of(name), root)
    files = _files(root)
    for step in plan.steps:
        for change in step.files:
            assert change.after is not None
            files[change.path.decode()] = change.after
    return plan, files


def test_there_are_cases() -> None:
    assert len(CASES) > 50
    assert CASES[0].startswith("noop")


@pytest.mark.parametrize("name", CASES)
def test_original_becomes_expected(name: str, tmp_path: Path) -> None:
    plan, files = _set(name, "original", tmp_path)
    expected = _files(FIXTURES / name / "expected")
    assert files == expected, [*plan.refusals, *plan.failures]
    changed = expected != _files(FIXTURES / name / "original")
    assert [refusal.code for refusal in plan.refusals] == ([case.refused] if (case := Case.of(name)).refused else [])
    assert changed is not (name.startswith("noop") or case.refused is not None)


@pytest.mark.parametrize("name", CASES)
def test_expected_stays_as_it_is(name: str, tmp_path: Path) -> None:
    plan, files = _set(name, "expected", tmp_path)
    assert files == _files(FIXTURES / name / "expected")
    assert plan.steps == ()


@pytest.mark.parametrize("name", CASES)
def test_two_readers_agree_on_expected(name: str) -> None:
    """What changed is a string to both, and nothing else did."""
    for path, data in _files(FIXTURES / name / "expected").items():
        old = _files(FIXTURES / name / "original").get(path)
        if not path.endswith((".yaml", ".yml", "Kustomization")) or data == old:
            continue
        for before, after in zip(leaves(old or b""), leaves(data), strict=True):
            changed = {place: leaf for place, leaf in after.items() if before.get(place) != leaf}
            assert changed
            assert {tag for tag, text in changed.values() if text} <= {"tag:yaml.org,2002:str"}
        one, two = ({place: text for place, (_, text) in found.items()} for found in leaves(data))
        assert one == two
