"""A plan into working files (`--write-only`): all of them, or none."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from promote.errors import Refused
from promote.outcome import Plan
from promote.text.edit import FileChange
from promote.tree import show


def write_files(root: Path, plan: Plan) -> None:
    """Write a plan into working files, each replaced at once and with its mode (`--write-only`).

    Raises Refused, with nothing written, where a file is not what was planned on or cannot be written.
    """
    first: dict[bytes, FileChange] = {}
    last: dict[bytes, FileChange] = {}
    for change in (change for step in plan.steps for change in step.files):
        first.setdefault(change.path, change)
        last[change.path] = change
    with ExitStack() as staged:
        ready: list[tuple[Path, Path]] = []
        for name, change in first.items():
            path = root / os.fsdecode(name)
            try:
                after = last[name].after or b""
                if change.before is None:
                    ready.append((_new(path, after, staged), path))
                else:
                    ready.append((_staged(path, change.before, after, staged), path))
            except OSError as exc:
                raise Refused(f"cannot be written ({exc.strerror})", where=show(name), cure="run again") from exc
        _move(ready, {root / os.fsdecode(name): change.before for name, change in first.items()})


def _move(ready: Sequence[tuple[Path, Path]], before: Mapping[Path, bytes | None]) -> None:
    """Put every file in its place; where one cannot be moved, those before it are put back as they were."""
    with ExitStack() as undo:
        for made, path in ready:
            try:
                made.replace(path)
            except OSError as exc:
                cure = "see that it may be replaced, and run again"
                raise Refused(f"cannot be written ({exc.strerror})", where=show(os.fsencode(path)), cure=cure) from exc
            undo.callback(_restore, path, before[path])
        undo.pop_all()


def _restore(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink()
    else:
        path.write_bytes(before)


def _beside(path: Path, after: bytes, mode: int, staged: ExitStack) -> Path:
    """A file beside `path`, removed by `staged` unless it is moved."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        made = Path(file.name)
        staged.callback(made.unlink, missing_ok=True)
        file.write(after)
        file.flush()
        os.fsync(file.fileno())
    made.chmod(mode)
    return made


def _staged(path: Path, before: bytes, after: bytes, staged: ExitStack) -> Path:
    """A file beside `path` with its new bytes and its mode."""
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode) or path.read_bytes() != before:
        raise Refused("the file has changed since it was read", where=show(os.fsencode(path)), cure="run again")
    return _beside(path, after, stat.S_IMODE(mode), staged)


def _new(path: Path, after: bytes, staged: ExitStack) -> Path:
    """A file that is not there yet, with the folders on the way; those that stay empty go again."""
    if os.path.lexists(path):
        raise Refused("there is a file by now", where=show(os.fsencode(path)), cure="run again")
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        staged.callback(_drop, folder)
    return _beside(path, after, 0o644, staged)


def _drop(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
