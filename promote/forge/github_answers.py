"""What GitHub's REST API answers, as far as promote reads it (docs.github.com/rest: Pulls, Issues, Repositories)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from promote.forge.request import PullRequest


class User(msgspec.Struct):
    login: str


class Team(msgspec.Struct):
    slug: str


class Label(msgspec.Struct):
    name: str = ""


class Milestone(msgspec.Struct):
    number: int
    title: str


class Permissions(msgspec.Struct):
    push: bool = False


class Repository(msgspec.Struct):
    id: int
    full_name: str = ""
    archived: bool = False
    private: bool = False
    permissions: Permissions | None = None


class End(msgspec.Struct):
    """The head or the base of a pull request; the repository is null where a fork is gone."""

    ref: str
    sha: str
    repo: Repository | None = None


class AutoMerge(msgspec.Struct):
    merge_method: str = ""
    commit_message: str | None = None


class Pull(msgspec.Struct):
    """A pull request as lists have it; `mergeable` only where one alone was asked for, null until it is computed."""

    number: int
    node_id: str
    html_url: str
    state: str
    title: str
    head: End
    base: End
    body: str | None = None
    draft: bool = False
    closed_at: str | None = None
    merged_at: str | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    auto_merge: AutoMerge | None = None
    milestone: Milestone | None = None
    labels: Sequence[Label] = ()
    assignees: Sequence[User] | None = None
    requested_reviewers: Sequence[User] | None = None
    requested_teams: Sequence[Team] | None = None

    def is_from(self, head: str, base: str) -> bool:
        """From that branch of the repository itself into that base: a fork has branches of the same names."""
        here, there = self.head.repo, self.base.repo
        is_own = here is not None and there is not None and here.id == there.id
        return is_own and (self.head.ref, self.base.ref) == (head, base)

    def read(self, owner: str) -> PullRequest:
        """As every forge has it; a team among the reviewers is OWNER/SLUG, as no person's name is."""
        merged = self.merged_at is not None
        teams = (f"{owner}/{each.slug}" for each in self.requested_teams or ())
        return PullRequest(
            number=self.number,
            url=self.html_url,
            state="merged" if merged else "open" if self.state == "open" else "closed",
            head=self.head.ref,
            base=self.base.ref,
            head_oid=self.head.sha,
            title=self.title,
            body=self.body or "",
            draft=self.draft,
            labels=tuple(each.name for each in self.labels),
            reviewers=(*(each.login for each in self.requested_reviewers or ()), *teams),
            assignees=tuple(each.login for each in self.assignees or ()),
            milestone=None if self.milestone is None else self.milestone.title,
            auto_merge=self.auto_merge is not None,
            conflicts=None if self.mergeable is None else not self.mergeable,
            # Of an open one this is a trial merge, which is on no branch.
            merged_as=self.merge_commit_sha if merged else None,
        )


class Issue(msgspec.Struct):
    assignees: Sequence[User] | None = None


class Event(msgspec.Struct):
    """Something that happened to a pull request (Issues, Events)."""

    event: str = ""
    requested_reviewer: User | None = None
    requested_team: Team | None = None
