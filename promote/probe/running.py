"""The commands of a run while they run: none outlives it, ^C or not.

On Linux nothing that a check's command starts does, wherever it goes: a warden stands between. Elsewhere what leaves
for a session of its own is out of reach.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from promote.errors import Refused
from promote.process import Finished, run

# What a command is given to clean up once it is told to end, and its warden to end what is left then.
_GRACE = 2.0
_WARDENS_GRACE = 5.0
# Longer than any of them takes.
_SECONDS = 8.0


@cache
def _source() -> str:
    # promote may lie in an archive, where no file could be named to Python.
    return resources.files("promote.probe").joinpath("warden.py").read_text(encoding="utf-8")


def _guarded(argv: Sequence[str]) -> Sequence[str]:
    if sys.platform != "linux" or not sys.executable:
        return argv
    return (sys.executable, "-I", "-S", "-c", _source(), str(_GRACE), *argv)


class Running:
    """Starts commands, from any number of threads, until `end`."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._count = 0

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None,
        env: Mapping[str, str],
        seconds: float,
        cap_bytes: int,
        stdin: bytes | None = None,
        guarded: bool = False,
    ) -> Finished:
        """What became of a command; Refused where it could not be started. One that is `guarded` leaves nothing behind.

        That means wherever it has gone, on Linux; whether there is such a program is then for the caller to look.
        """
        with self._counted():
            return run(
                _guarded(argv) if guarded else argv,
                cwd=cwd,
                env=env,
                stdin=stdin,
                deadline_seconds=seconds,
                cap_bytes=cap_bytes,
                fault=Refused,
                stop=self._stop,
                grace=_WARDENS_GRACE if guarded else _GRACE,
            )

    def end(self) -> None:
        """End all that runs; when this returns it is gone, and what it wrote to can be removed."""
        self._stop.set()
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _SECONDS)
