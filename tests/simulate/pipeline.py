"""A pipeline through its days: releases, bad versions, holds, outages, runs that are killed or meet; all of one seed.

After every run the repository is read without promote, and must be as the model of `oracle` has it: so production has
nothing that did not qualify, nothing goes back but by a rollback, holds are respected, and nothing waits longer than
the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.simulate import cron, people
from tests.simulate.scene import START, Scene, Tally, begin

_FARES = {cron.alone: 70, cron.killed: 10, cron.meeting: 8, cron.overtaken: 8, cron.sharded: 5}


def run(
    seed: int, folder: Path, environ: Mapping[str, str], *, apps: int = 40, days: int = 30, hours: int = 1
) -> Tally:
    """One pipeline through its days, a run every so many hours; AssertionError at the first thing that is not right."""
    with ExitStack() as stack:
        scene = begin(seed, folder, environ, apps=apps, days=days, hours=hours, stack=stack)
        try:
            for number in range(days * 24 // hours):
                _step(scene, number)
        except AssertionError as exc:
            exc.add_note(f"seed {seed}, {apps} apps, {days} days, a run every {hours} h")
            raise
        scene.gitops.git("fsck", "--strict")
        scene.tally.runs = scene.promoter.runs
        return scene.tally


def _step(scene: Scene, number: int) -> None:
    scene.clock.advance((START + number * scene.step - scene.clock.now()).total_seconds())
    scene.sky.moment = scene.clock.now()
    people.act(scene)
    fare = scene.rng.choices([*_FARES], [*_FARES.values()])[0]
    fare(scene)
