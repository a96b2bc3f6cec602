"""What is asked of promotion branches and their pull requests, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promote.image import Version
from promote.place import Place

Versions = tuple[tuple[str, str, Version], ...]


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands on the branch `head` that is proposed to a place, and what came of its pull requests.

    Answered with `Standing`. The forge is only asked where the branch is there, or where there `is_news` for it.
    """

    base: Place
    head: str
    environment: str
    is_news: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """What one commit says of one app of one environment; `source` is the environment that it came from, if any.

    `digests` are (image, digest) where an app of several images carries them; the one of a single image is in `new`.
    `undone` is the version that a rollback takes away.
    """

    environment: str
    app: str
    old: Version | None
    new: Version
    source: str | None = None
    skipped_gates: tuple[tuple[str, str], ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    undone: Version | None = None


@dataclass(frozen=True, slots=True)
class HoldChange:
    """One hold that a commit adds to what an environment holds back, or takes out of it (SEMANTICS 8.3).

    `app` is `*` for every app, and `version` None for every version.
    """

    environment: str
    app: str
    version: Version | None
    action: Literal["held", "released"]
    reason: str = ""
    until: datetime | None = None
    by: str = ""
    at: datetime | None = None

    @property
    def what(self) -> str:
        """What is held back or released, in a sentence."""
        app = "every app" if self.app == "*" else self.app
        return app if self.version is None else f"{app} {self.version.short}"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A promotion branch: its commit, what its trailers carry, and whether that is one commit of promote's own.

    `holds_on` is the fingerprint of the file of holds that its own was made from, None where it changes none.
    """

    oid: str
    carried: tuple[Carried, ...]
    is_ours: bool
    holds: tuple[HoldChange, ...] = ()
    holds_on: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The open pull request of a branch, or the last one; `versions` are those of its footer: (environment, app, one).

    `is_done` says that promote closed it itself. `conflicts` is None where the forge does not tell.
    """

    number: int
    url: str
    state: Literal["open", "merged", "closed"]
    head_oid: str
    versions: Versions = ()
    is_done: bool = False
    conflicts: bool | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """None for each that is not there."""

    proposed: Proposed | None
    request: Request | None

    @property
    def live(self) -> Proposed | None:
        """What stands on the branch and is still wanted: not merged, and not closed by a person (SEMANTICS 7.3)."""
        if self.proposed is None or self.request is None or self.request.state == "open":
            return self.proposed
        # What was pushed after the merge, or after the request was closed, was never judged by anybody.
        return None if self.proposed.oid == self.request.head_oid else self.proposed

    @property
    def opened(self) -> Request | None:
        """The pull request, if it is open."""
        return self.request if self.request is not None and self.request.state == "open" else None

    def is_stale(self, holds_on: str) -> bool:
        """Whether the open pull request is in conflict with its base, as far as the forge tells.

        It is, too, where both have added to the file of holds, which is `holds_on` now: there not every forge tells.
        """
        if self.proposed is not None and self.proposed.holds_on not in (None, holds_on):
            return True
        return self.opened is not None and self.opened.conflicts is True
