"""What a session asks with: registries, forges and probes, each opened when the first question to it goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.clock import Clock

# Who asks no registry, or no forge, need not import how that is done.
if TYPE_CHECKING:
    from promote.api.pulls import Pulls
    from promote.gather import Registry
    from promote.probe import Probes
    from promote.question import Answers, Question


@dataclass(frozen=True, slots=True)
class Means:
    """How everything outside is asked; what is opened stays open until `stack` ends.

    No more than `jobs` are asked at once. Without `cache` nothing is taken from earlier runs, or kept for later ones.
    With `allow_run` the commands of `run` checks are started (SEMANTICS 10.2). `tell` hears what is under way.
    """

    environ: Mapping[str, str]
    clock: Clock
    jobs: int
    cache: bool
    allow_run: bool
    stack: ExitStack
    tell: Callable[[str], None] = field(default=lambda _: None, kw_only=True)

    def registries(self, opened: Opened) -> Registry:
        from promote.api.registries import open_registries

        return open_registries(
            opened.config,
            opened.root,
            environ=self.environ,
            clock=self.clock,
            jobs=self.jobs,
            cache=self.cache,
            stack=self.stack,
        )

    def pulls(self, opened: Opened, ask: Callable[[frozenset[Question]], Answers]) -> Pulls | None:
        """Promotion branches and pull requests; None where there is no remote for them."""
        from promote.api.forges import Forges
        from promote.api.origins import origins_of
        from promote.api.pulls import Pulls

        trees = opened.trees
        if opened.config is None or isinstance(trees, FolderTrees):
            return None
        forges = Forges(
            opened.config,
            trees.remotes,
            trees.home.repo,
            self.environ,
            opened.root,
            clock=self.clock,
            jobs=self.jobs,
            stack=self.stack,
        )
        return Pulls(opened.config, trees.remotes, forges, ask, origins_of(opened.config, trees.home.repo))

    def probes(self, opened: Opened) -> Probes:
        from promote.api.probing import open_probes

        return open_probes(
            opened, self.environ, self.clock, self.jobs, self.stack, allow_run=self.allow_run
        )
