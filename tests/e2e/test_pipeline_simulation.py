"""A pipeline through a few days, against a model of the rules that shares no code with promote.

Here one that is small; `make simulate` has 40 apps, a run an hour, and 30 days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.simulate import pipeline


def test_what_runs_is_what_the_model_says_whatever_happens_in_between(
    environ: Mapping[str, str], tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    told = pipeline.run(5, tmp_path / "pipeline", environ, apps=12, days=4, hours=6)
    # Of everything that can happen this seed has something.
    happens = "promotions to prod, waits, refusals, failures, held back, rollbacks, holds, releases"
    mishaps = "kills, meetings, overtaken, shards"
    assert all(told.counts[each] for each in f"{happens}, {mishaps}".split(", ")), told
    assert leftovers() == []
