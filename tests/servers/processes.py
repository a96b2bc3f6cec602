"""What others on this machine can see of running processes: arguments, variables, whether they have ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Seen:
    argv: tuple[str, ...]
    environ: bytes

    @property
    def name(self) -> str:
        """The program, and what it was first told that is no option."""
        told = (word for word in self.argv[1:] if not word.startswith("-"))
        return f"{Path(self.argv[0]).name} {next(told, '')}"


def running(mark: str) -> list[Seen]:
    """All processes in whose environment `mark` stands."""
    out = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            environ = (folder / "environ").read_bytes()
            if mark.encode() in environ:
                argv = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                out.append(Seen(tuple(word.decode("utf-8", "replace") for word in argv), environ))
    return out


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie whose parent is init has ended, and only waits to be counted."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def interrupted_at_start(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on ^C comes as soon as a child was started; the children's numbers."""
    started: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    return started


def wait_until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Returns when `condition()` is true; a fault where it does not become so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.01)
