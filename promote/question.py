"""Questions and answers: how a pure decision gets its facts.

A decision is a generator: it yields the set of questions that it has now and is sent their answers. `drive` runs one to
its end, `abreast` runs many as one, so that a round of questions of two hundred apps goes out as one batch.
A fact that could not be had is a value, `Unknown`; expected faults never travel as exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from promote.image import Repository, Version
from promote.place import Place

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

What = Literal["digest", "created", "platforms", "labels"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be had: why, and the exit code of what was missing (SEMANTICS 9.1)."""

    why: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Tags:
    """All tags of a repository; answered with a sorted tuple of them."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class Facts:
    """What a registry knows of one tag or digest.

    Answered with `Known`, with `Absent` where there is no such, or with `Unreadable` where it is no image. Of a tag
    that is `immutable`, what was once learned is as good as a new answer.
    """

    repository: Repository
    reference: str
    what: frozenset[What] = frozenset({"digest"})
    immutable: bool = False

    @property
    def image(self) -> str:
        """The image that is asked about, as a reference."""
        return f"{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


@dataclass(frozen=True, slots=True)
class Now:
    """The time at which the run judges ages; answered with one datetime in UTC, the same all through the run."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the registry of `repository` still lets us pull; answered with `Quota`, or None where it sets none."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class Quota:
    """`remaining` of `limit` pulls are left in each span of `seconds`, which is 0 where no span is named."""

    limit: int
    remaining: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Known:
    """Facts of one reference: only those that were asked for are filled in.

    `created` is None where the image names no date, and `undated` then says why where there is more to say. A date of
    1970 is reported as it stands, for policies to distrust.
    """

    digest: str
    created: datetime | None = None
    platforms: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    undated: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """The registry says clearly that there is no such tag, digest or repository; `why` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What the reference names is there, proven by its digest, and is no image that can be read; it never will be."""

    why: str


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
class Proposed:
    """A promotion branch: its commit, what its trailers carry, and whether that is one commit of promote's own."""

    oid: str
    carried: tuple[Carried, ...]
    is_ours: bool


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


Question = Tags | Facts | Now | Limits | Ran | Stands
Answer = tuple[str, ...] | Known | Absent | Unreadable | Unknown | datetime | Quota | Past | Standing | None
Answers = Mapping[Question, Answer]
Asking = Generator[frozenset[Question], Answers, T]


def drive(asking: Asking[T], gather: Callable[[frozenset[Question]], Answers]) -> T:
    """The result of `asking`, after asking `gather` for exactly what was needed, a round at a time."""
    try:
        needs = next(asking)
        while True:
            needs = asking.send(gather(needs))
    except StopIteration as stop:
        result: T = stop.value
        return result


def abreast(steps: Mapping[K, Asking[T]]) -> Asking[dict[K, T]]:
    """Many askers as one: the union of their needs goes out as one batch a round."""
    done: dict[K, T] = {}
    needs: dict[K, frozenset[Question]] = {}
    answers: Answers | None = None
    live = dict(steps)
    while True:
        for key, step in list(live.items()):
            try:
                needs[key] = next(step) if answers is None else step.send({q: answers[q] for q in needs[key]})
            except StopIteration as stop:
                done[key] = stop.value
                del live[key]
        if not live:
            return {key: done[key] for key in steps}
        answers = yield frozenset[Question]().union(*(needs[key] for key in live))
