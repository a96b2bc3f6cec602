"""Real repositories: `init` writes what a check accepts, and names what their environments set."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.shared import shared_data
from tests.survey.corpus import made
from tests.survey.measured import ENVIRONMENTS

THOTH = "thoth-station+thoth-application"
# All of it takes ten seconds: see tests/survey/corpus.py. So many of its components are looked at here.
SAMPLE = 5


@pytest.mark.parametrize("repository", [name for name in ENVIRONMENTS if name != THOTH])
def test_nearly_every_image_that_environments_set_is_named(repository: str) -> None:
    one = made(repository, shared_data(f"corpus/{repository}"))
    assert one.errors == ()
    assert one.measured.images > 0
    assert one.measured.named >= 0.95 * one.measured.images, one.measured.missed
    assert len(one.config.environments) == one.measured.environments


@pytest.mark.parametrize("seed", [3])
def test_what_is_missed_is_told(seed: int, tmp_path: Path) -> None:
    root = shared_data(f"corpus/{THOTH}")
    components = sorted(path.parent.name for path in root.glob("*/overlays"))
    assert len(components) > 40
    for name in random.Random(seed).sample(components, SAMPLE):
        shutil.copytree(root / name, tmp_path / name)
    one = made(THOTH, tmp_path)
    assert one.errors == ()
    assert one.measured.images > SAMPLE
    assert list(one.config.environments)[:3] == ["test", "ocp4-stage", "moc-prod"]
    for name, image in one.measured.missed:
        # What several overlays build on is no environment.
        assert name == "common" or f"# - {image} in {name}: " in one.text
