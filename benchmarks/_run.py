"""Whole processes, timed: one of ours or of others, with what it printed and how much memory it took."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Ran:
    """One process: its seconds, its peak of resident memory in MB, and its output."""

    seconds: float
    megabytes: float
    out: bytes


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory, where there is one: a disk's moods are not measured."""
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


def environment(home: Path) -> dict[str, str]:
    """A user with nothing but `home`: no credentials, no proxy, a cache of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **nothing, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(ROOT)}


def git(folder: Path, *argv: str | Path) -> None:
    """A command of git in a folder, by somebody with a name."""
    user = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
    subprocess.run(["git", *user, *argv], cwd=folder, check=True, capture_output=True, env=environment(folder))


def run(*argv: str | Path, env: dict[str, str], code: int = 0) -> Ran:
    """`argv` to its end; SystemExit where that is not `code`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdout=out, stderr=err, env=env)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != code:
            raise SystemExit(f"{argv} ended with {child.returncode}: {err.read()[-2000:].decode(errors='replace')}")
        return Ran(seconds, used.ru_maxrss / 1024, out.read())


def promote(*argv: str | Path, env: dict[str, str]) -> Ran:
    """`promote` with these arguments."""
    return run(sys.executable, "-m", "promote", *argv, env=env)


def medians(runs: dict[str, Callable[[], Ran]], rounds: int) -> dict[str, Ran]:
    """The median of each by its seconds, with the highest memory; in turns, the first round for the caches alone."""
    taken = [{name: one() for name, one in runs.items()} for _ in range(rounds + 1)][1:]
    found: dict[str, Ran] = {}
    for name in runs:
        several = [each[name] for each in taken]
        middle = statistics.median(one.seconds for one in several)
        found[name] = Ran(middle, max(one.megabytes for one in several), several[-1].out)
    return found
