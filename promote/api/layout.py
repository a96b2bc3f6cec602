"""One OCI image layout on disk as the whole registry (`promote tags oci:DIR`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from promote.clock import Clock
from promote.gather import Gather
from promote.image import Repository
from promote.policy import Policy
from promote.policy.selection import Selection
from promote.question import Absent, Admitted, Known, Quota, What, drive
from promote.registry.layout import Layout


@dataclass(frozen=True, slots=True)
class _One:
    """A registry that has one repository, whatever it is asked for."""

    layout: Layout

    def tags(self, repository: Repository) -> tuple[str, ...]:  # noqa: ARG002 - there is one
        return self.layout.tags()

    def facts(
        self, repository: Repository, reference: str, what: frozenset[What], *, immutable: bool = False  # noqa: ARG002
    ) -> Known | Absent:
        return self.layout.facts(reference, what)

    def limits(self, repository: Repository) -> Quota | None:  # noqa: ARG002
        return None

    def admitted(self, repository: Repository) -> Admitted | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class LayoutSession:
    """What can be asked of a layout without a GitOps repository."""

    folder: Path
    clock: Clock

    def select(self, policy: Policy) -> tuple[str, Selection]:
        """The layout's name, and which of its tags the policy takes."""
        name = f"oci:{self.folder}"
        repository = Repository("oci:", str(self.folder).lstrip("/"), name)
        gather = Gather(_One(Layout(self.folder)), jobs=1, clock=self.clock)
        return name, drive(policy.choose((repository,), None), gather)


def layout_session(folder: Path, clock: Clock) -> LayoutSession:
    """A session on the layout in `folder`; RegistryError at the first question where there is none."""
    return LayoutSession(folder, clock)
