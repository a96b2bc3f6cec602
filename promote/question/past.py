"""What Git is asked of the past, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promote.image import Repository, Version
from promote.place import Place


@dataclass(frozen=True, slots=True)
class Ran:
    """What an app ran in an environment up to the commit `tip` of its place; answered with `Past`.

    Without a tip it is the commit on which the working files stand. The newest `least` stretches, or all where they are
    fewer; no more than `commits` commits are looked at.
    """

    place: Place
    tip: str | None
    environment: str
    app: str
    least: int = 10
    commits: int | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """The commit on the branch (the first parents count) with which a stretch begins, and what it says of the app.

    `at` is its committer date (SEMANTICS 6.5). `by_hand` says that no trailers of promote speak of the app. `undone` is
    the version that a rollback took away.
    """

    commit: str
    at: datetime
    author: str
    subject: str
    by_hand: bool
    source: str | None = None
    skipped_gates: tuple[tuple[str, str], ...] = ()
    pull_request: str | None = None
    undone: Version | None = None


State = Literal["mixed", "absent", "unreadable"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time through which an app ran one version, with what each of its images ran; or was in a state without one.

    `brought` is None where the beginning was not seen: nothing says then since when it ran.
    """

    runs: Version | State
    images: tuple[tuple[Repository, Version], ...]
    brought: Brought | None


@dataclass(frozen=True, slots=True)
class Past:
    """The stretches of one app, the newest first, and whether they are all that there were.

    `ends` is a sentence that says why nothing before them could be seen; it is empty where no more was asked for.
    """

    stretches: tuple[Stretch, ...]
    is_whole: bool
    ends: str = ""

    def ended(self) -> Iterator[tuple[Stretch, datetime | None]]:
        """Each stretch with the time at which it ended: None for the one that lasts."""
        until: datetime | None = None
        for stretch in self.stretches:
            yield stretch, until
            until = None if stretch.brought is None else stretch.brought.at
