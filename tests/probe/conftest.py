from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from promote.clock import SystemClock
from promote.image import Repository, Version
from promote.probe import Probes
from promote.probe.files import Files
from promote.question import Probe, Probed
from promote.transport import Transport
from promote.tree.folder import FolderTree
from tests.servers.proxy import FaultyProxy, faulty_proxy

DIGEST = "sha256:" + "a" * 64
WEB = Repository("ghcr.io", "acme/web")
QUESTION = Probe(
    "", "prod", "web", Version("1.5.0", DIGEST), ((WEB, Version("1.5.0", DIGEST)),), "test", Version("1.4.0")
)


@pytest.fixture
def server() -> Iterator[FaultyProxy]:
    """A server that answers as `fail` was told, and logs what it was asked."""
    with faulty_proxy("127.0.0.1:1") as made:
        yield made


@dataclass
class Prober:
    """Asks one check at a time, with the files of `folder` at hand; what was logged is in `lines`."""

    folder: Path
    scratch: Path
    environ: dict[str, str]
    lines: list[str]
    stack: ExitStack
    in_place: bool = True

    def open(self, *, allow_run: bool = True, timeout: float = 20.0) -> Probes:
        @contextmanager
        def scratch() -> Iterator[Path]:
            self.scratch.mkdir(exist_ok=True)
            yield self.scratch

        transport = self.stack.enter_context(Transport(SystemClock(), jobs=4, timeout=timeout, log=self.lines.append))
        made: Callable[[], AbstractContextManager[Path]] = scratch
        files = Files(lambda: FolderTree(self.folder), made, self.folder if self.in_place else None)
        return self.stack.enter_context(
            Probes(files, transport, environ=self.environ, root=self.folder, clock=SystemClock(), allow_run=allow_run)
        )

    def __call__(self, check: Any, *, allow_run: bool = True, timeout: float = 20.0, **asked: Any) -> Probed:
        probes = self.open(allow_run=allow_run, timeout=timeout)
        return probes.probe(replace(QUESTION, settings=check, **asked))


@pytest.fixture
def prober(tmp_path: Path) -> Iterator[Prober]:
    folder = tmp_path / "files"
    folder.mkdir()
    environ: Mapping[str, str] = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "PROMOTE_T": "s3cret-of-the-server"}
    with ExitStack() as stack:
        yield Prober(folder, tmp_path / "scratch", dict(environ), [], stack)
