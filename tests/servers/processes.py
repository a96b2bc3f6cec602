"""What others on this machine can see of running processes: their arguments, and for the same user their variables."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


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


def wait_until(condition: object, *, seconds: float = 20.0) -> None:
    """Returns when `condition()` is true; a fault where it does not become so."""
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.01)
