"""The tour: the main job run for real in a sandbox, each command shown with what it prints."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import which

from promote.demo.sandbox import Sandbox
from promote.errors import PromoteError
from promote.process import run

_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What runs where, and what is newer:", ("status",)),
    ("CI has published new images. Bring dev to the newest that the policies allow:", ("update",)),
    ("dev has moved; test and prod wait:", ("status",)),
    ("Carry what dev runs to test:", ("to", "test")),
    ("What would go to prod, as a diff; nothing is written:", ("to", "prod", "--dry-run")),
)
_NEXT: tuple[tuple[str, ...], ...] = (
    ("to", "prod"),
    ("tags", "web"),
    ("set", "dev", "web=1.4.1", "--allow-downgrade", "--dry-run"),
    ("check",),
)
_AFTER = (
    "git pull && git log --stat        # what was pushed, with its trailers",
    "promote find                      # every place, in the working files as they are now",
)
_PASSED_OVER = ("PROMOTE_", "GIT_")


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's, without what would lead the commands out of the sandbox."""
    kept = {key: value for key, value in environ.items() if not key.startswith(_PASSED_OVER)}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "COLUMNS": "120"}


def walk(made: Sandbox, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Runs the steps in the sandbox's clone; PromoteError where one of them fails."""
    say(f"A sandbox: the repository {made.remote}, its clone {made.clone}, images in {made.images}")
    for told, words in _STEPS:
        say(f"\n# {told}\n$ promote {shlex.join(words)}")
        done = run(
            [sys.executable, "-m", "promote", *words],
            cwd=made.clone,
            env=_environment(environ),
            deadline_seconds=60.0,
            cap_bytes=1 << 20,
            fault=PromoteError,
        )
        say((done.stdout + done.stderr).decode("utf-8", "replace").rstrip("\n"))
        if done.code != 0:
            raise PromoteError(f"promote {shlex.join(words)} ended with {done.code} in the demo's sandbox")
    say(f"\n# It is yours now. Try, in {_shown(made.clone)}:")
    for line in (*_named(environ), *(f"promote {shlex.join(words)}" for words in _NEXT), *_AFTER):
        say(f"    {line}")


def _named(environ: Mapping[str, str]) -> Iterator[str]:
    """What lets a shell find `promote`, where it does not already: in a checkout nothing has put it on PATH."""
    if which("promote", path=environ.get("PATH", "")) is not None:
        return
    program = Path(sys.executable).parent / "promote"
    if program.exists():
        yield f'export PATH={_shown(program.parent)}:"$PATH"'
    else:
        yield f"alias promote={shlex.quote(f'{_shown(Path(sys.executable))} -m promote')}"


def _shown(path: Path) -> str:
    return shlex.quote(str(path))
