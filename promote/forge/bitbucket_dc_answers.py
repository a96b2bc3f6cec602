"""What the API of Bitbucket Data Center says of a pull request, its people and a build, and how its words are ours."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from promote.forge.bitbucket_answers import Status
from promote.forge.request import PullRequest, State
from promote.question import Review, StatusState

TITLE, BODY, KEY = 255, 32_768, 255  # characters

_STATES: dict[str, State] = {"OPEN": "open", "MERGED": "merged", "DECLINED": "closed"}
SENT: dict[StatusState, str] = {
    "pending": "INPROGRESS",
    "success": "SUCCESSFUL",
    "failure": "FAILED",
    # CANCELLED is known since 8.8 only.
    "error": "FAILED",
}
_HEADS = "refs/heads/"


class User(msgspec.Struct, frozen=True):
    name: str


class Member(User, frozen=True):
    active: bool = True


class Members(msgspec.Struct, frozen=True):
    values: tuple[Member, ...]


class Participant(msgspec.Struct, frozen=True, rename="camel"):
    user: User
    status: str = "UNAPPROVED"
    last_reviewed_commit: str | None = None


class Repository(msgspec.Struct, frozen=True):
    id: int
    name: str = ""


class Ref(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    repository: Repository
    latest_commit: str | None = None


class MergeCommit(msgspec.Struct, frozen=True):
    id: str


class Properties(msgspec.Struct, frozen=True, rename="camel"):
    merge_commit: MergeCommit | None = None


class Pull(msgspec.Struct, frozen=True, rename="camel"):
    """The `version` is asked back by all that changes it; drafts are known since 8.18."""

    id: int
    version: int
    state: str
    title: str
    from_ref: Ref
    to_ref: Ref
    description: str | None = None
    draft: bool | None = None
    author: Participant | None = None
    reviewers: tuple[Participant, ...] | None = None
    participants: tuple[Participant, ...] | None = None
    properties: Properties | None = None

    def is_into(self, base: str) -> bool:
        """Whether it stays in one repository, and goes into that branch: what goes out may also go upstream."""
        return self.to_ref.id == _HEADS + base and self.to_ref.repository.id == self.from_ref.repository.id


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """What every list has, "Paged APIs"."""

    is_last_page: bool
    next_page_start: int | None = None


class Pulls(msgspec.Struct, frozen=True):
    values: tuple[Pull, ...]


class Builds(msgspec.Struct, frozen=True):
    values: tuple[Status, ...]


class Repositories(msgspec.Struct, frozen=True):
    values: tuple[Repository, ...]


class AutoMergeSettings(msgspec.Struct, frozen=True):
    enabled: bool = False


class AutoMerge(msgspec.Struct, frozen=True, rename="camel"):
    from_hash: str | None = None


def ref(branch: str) -> str:
    return _HEADS + branch


def told(pull: Pull, page: str) -> PullRequest:
    """As a pull request; its own page is below the project's `page`, since links follow the server's base URL."""
    merged = pull.properties.merge_commit if pull.properties is not None else None
    return PullRequest(
        number=pull.id,
        url=f"{page}/pull-requests/{pull.id}",
        state=_STATES.get(pull.state, "closed"),
        head=pull.from_ref.id.removeprefix(_HEADS),
        base=pull.to_ref.id.removeprefix(_HEADS),
        head_oid=pull.from_ref.latest_commit or "",
        title=pull.title,
        body=pull.description or "",
        draft=bool(pull.draft),
        reviewers=tuple(each.user.name for each in pull.reviewers or ()),
        merged_as=None if merged is None else merged.id,
    )


def reviews(pull: Pull) -> Iterator[Review]:
    """The last word of reviewers, and of others who approved or asked for work."""
    for each in (*(pull.reviewers or ()), *(pull.participants or ())):
        if each.status in ("APPROVED", "NEEDS_WORK"):
            yield Review(each.user.name, each.status == "APPROVED", each.last_reviewed_commit or None)
