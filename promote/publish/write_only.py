"""A plan into working files (`--write-only`): all of them, or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from promote.errors import Refused
from promote.outcome import Plan
from promote.replacement import beside
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
            except FileNotFoundError as exc:
                cure = "check it out (git sparse-checkout add FOLDER), or leave --write-only out"
                raise Refused("is not checked out here", where=show(name), cure=cure) from exc
            except OSError as exc:
                cure = "see that there is room and that it may be written, and run again"
                raise Refused(f"cannot be written ({exc.strerror})", where=show(name), cure=cure) from exc
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


def _staged(path: Path, before: bytes, after: bytes, staged: ExitStack) -> Path:
    """A file beside `path` with its new bytes and its mode."""
    mode = path.lstat().st_mode
    changed = Refused("the file has changed since it was read", where=show(os.fsencode(path)), cure="run again")
    if not stat.S_ISREG(mode):
        raise changed
    made = beside(path, after, stat.S_IMODE(mode), staged)
    # Only now, when no other run can be about to replace it.
    if path.read_bytes() != before:
        raise changed
    return made


def _new(path: Path, after: bytes, staged: ExitStack) -> Path:
    """A file that is not there yet, with the folders on the way; those that stay empty go again."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        staged.callback(_drop, folder)
    made = beside(path, after, 0o644, staged)
    if os.path.lexists(path):
        raise Refused("there is a file by now", where=show(os.fsencode(path)), cure="run again")
    return made


def _drop(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
