"""What the API of Bitbucket Cloud says of a pull request, its people and a build status, and how its words are ours."""

from __future__ import annotations

import hashlib

import msgspec

from promote.forge.request import PullRequest, State
from promote.question import CommitStatus, Review, StatusState

TITLE, BODY, KEY = 255, 32_768, 40  # characters

_STATES: dict[str, State] = {"OPEN": "open", "MERGED": "merged", "DECLINED": "closed", "SUPERSEDED": "closed"}
_OUTCOMES: dict[str, StatusState] = {
    "SUCCESSFUL": "success",
    "FAILED": "failure",
    "STOPPED": "error",
    "INPROGRESS": "pending",
}
SENT: dict[StatusState, str] = {
    "pending": "INPROGRESS",
    "success": "SUCCESSFUL",
    "failure": "FAILED",
    "error": "STOPPED",
}


class User(msgspec.Struct, frozen=True):
    """An account; there are no user names any more, and nicknames are not unique."""

    uuid: str | None = None
    account_id: str | None = None
    nickname: str | None = None
    display_name: str | None = None

    @property
    def name(self) -> str:
        return self.nickname or self.display_name or self.account_id or self.uuid or ""

    def goes_by(self, name: str) -> bool:
        known = (self.uuid, self.account_id, self.nickname, self.display_name)
        return name.casefold() in {each.casefold() for each in known if each}


class Member(msgspec.Struct, frozen=True):
    user: User


class Members(msgspec.Struct, frozen=True):
    values: tuple[Member, ...]


class Branch(msgspec.Struct, frozen=True):
    name: str


class Commit(msgspec.Struct, frozen=True):
    hash: str


class Repository(msgspec.Struct, frozen=True):
    full_name: str


class End(msgspec.Struct, frozen=True):
    """One end of a pull request; the repository is null once a fork was deleted, the commit once it is lost."""

    branch: Branch
    repository: Repository | None = None
    commit: Commit | None = None


class Link(msgspec.Struct, frozen=True):
    href: str


class Links(msgspec.Struct, frozen=True):
    html: Link


class Participant(msgspec.Struct, frozen=True):
    user: User | None = None
    approved: bool = False
    state: str | None = None


class Pull(msgspec.Struct, frozen=True):
    """Hashes are short here, of 12 characters."""

    id: int
    state: str
    title: str
    source: End
    destination: End
    links: Links
    description: str | None = None
    draft: bool | None = None
    author: User | None = None
    reviewers: tuple[User, ...] | None = None
    participants: tuple[Participant, ...] | None = None
    merge_commit: Commit | None = None

    @property
    def is_ours(self) -> bool:
        """Whether its branch is the project's own: a fork's may have the same name."""
        ends = self.source.repository, self.destination.repository
        return ends[0] is not None and ends[0] == ends[1]


class Pulls(msgspec.Struct, frozen=True):
    values: tuple[Pull, ...]


class Status(msgspec.Struct, frozen=True):
    key: str
    state: str
    name: str | None = None
    description: str | None = None
    url: str | None = None


class Statuses(msgspec.Struct, frozen=True):
    values: tuple[Status, ...]


class Page(msgspec.Struct, frozen=True):
    """What every list has, "Pagination": the link is in the body."""

    next: str | None = None


def key_of(context: str, limit: int) -> str:
    """The key of a status: its name where that is short enough, else a digest of it."""
    return context if len(context) <= limit else hashlib.sha256(context.encode()).hexdigest()[:limit]


def told(pull: Pull) -> PullRequest:
    """As a pull request, its hashes as short as they came."""
    state = _STATES.get(pull.state, "closed")
    return PullRequest(
        number=pull.id,
        url=pull.links.html.href,
        state=state,
        head=pull.source.branch.name,
        base=pull.destination.branch.name,
        head_oid="" if pull.source.commit is None else pull.source.commit.hash,
        title=pull.title,
        body=pull.description or "",
        draft=bool(pull.draft),
        reviewers=tuple(each.name for each in pull.reviewers or ()),
        merged_as=pull.merge_commit.hash if state == "merged" and pull.merge_commit is not None else None,
    )


def status(each: Status, limit: int = KEY) -> CommitStatus:
    """A key is what stays the same from run to run; names mostly hold a run's number."""
    ours = each.name is not None and each.key == key_of(each.name, limit)
    context = each.name if ours and each.name else each.key
    return CommitStatus(context, _OUTCOMES.get(each.state, "pending"), each.description or "", each.url or "")


def reviews(pull: Pull) -> list[Review]:
    """What its participants last said, by UUID; which commit they looked at is not told.

    A nickname is for each to choose, and anybody may choose an approver's.
    """
    return [
        Review(each.user.uuid, approves=each.approved)
        for each in pull.participants or ()
        if each.user is not None and each.user.uuid and (each.approved or each.state == "changes_requested")
    ]
