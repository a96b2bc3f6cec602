"""What comes of a run: changes, skips, refusals, failures, and what was delivered. Silence is never an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promote.image import Version
from promote.place import Place
from promote.question import Carried, HoldChange
from promote.sites.site import Site
from promote.text.edit import FileChange
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """One site that gets another version; `old` is None where nothing stood there (a key was inserted)."""

    environment: str
    app: str
    site: Site
    old: Version | None
    new: Version
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    environment: str
    app: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What could be done and must not be; `version` is the one that stays out, where it is told of one."""

    environment: str
    app: str
    code: str
    reason: str
    gate: str | None = None
    until: str | None = None
    version: Version | None = None

    @property
    def is_patient(self) -> bool:
        """Whether it is over by itself, or by whoever has put it there: nothing is wrong (SEMANTICS 9.1)."""
        return self.code in ("waiting", "held")


@dataclass(frozen=True, slots=True)
class Failure:
    environment: str
    app: str
    code: str
    exit_code: int
    reason: str
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Onto:
    """Of a commit that is proposed: the place and the tip that it stands on, and what its branch must still be at.

    `expected` is None where there is no such branch yet. `standing` are (environment, app) that it carried before.
    """

    base: Place
    tip: str
    expected: str | None
    standing: frozenset[tuple[str, str]] = frozenset()


def _apps(carried: tuple[Carried, ...], holds: tuple[HoldChange, ...]) -> tuple[tuple[str, str], ...]:
    every: tuple[Carried | HoldChange, ...] = (*carried, *holds)
    return tuple((item.environment, item.app) for item in every)


@dataclass(frozen=True, slots=True)
class Step:
    """One commit to be: where, what it carries, and the files as they are after the steps before it and after it.

    `holds` are what it holds back or releases. With `onto` it is the only one of its branch, and takes the place of
    what stands there (SEMANTICS 7.1).
    """

    place: Place
    carried: tuple[Carried, ...]
    files: tuple[FileChange, ...]
    onto: Onto | None = None
    holds: tuple[HoldChange, ...] = ()

    @property
    def base(self) -> Place:
        """The place whose files it changes: its own, or the one that it is proposed to."""
        return self.place if self.onto is None else self.onto.base

    @property
    def news(self) -> tuple[Carried, ...]:
        """What this run brings in of all that it carries."""
        standing = frozenset[tuple[str, str]]() if self.onto is None else self.onto.standing
        return tuple(item for item in self.carried if (item.environment, item.app) not in standing)

    @property
    def apps(self) -> tuple[tuple[str, str], ...]:
        """(environment, app) of all that it carries, holds back or releases."""
        return _apps(self.carried, self.holds)


@dataclass(frozen=True, slots=True)
class WordedStep:
    """A step with the message that its commit is to have."""

    step: Step
    message: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the pull request from `head` into `base` is to be like, once its branch holds what it carries.

    Where neither `carried` nor `holds` is left of it, it is closed, and its branch, which is at `expected`, goes.
    `is_new` says that the branch did not hold it before. `verdicts` are (environment, app, what a gate says); where one
    has not passed it must not be merged. `left` is what would be in it too, and why it is not.
    """

    base: Place
    head: str
    environment: str
    carried: tuple[Carried, ...]
    expected: str | None = None
    is_new: bool = True
    verdicts: tuple[tuple[str, str, Verdict], ...] = ()
    holds: tuple[HoldChange, ...] = ()
    left: tuple[Skip | Refusal | Failure, ...] = ()

    @property
    def apps(self) -> tuple[tuple[str, str], ...]:
        """(environment, app) of all that it carries, holds back or releases."""
        return _apps(self.carried, self.holds)

    @property
    def place(self) -> Place:
        """Its branch."""
        return Place(self.base.repo, self.head)


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions of one planning, made before anything is written; `steps` are in the order of their commits.

    `holds` are what is held back and released besides.
    """

    changes: tuple[Change, ...] = ()
    skips: tuple[Skip, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    holds: tuple[HoldChange, ...] = ()

    @property
    def does_something(self) -> bool:
        """Whether it changes, holds back or releases anything."""
        return bool(self.changes or self.holds)


@dataclass(frozen=True, slots=True)
class Landed:
    """The remote's branch holds `commit`, and `below` it those that were sent with it, the oldest first."""

    commit: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beaten:
    """Somebody else moved the branch first; nothing of ours is there."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Sent, and the answer was lost: whether `commit` is there is settled by ancestry alone, never by the files.

    It is "" where the remote makes it and has not told its name: then its parent and its message tell. `below` it are
    those that were sent with it. `refused` is the sentence for the user where the server said no in words of its own,
    and said nothing of the ref: if the commit is not there, it is final.
    """

    commit: str
    why: str
    refused: str = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    place: Place
    oid: str
    pushed: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was done with one pull request; `warnings` say what of the wish its forge cannot do.

    `head` is the branch that it comes from.
    """

    repo: str
    number: int
    url: str
    action: Literal["created", "updated", "unchanged", "closed"]
    warnings: tuple[str, ...] = ()
    head: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run did: the plans as they were carried out, the commits that hold them, and the pull requests."""

    plan: Plan
    commits: tuple[Commit, ...] = ()
    attempts: int = 1
    pulled: tuple[Pulled, ...] = ()
