"""What a policy answers: the tag that it takes, and for every other tag why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from promote.image import Repository, Version
from promote.question import Unknown


@dataclass(frozen=True, slots=True)
class Considered:
    """One tag of the list; `accepted` where the policy admits it, `reason` is None for the winner alone.

    A tag that is no valid one stands escaped. `created` and `digest` are filled in by policies that ask for them.
    """

    tag: str
    accepted: bool
    reason: str | None
    created: datetime | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a tag cannot be ranked, or is no candidate."""

    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The winner, every tag once (the admitted ones first, best first), and the fact that was missing, if any.

    With a `failure` there is neither a winner nor a list: a choice from half the facts is none (SEMANTICS 5.2).
    `judged` are the digests of the winner's images, where they were looked at: a tag may move before it is written.
    `listed` is False where one tag is followed, and no list was asked for.
    """

    winner: Version | None
    considered: tuple[Considered, ...] = ()
    failure: Unknown | None = None
    judged: tuple[tuple[Repository, str], ...] = ()
    listed: bool = True

    def why_not(self, version: Version) -> str | None:
        """Why a version that runs is no candidate, as after a change of the policy; None where it is one."""
        if version.tag is None or not self.considered:
            return None
        said = next((each for each in self.considered if each.tag == version.tag), None)
        if said is None:
            return "the registry does not list it" if self.listed else f"it follows {self.considered[0].tag}"
        return None if said.accepted else said.reason

    def why_none(self, app: str) -> str:
        """That no tag of `app` is taken, and what keeps one of them out: the best one, where images were looked at."""
        count = len(self.considered)
        told = "no tag" if count < 2 else f"none of the {count} tags"
        first = next(iter(self.considered), None)
        why = "" if first is None else f"; {first.tag}, for one: {first.reason}"
        return f"{told} of {app} passes its policy{why}"
