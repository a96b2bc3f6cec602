"""Gitea and Forgejo: pull requests by their REST API v1 (a server's own /api/swagger), on any host, below any path."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.address import Project
from promote.forge.gitea_answers import (
    Pull,
    Repository,
    ReviewAnswer,
    Status,
    User,
    last_words,
    newest,
    titled,
    told,
)
from promote.forge.gitea_find import Finder, Pages
from promote.forge.gitea_people import Names, Reviewers, members
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, taken
from promote.forge.web import Web
from promote.forge.wish import missing, same
from promote.question import CommitStatus, Review

CURE = (
    "set GITEA_TOKEN (FORGEJO_TOKEN) to a token of a user who may write to the repository, "
    "with the scopes write:repository and write:issue"
)

# How often a server is asked to arm that still works out whether the request merges.
_TRIES = 6


def api(project: Project) -> str:
    return f"{project.url}/api/v1"


def headers(token: str) -> dict[str, str]:
    """Authentication, API usage: `token` is understood by every version, `Bearer` is not."""
    return {"Authorization": f"token {token}"}


class Gitea:
    """A repository at a Gitea or a Forgejo; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        owner, _, name = project.path.partition("/")
        self._project = project
        self._web = web
        self._at = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._pages = Pages(web)
        self._finder = Finder(web, self._pages, self._at, project.kind)
        self._names = Names(self._pages, self._at, f"/orgs/{quote(owner, safe='')}")
        self._reviewers = Reviewers(web, self._pages)

    @property
    def project(self) -> Project:
        return self._project

    def find(
        self,
        head: str,
        base: str,
        *,
        only_open: bool = False,  # noqa: ARG002  # an open one is found in any case
    ) -> PullRequest | None:
        return self._finder.find(head, base)

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        lacks: dict[Ability, str] = {}
        body: dict[str, object] = {
            "head": head,
            "base": base,
            "title": titled(proposal.title, draft=proposal.draft),
            "body": proposal.body,
        }
        if labels := self._names.labels(proposal.labels, lacks):
            body["labels"] = labels
        if milestone := self._names.milestone(proposal.milestone, lacks):
            body["milestone"] = milestone
        try:
            answer = self._web.send("POST", f"{self._at}/pulls", body)
        except (ForgeRefused, ForgeUnclear) as fault:
            return self.update(taken(self, head, base, fault), proposal)
        request = told(answer.read(Pull))
        self._reviewers.ask(self._one(request), proposal, request, lacks)
        self._assign(request, proposal, lacks)
        return Done(request, lacks)

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """What is no draft any more a person marked as ready, and stays so."""
        lacks: dict[Ability, str] = {}
        edit: dict[str, object] = {}
        title = titled(proposal.title, draft=request.draft)
        if title != titled(request.title, draft=request.draft):
            edit["title"] = title
        if not same(proposal.body, request.body):
            edit["body"] = proposal.body
        if proposal.milestone != request.milestone and (milestone := self._names.milestone(proposal.milestone, lacks)):
            edit["milestone"] = milestone
        if edit:
            request = told(self._web.send("PATCH", self._one(request), edit).read(Pull))
        if labels := self._names.labels(missing(proposal.labels, request.labels), lacks):
            self._web.send("POST", f"{self._issue(request)}/labels", {"labels": labels}, again=True)
        if missing(proposal.reviewers, request.reviewers) or missing(proposal.teams, request.teams):
            self._reviewers.ask_who_has_not_said(self._one(request), proposal, request, lacks)
        self._assign(request, proposal, lacks)
        return Done(request, lacks)

    def _assign(self, request: PullRequest, proposal: Proposal, lacks: dict[Ability, str]) -> None:
        """All at once, else one by one: one name that cannot be assigned fails them all (422)."""
        wanted = missing(proposal.assignees, request.assignees)
        if not wanted:
            return
        try:
            self._web.send("PATCH", self._one(request), {"assignees": [*request.assignees, *wanted]})
        except ForgeRefused as fault:
            if len(wanted) == 1:
                lacks["assignees"] = f"{wanted[0]} was not assigned: {fault.what}"
                return
            assigned, refused = list(request.assignees), []
            for name in wanted:
                try:
                    self._web.send("PATCH", self._one(request), {"assignees": [*assigned, name]})
                except ForgeRefused:
                    refused.append(name)
                else:
                    assigned.append(name)
            if refused:
                lacks["assignees"] = f"{', '.join(refused)} cannot be assigned: no such user, or none who may write"

    def _one(self, request: PullRequest) -> str:
        return f"{self._at}/pulls/{request.number}"

    def _issue(self, request: PullRequest) -> str:
        return f"{self._at}/issues/{request.number}"

    def arm(self, request: PullRequest, method: Method, trailers: str, *, anew: bool) -> str | None:
        """By "Merge a pull request" with `merge_when_checks_succeed`; where none are awaited, it merges at once.

        Until the server has worked out whether it merges at all, it answers 405 "Please try again later".
        """
        body: dict[str, object] = {"Do": method, "merge_when_checks_succeed": True}
        if method != "rebase":
            body["MergeMessageField"] = trailers  # below the title that the server makes
        if anew:
            self.disarm(request)
        if request.head_oid:
            body["head_commit_id"] = request.head_oid
        for left in reversed(range(_TRIES)):
            try:
                self._web.send("POST", f"{self._one(request)}/merge", body)
            except ForgeDenied as fault:
                return f"the token may not merge into {request.base}: {fault.what}"
            except ForgeRefused as fault:
                said = fault.what.lower()
                if "already scheduled" in said:
                    return None
                if left and "try again later" in said:
                    self._web.pause(1.0)
                    continue
                return f"the server does not take it for auto-merge: {fault.what}"
            return None
        raise AssertionError("the last try returns")

    def disarm(self, request: PullRequest) -> None:
        """No answer tells whether it is armed, so that is asked for in any case; 404 where it is not."""
        if request.state != "open":
            return
        try:
            self._web.send("DELETE", f"{self._one(request)}/merge")
        except ForgeAbsent:
            return

    def comment(self, request: PullRequest, text: str) -> None:
        self._web.send("POST", f"{self._issue(request)}/comments", {"body": text})

    def close(self, request: PullRequest) -> None:
        if request.state == "open":
            self._web.send("PATCH", self._one(request), {"state": "closed"})

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """By "Get a commit's statuses": the whole history, of which the newest of each context counts."""
        pages = self._pages.of(f"{self._at}/commits/{quote(commit, safe='')}/statuses", {})
        return newest([each for page in pages for each in page.read(list[Status])])

    def set_status(self, commit: str, status: CommitStatus) -> None:
        body = {"context": status.context, "state": status.state, "description": status.description}
        if status.url:
            body["target_url"] = status.url
        self._web.send("POST", f"{self._at}/statuses/{quote(commit, safe='')}", body, again=True)

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        pages = self._pages.of(f"{self._one(request)}/reviews", {})
        return last_words([each for page in pages for each in page.read(list[ReviewAnswer])])

    def members(self, team: str) -> frozenset[str]:
        return members(self._web, self._pages, team, self._project.path.partition("/")[0])

    def rights(self) -> str:
        given = self._web.get(self._at).read(Repository).permissions
        if given is None or not (given.push or given.admin):
            raise ForgeDenied("the token may read it, and not write to it", where=self._project.page, cure=CURE)
        try:
            who = self._web.get("/user").read(User).login
        except ForgeDenied:
            who = "the token's user"  # who it is needs read:user, and nothing else does
        return f"{who} may {'administer' if given.admin else 'write to'} {self._project.path}"
