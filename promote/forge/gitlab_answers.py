"""What GitLab's API says of a merge request and of a status, and how its words are ours."""

from __future__ import annotations

import re

import msgspec

from promote.forge.request import PullRequest, State
from promote.question import CommitStatus, StatusState

TITLE = 255  # characters of a title, and of a status's description

# GitLab's own signs of a draft; "WIP:" was one until 14.8.
_DRAFT = re.compile(r"\A(?:\s*(?:\[draft\]|\(draft\)|draft:|\[wip\]|wip:))+\s*", re.IGNORECASE)
_QUICK = re.compile(r"^/(?=[a-z])", re.MULTILINE)
_FROM = re.compile(r"Cannot transition status via :\w+ from :(\w+)")

_STATES: dict[str, State] = {"opened": "open", "locked": "open", "closed": "closed", "merged": "merged"}
# What is neither here nor done is pending: a job may be created, scheduled, waiting for a runner or for a person.
_OUTCOMES: dict[str, StatusState] = {
    "success": "success",
    "failed": "failure",
    "canceled": "error",
    "canceling": "error",
    "skipped": "error",
}
SENT: dict[StatusState, str] = {"pending": "pending", "success": "success", "failure": "failed", "error": "failed"}


class User(msgspec.Struct, frozen=True):
    id: int
    username: str


class Member(User, frozen=True):
    """Of a group; one who is blocked, or only awaits leave, is not active."""

    state: str = "active"


class Milestone(msgspec.Struct, frozen=True):
    id: int
    title: str


class MergeRequest(msgspec.Struct, frozen=True):
    """Merge requests API, "Get single MR"; lists and answers to changes have the same fields."""

    iid: int
    web_url: str
    state: str
    source_branch: str
    target_branch: str
    title: str
    description: str | None = None
    sha: str | None = None
    source_project_id: int | None = None
    target_project_id: int | None = None
    labels: tuple[str, ...] = ()
    reviewers: tuple[User, ...] | None = None
    assignees: tuple[User, ...] | None = None
    milestone: Milestone | None = None
    merge_when_pipeline_succeeds: bool | None = None
    merge_status: str | None = None
    has_conflicts: bool | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether its branch is the project's own: a fork's may have the same name."""
        return self.source_project_id == self.target_project_id


class Status(msgspec.Struct, frozen=True):
    id: int
    name: str
    status: str
    description: str | None = None
    target_url: str | None = None


class Approver(msgspec.Struct, frozen=True):
    user: User


class Approvals(msgspec.Struct, frozen=True):
    approved_by: tuple[Approver, ...] | None = None


class Reviewer(msgspec.Struct, frozen=True):
    user: User
    state: str | None = None


class Access(msgspec.Struct, frozen=True):
    access_level: int


class Permissions(msgspec.Struct, frozen=True):
    project_access: Access | None = None
    group_access: Access | None = None


class ProjectAnswer(msgspec.Struct, frozen=True):
    permissions: Permissions | None = None


class Token(msgspec.Struct, frozen=True):
    scopes: tuple[str, ...] = ()


def bare(title: str) -> str:
    """The title without the prefix that makes a draft of it, as short as GitLab takes it."""
    return _DRAFT.sub("", title).strip()[: TITLE - len("Draft: ")]


def harmless(text: str) -> str:
    """The text without quick actions: a line `/merge` or `/approve` would be done (Quick actions)."""
    return _QUICK.sub(r"\\/", text)


def names(users: tuple[User, ...] | None) -> tuple[str, ...]:
    return tuple(user.username for user in users or ())


def _conflicts(answer: MergeRequest) -> bool | None:
    """None while GitLab is still looking: `merge_status` is unchecked or checking then."""
    if answer.has_conflicts:
        return True
    return False if answer.merge_status == "can_be_merged" else None


def told(answer: MergeRequest) -> PullRequest:
    state = _STATES.get(answer.state, "open")
    # A fast-forward has no commit of its own: the head is what stands on the base.
    brought = answer.merge_commit_sha or answer.squash_commit_sha or answer.sha
    return PullRequest(
        number=answer.iid,
        url=answer.web_url,
        state=state,
        head=answer.source_branch,
        base=answer.target_branch,
        head_oid=answer.sha or "",
        title=bare(answer.title),
        body=answer.description or "",
        draft=_DRAFT.match(answer.title) is not None,
        labels=answer.labels,
        reviewers=names(answer.reviewers),
        assignees=names(answer.assignees),
        milestone=None if answer.milestone is None else answer.milestone.title,
        auto_merge=bool(answer.merge_when_pipeline_succeeds) and state == "open",
        conflicts=_conflicts(answer),
        merged_as=brought if state == "merged" else None,
    )


def newest(statuses: list[Status]) -> list[CommitStatus]:
    """The newest of each name: branch and merge request have pipelines of their own, with the same jobs."""
    last = {each.name: each for each in sorted(statuses, key=lambda each: each.id)}
    return [
        CommitStatus(each.name, _OUTCOMES.get(each.status, "pending"), each.description or "", each.target_url or "")
        for each in last.values()
    ]


def stands_already(refusal: str, state: StatusState) -> bool:
    """Whether GitLab refused a status only since it has that state already."""
    found = _FROM.search(refusal)
    return found is not None and _OUTCOMES.get(found[1], "pending") == state
