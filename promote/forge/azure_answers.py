"""What the API of Azure DevOps says of a pull request and of a status, and how its words are ours."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from promote.forge.address import Project
from promote.forge.request import PullRequest, State
from promote.question import CommitStatus, Review, StatusState

NOBODY = "00000000-0000-0000-0000-000000000000"
TITLE = 400
BODY = 4000
LISTED = 400  # of a description, in a list (Pull Requests, "Get Pull Requests")

_HEADS = "refs/heads/"
_STATES: dict[str, State] = {"active": "open", "completed": "merged", "abandoned": "closed"}
_OUTCOMES: dict[str, StatusState] = {"succeeded": "success", "failed": "failure", "error": "error"}
SENT: dict[StatusState, str] = {"pending": "pending", "success": "succeeded", "failure": "failed", "error": "error"}


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What all answers are: names in camelCase, of which only those are read that are used."""


class Identity(Answer, frozen=True):
    id: str = ""
    unique_name: str | None = None
    display_name: str | None = None
    is_container: bool | None = None

    @property
    def name(self) -> str:
        """What a person signs in with: display names are for each to choose, and not unique."""
        return self.unique_name or self.display_name or self.id

    @property
    def team(self) -> str:
        """What a team is called in its project, which is shown before it in brackets."""
        return (self.display_name or self.id).rpartition("]\\")[2]

    def is_called(self, name: str) -> bool:
        wanted = name.casefold()
        return wanted in (each.casefold() for each in (self.id, self.unique_name, self.display_name) if each)


class Reviewer(Identity, frozen=True):
    vote: int = 0


class Commit(Answer, frozen=True):
    commit_id: str | None = None


class Label(Answer, frozen=True):
    name: str


class PullRequestAnswer(Answer, frozen=True):
    """GitPullRequest (Git, Pull Requests)."""

    pull_request_id: int
    status: str
    source_ref_name: str
    target_ref_name: str
    title: str | None = None
    description: str | None = None
    is_draft: bool | None = None
    labels: tuple[Label, ...] | None = None
    reviewers: tuple[Reviewer, ...] | None = None
    auto_complete_set_by: Identity | None = None
    merge_status: str | None = None
    last_merge_source_commit: Commit | None = None
    last_merge_commit: Commit | None = None
    fork_source: Answer | None = None


class PullRequests(Answer, frozen=True):
    value: tuple[PullRequestAnswer, ...]


class Reviewers(Answer, frozen=True):
    value: tuple[Reviewer, ...]


class Context(Answer, frozen=True):
    name: str
    genre: str | None = None


class Status(Answer, frozen=True):
    id: int
    state: str
    context: Context
    description: str | None = None
    target_url: str | None = None


class Statuses(Answer, frozen=True):
    value: tuple[Status, ...]


class Me(Answer, frozen=True):
    id: str
    provider_display_name: str | None = None


class Connection(Answer, frozen=True):
    authenticated_user: Me


class ProjectAnswer(Answer, frozen=True):
    id: str


class Repository(Answer, frozen=True):
    id: str
    project: ProjectAnswer


class Allowed(Answer, frozen=True):
    value: tuple[bool, ...]


def ref(branch: str) -> str:
    return f"{_HEADS}{branch}"


def may_be_cut(body: str) -> bool:
    """Whether a list may have cut this description."""
    return len(body.encode("utf-16-le", "surrogatepass")) >= 2 * LISTED  # it counts UTF-16


def told(answer: PullRequestAnswer, project: Project) -> PullRequest:
    state = _STATES.get(answer.status, "open")
    head, brought = answer.last_merge_source_commit, answer.last_merge_commit
    armed = answer.auto_complete_set_by
    return PullRequest(
        number=answer.pull_request_id,
        url=f"{project.page}/pullrequest/{answer.pull_request_id}",
        state=state,
        head=answer.source_ref_name.removeprefix(_HEADS),
        base=answer.target_ref_name.removeprefix(_HEADS),
        head_oid=(head and head.commit_id) or "",
        title=answer.title or "",
        body=answer.description or "",
        draft=bool(answer.is_draft),
        labels=tuple(label.name for label in answer.labels or ()),
        reviewers=tuple(each.name for each in answer.reviewers or () if not each.is_container),
        teams=tuple(each.team for each in answer.reviewers or () if each.is_container),
        auto_merge=state == "open" and armed is not None and armed.id not in ("", NOBODY),
        conflicts={"conflicts": True, "succeeded": False}.get(answer.merge_status or ""),
        # Until then it is only a try at a merge.
        merged_as=brought.commit_id if brought is not None and state == "merged" else None,
    )


def context(name: str) -> dict[str, str]:
    """`genre/name`, parted at the last slash (Git, Statuses)."""
    genre, _, rest = name.rpartition("/")
    return {"genre": genre, "name": rest} if genre else {"name": rest}


def newest(statuses: Iterable[Status]) -> list[CommitStatus]:
    """The newest of each context; one that says it is not applicable is as good as none."""
    last: dict[str, Status] = {}
    for each in sorted(statuses, key=lambda each: each.id):
        last["/".join(part for part in (each.context.genre, each.context.name) if part)] = each
    return [
        CommitStatus(name, _OUTCOMES.get(each.state, "pending"), each.description or "", each.target_url or "")
        for name, each in last.items()
        if each.state != "notApplicable"
    ]


def reviews(reviewers: Iterable[Reviewer]) -> list[Review]:
    """Votes of people: 10 and 5 approve, -5 and -10 do not, 0 is none yet (Pull Request Reviewers)."""
    return [Review(each.name, approves=each.vote > 0) for each in reviewers if each.vote and not each.is_container]
