"""Which promote.yaml a command goes by, and what it says (SEMANTICS 10.1)."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promote.config import FILE, MAX_SIZE
from promote.errors import UsageError
from promote.tree import Globs, Tree, Unread

if TYPE_CHECKING:  # of use where there is one
    from promote.config.model import Config


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration, and the name of its file for people.

    `passed_over` is the file of the clone, where that one is not read and says something else.
    """

    config: Config
    name: str
    passed_over: Path | None = None


def _bytes(path: Path) -> bytes:
    try:
        # Without blocking: a FIFO is no configuration, and what has no end is not read to it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError("is not a plain file", where=str(path), cure="correct --config")
            return file.read(MAX_SIZE + 1)
    except OSError as exc:
        raise UsageError(f"cannot be read: {exc.strerror}", where=str(path), cure="correct --config") from exc


def _load(file: str | bytes, data: bytes, environ: Mapping[str, str]) -> Config:
    from promote.config.load import load

    return load(file, data, environ=environ)


def _lines(data: bytes) -> bytes:
    """What git would commit of it, whatever ends its lines in a working file."""
    return data.replace(b"\r\n", b"\n")


def named(path: Path | None, environ: Mapping[str, str]) -> Read | None:
    """What --config names, None where it is not given; UsageError or ConfigError where it cannot be read."""
    if path is None:
        return None
    config = _load(os.fsencode(path), _bytes(path), environ)
    return Read(config, config.file)


def found(tree: Tree, branch: str, root: Path | None, environ: Mapping[str, str]) -> Read | None:
    """That of `tree`, else of the working files in `root`; None where there is neither.

    `tree` is the default branch's, or the working files where `branch` is "": a branch that anybody may push to could
    otherwise send secrets anywhere, and lift any rule. UsageError or ConfigError where it cannot be read.
    """
    own = None if root is None else root / FILE
    for _, data in tree.read(tree.list(Globs((FILE,)))):
        if isinstance(data, Unread):
            raise UsageError(f"{FILE} cannot be read: {data.why}", cure="make it a plain file")
        if not branch:
            return Read(_load(FILE, data, environ), FILE)
        differs = own is not None and own.is_file() and os.access(own, os.R_OK) and _lines(_bytes(own)) != _lines(data)
        return Read(_load(FILE, data, environ), f"{FILE} of {branch}", own if differs else None)
    if own is not None and own.is_file():
        return Read(_load(FILE, _bytes(own), environ), f"{FILE} of the working files" if branch else FILE)
    return None
