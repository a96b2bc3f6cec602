"""What an intent has chosen for one app of one environment, before anything is known of its sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promote.estate.estate import Estate
from promote.estate.pinning import wants_digest
from promote.image import Version
from promote.plan.carry import Cargo
from promote.sites.site import Site


@dataclass(frozen=True, slots=True)
class Choice:
    """A version for one app of one environment, with the digests that it brings.

    `explicit` is a digest that was asked for by name: it is written, and must be the tag's. So must the digests of the
    images that the cargo calls unproven. What one of the environments in `heeds` holds back is not written either.
    With `on_unordered` "stop" it must be newer than what runs. `undone` is what a rollback takes away, empty where that
    is no one version; then no order is asked for.
    """

    app: str
    tag: str | None
    reason: str
    cargo: Cargo = field(default_factory=Cargo)
    explicit: bool = False
    source: str | None = None
    heeds: tuple[str, ...] = ()
    on_unordered: Literal["warn", "go", "stop"] = "go"
    undone: Version | None = None

    @property
    def version(self) -> Version:
        digests = self.cargo.digests
        return Version(self.tag, next(iter(digests.values())) if len(digests) == 1 else None)


def pinned(estate: Estate, choice: Choice, site: Site) -> bool:
    """Whether the site will carry a digest with this choice."""
    return wants_digest(site, estate.apps[choice.app].pin, explicit=choice.explicit)
