"""What the API of Gitea and Forgejo says of a pull request, a status and a review, and how its words are ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from promote.forge.request import PullRequest, State
from promote.forge.wish import short
from promote.question import CommitStatus, Review, StatusState

_TITLE = 255  # characters, by the server's own table

# WORK_IN_PROGRESS_PREFIXES of app.ini: the first two are its default, the others what servers often add.
_DRAFT = re.compile(r"\A(?:wip:|\[wip\]|draft:|\[draft\])\s*", re.IGNORECASE)
_DEFAULT_DRAFT = re.compile(r"\A(?:wip:|\[wip\])", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A warning is no success: required checks of the server do not pass by one.
_STATES: dict[str, StatusState] = {
    "pending": "pending",
    "success": "success",
    "skipped": "success",
    "error": "error",
    "failure": "failure",
    "warning": "failure",
}


class User(msgspec.Struct, frozen=True):
    login: str


class Team(msgspec.Struct, frozen=True):
    name: str


class Label(msgspec.Struct, frozen=True):
    id: int
    name: str


class Milestone(msgspec.Struct, frozen=True):
    id: int
    title: str


class Branch(msgspec.Struct, frozen=True):
    """`label` is the branch's name, also once it was deleted, when `ref` is `refs/pull/N/head`; -1 is no repository."""

    label: str | None = None
    ref: str | None = None
    sha: str | None = None
    repo_id: int = -1


class Pull(msgspec.Struct, frozen=True):
    number: int
    html_url: str
    state: str
    title: str
    base: Branch
    head: Branch
    body: str | None = None
    draft: bool | None = None
    merged: bool | None = None
    mergeable: bool | None = None
    merge_commit_sha: str | None = None
    merged_commit_id: str | None = None
    closed_at: datetime | None = None
    labels: tuple[Label, ...] | None = None
    milestone: Milestone | None = None
    assignees: tuple[User, ...] | None = None
    requested_reviewers: tuple[User, ...] | None = None
    # Absent before Gitea 1.23 and Forgejo 10: what was asked of a team cannot be seen there.
    requested_reviewers_teams: tuple[Team, ...] | msgspec.UnsetType | None = msgspec.UNSET

    def leads(self, head: str, base: str) -> bool:
        """Whether it is from the one branch into the other, both of this repository: a fork may have it, too."""
        names = self.head.label, self.base.label
        return names == (head, base) and self.head.repo_id == self.base.repo_id

    @property
    def ended(self) -> tuple[datetime, int]:
        return self.closed_at or _EPOCH, self.number


class Status(msgspec.Struct, frozen=True):
    id: int
    context: str
    status: str
    description: str | None = None
    target_url: str | None = None


class ReviewAnswer(msgspec.Struct, frozen=True):
    id: int
    state: str
    user: User | None = None
    team: Team | None = None
    commit_id: str | None = None
    dismissed: bool | None = None
    official: bool | None = None


class Commit(msgspec.Struct, frozen=True):
    sha: str


class Permissions(msgspec.Struct, frozen=True):
    admin: bool = False
    push: bool = False
    pull: bool = False


class Repository(msgspec.Struct, frozen=True):
    permissions: Permissions | None = None


def titled(title: str, *, draft: bool) -> str:
    """The title as it is sent: the sign of a draft before it, and no longer than the server keeps it."""
    return short(f"WIP: {title}" if draft else title, _TITLE)


def _is_draft(pull: Pull) -> bool:
    return bool(_DEFAULT_DRAFT.match(pull.title)) if pull.draft is None else pull.draft


def told(pull: Pull) -> PullRequest:
    draft = _is_draft(pull)
    state: State = "merged" if pull.merged else "open" if pull.state == "open" else "closed"
    teams = pull.requested_reviewers_teams
    return PullRequest(
        number=pull.number,
        url=pull.html_url,
        state=state,
        head=pull.head.label or "",
        base=pull.base.label or "",
        head_oid=pull.head.sha or "",
        title=_DRAFT.sub("", pull.title) if draft else pull.title,
        body=pull.body or "",
        draft=draft,
        labels=tuple(each.name for each in pull.labels or ()),
        reviewers=tuple(each.login for each in pull.requested_reviewers or ()),
        assignees=tuple(each.login for each in pull.assignees or ()),
        milestone=None if pull.milestone is None else pull.milestone.title,
        # "Not mergeable" is said of a draft and of one that is still looked at, too.
        conflicts=False if pull.mergeable and state == "open" else None,
        merged_as=(pull.merge_commit_sha or pull.merged_commit_id) if state == "merged" else None,
        teams=tuple(each.name for each in teams or ()) if isinstance(teams, tuple) else (),
    )


def newest(statuses: list[Status]) -> list[CommitStatus]:
    """The newest of each context, by the numbers that the server gives."""
    last: dict[str, Status] = {}
    for each in sorted(statuses, key=lambda status: status.id):
        last[each.context] = each
    return [
        CommitStatus(each.context, _STATES.get(each.status, "pending"), each.description or "", each.target_url or "")
        for each in last.values()
    ]


def last_words(reviews: list[ReviewAnswer]) -> list[Review]:
    """Each person's last approval or request for changes; comments and requests for a review change neither.

    An approval that the server does not call official, by somebody who may not write, is none.
    """
    last: dict[str, Review] = {}
    for each in sorted(reviews, key=lambda review: review.id):
        if each.user is None or each.state not in ("APPROVED", "REQUEST_CHANGES"):
            continue
        approves = each.state == "APPROVED" and not each.dismissed and each.official is not False
        last[each.user.login] = Review(each.user.login, approves, each.commit_id or None)
    return list(last.values())
