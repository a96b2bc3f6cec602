"""Real repositories: `init` writes what a check accepts, and names what their environments set."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.config.loading import validate
from tests.shared import shared_data
from tests.survey.corpus import made
from tests.survey.measured import ENVIRONMENTS

# Folders among environments that are none: two overlays build on the one, the other sets no image.
NONE: Mapping[str, frozenset[str]] = {"thoth-station+thoth-application": frozenset({"common", "smaug"})}


@pytest.mark.parametrize("repository", ENVIRONMENTS)
def test_nearly_every_image_that_environments_set_is_named_and_what_is_missed_is_told(repository: str) -> None:
    one = made(repository, shared_data(f"corpus/{repository}"))
    assert one.errors == ()
    validate(one.text)
    none = NONE.get(repository, frozenset())
    found = one.config.environments
    assert one.measured.environments - none == (frozenset({"main"}) if len(found) == 1 else frozenset(found))
    assert one.measured.images > 0
    assert one.measured.named >= 0.95 * one.measured.images, one.measured.missed
    comments = one.text.replace("\n# ", " ")
    for name, image in one.measured.missed:
        # What several overlays build on is in the `path` of those.
        assert f"- {image} in {name}: " in comments or name in none, (name, image)
