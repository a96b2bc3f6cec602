"""What comes of a run: changes, skips, refusals, failures, and what was delivered. Silence is never an outcome."""

from __future__ import annotations

from dataclasses import dataclass

from promote.image import Version
from promote.place import Place
from promote.sites.site import Site
from promote.text.edit import FileChange


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
    environment: str
    app: str
    code: str
    reason: str
    gate: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    environment: str
    app: str
    code: str
    exit_code: int
    reason: str


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
class Step:
    """One commit to be: where, what it carries, and the files as they are after the steps before it and after it."""

    place: Place
    carried: tuple[Carried, ...]
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions of one planning, made before anything is written; `steps` are in the order of their commits."""

    changes: tuple[Change, ...] = ()
    skips: tuple[Skip, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Landed:
    """The remote's branch holds `commit`."""

    commit: str


@dataclass(frozen=True, slots=True)
class Beaten:
    """Somebody else moved the branch first; nothing of ours is there."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Sent, and the answer was lost: whether `commit` is there is settled by ancestry alone, never by the files."""

    commit: str
    why: str


@dataclass(frozen=True, slots=True)
class Commit:
    place: Place
    oid: str
    pushed: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run did: the plans as they were carried out, and the commits that hold them."""

    plan: Plan
    commits: tuple[Commit, ...] = ()
    attempts: int = 1
