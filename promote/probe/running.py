"""The commands of a run while they run: none outlives it, ^C or not."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from promote.errors import Refused
from promote.process import Finished, run

# Longer than a child may take to clean up once it is told to end.
_SECONDS = 5.0


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
    ) -> Finished:
        """What became of a command; Refused where it could not be started."""
        with self._counted():
            return run(
                argv,
                cwd=cwd,
                env=env,
                stdin=stdin,
                deadline_seconds=seconds,
                cap_bytes=cap_bytes,
                fault=Refused,
                stop=self._stop,
            )

    def end(self) -> None:
        """End all that runs; when this returns it is gone, and what it wrote to can be removed."""
        self._stop.set()
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _SECONDS)
