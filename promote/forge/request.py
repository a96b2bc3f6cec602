"""Pull requests as every forge has them, and what one of them is asked to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from promote.errors import ForgeError
from promote.forge.address import Project
from promote.question import CommitStatus, Review

State = Literal["open", "merged", "closed"]
Method = Literal["merge", "squash", "rebase"]
# What not every forge can do; what is wanted and cannot be is told once, and is no error.
Ability = Literal["labels", "reviewers", "teams", "assignees", "draft", "milestone", "auto-merge", "statuses"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request as the forge last told it.

    `head` and `base` are branches of one repository, `head_oid` is the commit that the forge knows as its head, and
    `merged_as` the commit on the base that brought it in, where the forge tells. `conflicts` is None where the forge
    has not looked yet. Labels, reviewers, teams and assignees are by name.
    """

    number: int
    url: str
    state: State
    head: str
    base: str
    head_oid: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    auto_merge: bool = False
    conflicts: bool | None = None
    merged_as: str | None = None
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request is to be like. Teams stand apart from users; what is empty is left as people set it."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A pull request after it was brought up to date; `lacks` says what of the wish the forge cannot do, and why."""

    request: PullRequest
    lacks: Mapping[Ability, str]


class Forge(Protocol):
    """One project of one forge. Each call raises a ForgeError where the forge did not do what was asked.

    May be used from many threads. Names of people, teams, labels and milestones are those that the forge's pages show.
    """

    @property
    def project(self) -> Project: ...

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        """The open pull request from `head` into `base`, else the one that was closed or merged last. One request.

        More only where the first page of a list has none of the project's own. With `only_open` also one is found that
        was opened again after very many others.
        """
        ...

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        """A new pull request; where the answer was lost, or there is one already, that one is found and updated."""
        ...

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """The request as `proposal` says; only what differs is sent, and nothing where nothing does.

        Labels and people that others added stay.
        """
        ...

    def arm(self, request: PullRequest, method: Method, trailers: str, *, anew: bool) -> str | None:
        """Let the forge merge it by itself once it may; why it cannot be, or None where it is.

        The message of the commit that it makes ends in `trailers`, unless it rebases. With `anew` it may be armed with
        those of a commit that its branch had before, and is armed again.
        """
        ...

    def disarm(self, request: PullRequest) -> None:
        """Never merge it by itself; nothing where that was not armed."""
        ...

    def comment(self, request: PullRequest, text: str) -> None: ...

    def close(self, request: PullRequest) -> None:
        """Closed without a merge; its branch is left."""
        ...

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """The newest of each context, statuses and checks alike; those of all pages."""
        ...

    def set_status(self, commit: str, status: CommitStatus) -> None: ...

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        """The last word of each person who reviewed it."""
        ...

    def members(self, team: str) -> frozenset[str]:
        """Who is in a team, by the names that `reviews` has; ForgeRefused where the forge's API does not tell."""
        ...

    def rights(self) -> str:
        """Who the token is and what it may do there, for `check`; ForgeDenied where that is too little."""
        ...


def latest(pages: Iterable[Iterable[PullRequest]]) -> PullRequest | None:
    """Of those on the first page that has any the open one, else the first; None where no page has one.

    The pages list the newest first: an open one is the newest, unless it was opened again. What is not the project's
    own is left out of them, so that forks' branches of the same name, however many, push nothing out of sight.
    """
    for page in pages:
        if found := list(page):
            return next((each for each in found if each.state == "open"), found[0])
    return None


def taken(forge: Forge, head: str, base: str, fault: ForgeError) -> PullRequest:
    """The open pull request in the way of a new one that was refused, or the new one itself, whose answer was lost.

    Where there is none, `fault`, which `create` met, is raised after all.
    """
    found = forge.find(head, base, only_open=True)
    if found is None or found.state != "open":
        raise fault
    return found
