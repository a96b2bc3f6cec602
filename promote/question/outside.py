"""What forges and running clusters are asked of a version, and what they answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from promote.image import Repository, Version
from promote.place import Place

StatusState = Literal["pending", "success", "failure", "error"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a check outside of Git and registries says of one app that runs `version`; answered with `Probed`.

    `settings` are those of the check, with its placeholders filled in. `environment` is the one that it is asked for;
    `source`, `old` and `images` tell the check what is to change.
    """

    settings: Hashable
    environment: str
    app: str
    version: Version
    images: tuple[tuple[Repository, Version], ...] = ()
    source: str | None = None
    old: Version | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """What the check came to: `waiting` is what may pass by itself in a while. `why` is a phrase without a secret."""

    state: Literal["passed", "waiting", "failed"]
    why: str


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses and checks of a commit, at the forge of `environment`; answered with `Said`."""

    place: Place
    environment: str
    commit: str


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One status or check of a commit; `context` is its name."""

    context: str
    state: StatusState
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The newest status of each context, in the order of their names."""

    statuses: tuple[CommitStatus, ...]


@dataclass(frozen=True, slots=True)
class Reviews:
    """Who has reviewed the open pull request from `head`, and who is in these teams; answered with `Reviewed`."""

    base: Place
    head: str
    environment: str
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What one person last said of a pull request; `commit` is the head that was looked at, where the forge tells."""

    by: str
    approves: bool
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The last word of each reviewer, and the members of the teams; `head` is None where no pull request is open."""

    head: str | None
    reviews: tuple[Review, ...] = ()
    members: tuple[tuple[str, frozenset[str]], ...] = ()
