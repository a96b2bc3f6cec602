"""How the probes of a session are opened: with the files of the default branch, and a transport of their own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from promote.api.trees import FolderTrees
from promote.clock import Clock

if TYPE_CHECKING:
    from promote.api.where import Opened
    from promote.probe import Probes

_HTTP = logging.getLogger("promote.http")


def open_probes(
    opened: Opened, environ: Mapping[str, str], clock: Clock, jobs: int, stack: ExitStack, *, allow_run: bool
) -> Probes:
    """Probes that are open until `stack` ends; of working files, commands run in their folder."""
    from promote.gitrepo.store.scratch import scratch
    from promote.probe import Probes
    from promote.probe.files import Files
    from promote.transport import Transport

    trees = opened.trees
    folder = trees.root if isinstance(trees, FolderTrees) else None
    transport = stack.enter_context(Transport(clock, jobs=jobs, log=_HTTP.info))
    files = Files(opened.trusted, lambda: scratch(environ), folder)
    probes = Probes(files, transport, environ=environ, root=opened.root, clock=clock, allow_run=allow_run)
    return stack.enter_context(probes)
