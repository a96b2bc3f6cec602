"""Many writers at once, and a server that fails: each result ends up there once, in one line of history.

Here with as many as a test may have; `make simulate` has more of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.simulate import crowds, faults, proposals


def test_many_at_once_each_its_own_app(
    environ: Mapping[str, str], tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    told = crowds.own_apps(16, tmp_path / "crowd", environ)
    # Within the default of --push-timeout, and the time to start them.
    assert told.seconds < 300, told
    assert leftovers() == []


def test_4_3_of_rising_versions_the_highest_wins_and_none_is_a_downgrade(
    environ: Mapping[str, str], tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    crowds.one_app(8, tmp_path / "crowd", environ)
    assert leftovers() == []


def test_several_repositories_at_once(
    environ: Mapping[str, str], tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    crowds.repositories(3, 3, tmp_path / "crowd", environ)
    assert leftovers() == []


def test_7_1_many_at_once_make_one_request_with_all_changes(
    environ: Mapping[str, str], tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    proposals.one_request("gitea", 12, tmp_path / "crowd", environ)
    assert leftovers() == []


@pytest.mark.parametrize("seed", range(5))
def test_a_server_that_fails_by_a_seeded_schedule(environ: Mapping[str, str], tmp_path: Path, seed: int) -> None:
    told = faults.run(seed, tmp_path, environ)
    assert told.faults
