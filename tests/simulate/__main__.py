"""`make simulate`: all crowds, hundreds of runs against failing servers, every kill, pipelines through 30 days.

Usage: python -m tests.simulate [RUNS [FIRST_SEED]]; of pipelines there is one to 300 of RUNS. The same seeds meet
the same faults. It tells the counts of each. The first thing that is lost, doubled, left or not due ends it with a
traceback.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.memory import in_memory
from tests.servers.githttp import GitHttp
from tests.simulate import crowds, faults, pipeline, proposals
from tests.simulate.checkpoints import Victim
from tests.simulate.kills import HOWS, Ground, How
from tests.simulate.scene import Tally

_BATCH = 10
_ALL: tuple[Victim | None, ...] = ("group", "leader", None)
_MILDER: tuple[Victim, ...] = ("child", "interrupted", "terminated")
CROWDS: tuple[tuple[str, Callable[..., crowds.Told], tuple[int, ...]], ...] = (
    ("50 processes, each its own app of one branch", crowds.own_apps, (50,)),
    ("20 processes, one app, rising versions", crowds.one_app, (20,)),
    ("10 repositories, 10 processes each", crowds.repositories, (10, 10)),
)

KILLS: tuple[tuple[How, Victim | None], ...] = (
    *((how, victim) for how in HOWS for victim in _ALL),
    *(("repo", victim) for victim in _MILDER),
)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def _machine() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, in memory where that can be, and all that a run there sees of this machine."""
    with tempfile.TemporaryDirectory(prefix="simulate-", dir=in_memory()) as name:
        root = Path(name)
        for folder in ("home", "tmp", "work"):
            (root / folder).mkdir()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(root / "home"),
            "TMPDIR": str(root / "tmp"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONWARNINGS": "error",
        }
        yield root / "work", environ


def _weather(seeds: range) -> faults.Tally:
    with _machine() as (folder, environ):
        total = faults.Tally()
        for seed in seeds:
            total += faults.run(seed, folder, environ)
        return total


@contextmanager
def _served(folder: Path) -> Iterator[GitHttp]:
    root = folder / "served"
    root.mkdir()
    with GitHttp(root) as server:
        yield server


def _killed(how: How, victim: Victim | None) -> tuple[str, int, int]:
    """What was killed, at how many checkpoints, and how often the run ended before it was."""
    with _machine() as (folder, environ), _served(folder) as server:
        ground = Ground(how, folder, server, environ)
        ended = [ground.killed_at(at, victim) for at in ground.checkpoints(victim)]
    return f"{how}, {victim or 'before its own steps'}", len(ended), ended.count(False)


def _pipeline(seed: int) -> Tally:
    with _machine() as (folder, environ):
        return pipeline.run(seed, folder / "pipeline", environ)


def main(runs: int, first: int) -> None:
    began = time.monotonic()
    _say("Crowds: each result is there once, the history is one line")
    for name, crowd, numbers in CROWDS:
        with _machine() as (folder, environ):
            _say(f"  {name}: {crowd(*numbers, folder / 'crowd', environ)}")
    _say("Proposals: one pull request has all that fifty processes set at once, each its own app")
    for kind in proposals.KINDS:
        with _machine() as (folder, environ):
            _say(f"  {kind}: {proposals.one_request(kind, 50, folder / 'crowd', environ)}")
    with ProcessPoolExecutor() as pool:
        pipelines = range(first, first + max(1, runs // 300))
        # They take longest, and so begin first.
        through = pool.map(_pipeline, pipelines)
        seeds = [range(seed, min(seed + _BATCH, first + runs)) for seed in range(first, first + runs, _BATCH)]
        total = sum(pool.map(_weather, seeds), faults.Tally())
        _say(f"Faults, seeds {first} to {first + runs - 1}: nothing lost, nothing doubled, no downgrade")
        writers = total.runs * len(faults.WISHES)
        _say(f"  {total.runs} runs, {writers} writers, {total.attempts} tries, {total.commits} commits")
        _say(f"  {sum(total.faults.values())} faults in {total.requests} requests; {total.again} runs were begun again")
        for name, count in sorted(total.faults.items()):
            _say(f"  {count:6} {name}")
        _say("Kills: the old state or the new one, fsck finds no fault, the next run completes, nothing is left")
        for name, count, late in pool.map(_killed, *zip(*KILLS, strict=True)):
            _say(f"  {name}: {count} checkpoints{f', {late} of them without effect' if late else ''}")
        _say("Pipelines, 40 apps in 5 environments for 30 days: after every run there is what was due")
        for seed, tally in zip(pipelines, through, strict=True):
            _say(f"  seed {seed}: {tally}")
    _say(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
