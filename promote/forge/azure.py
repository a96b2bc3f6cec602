"""Azure DevOps, its cloud and its server: pull requests by the REST API 7.0 (learn.microsoft.com/rest/api/azure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.address import Project
from promote.forge.azure_answers import (
    BODY,
    NOBODY,
    SENT,
    TITLE,
    Allowed,
    Answer,
    Connection,
    Me,
    PullRequestAnswer,
    PullRequests,
    Repository,
    Reviewers,
    Statuses,
    context,
    may_be_cut,
    newest,
    ref,
    reviews,
    told,
)
from promote.forge.azure_people import People
from promote.forge.azure_web import CURE, AzureWeb, headers
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, latest, taken
from promote.forge.web import Web
from promote.forge.wish import fitting, merge_message, missing, same, short
from promote.question import CommitStatus, Review

__all__ = ["CURE", "Azure", "api", "headers"]

_STRATEGIES: dict[Method, str] = {"merge": "noFastForward", "squash": "squash", "rebase": "rebase"}
# Security namespaces: Git Repositories, and its bit PullRequestContribute.
_GIT, _CONTRIBUTE = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87", 16384
_ANONYMOUS = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def api(project: Project) -> str:
    """The organisation's part of the API, or the collection's on a server."""
    return "/".join([project.url, *(quote(part, safe="") for part in project.path.split("/")[:-2])])


class Azure:
    """A repository in Azure DevOps; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        *_, name, repository = project.path.split("/")
        self._project = project
        self._web = AzureWeb(web)
        self._at = f"/{quote(name, safe='')}/_apis/git/repositories/{quote(repository, safe='')}"
        self._people = People(self._web, f"/_apis/projects/{quote(name, safe='')}", name)
        self._me: Me | None = None

    @property
    def project(self) -> Project:
        return self._project

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        """One request, and one more where the body is longer than the 400 characters that a list tells of it."""
        query = {
            "searchCriteria.sourceRefName": ref(head),
            "searchCriteria.targetRefName": ref(base),
            "searchCriteria.status": "active" if only_open else "all",
        }
        pages = self._web.pages(f"{self._at}/pullrequests", PullRequests, query, size=100, sign="$")
        # In which order they come is not documented.
        ordered = (sorted(page.value, key=lambda each: -each.pull_request_id) for page in pages)
        chosen = latest([told(each, self._project) for each in page if each.fork_source is None] for page in ordered)
        return self._read(chosen) if chosen is not None and may_be_cut(chosen.body) else chosen

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        lacks = self._cannot(proposal)
        body: dict[str, object] = {
            "sourceRefName": ref(head),
            "targetRefName": ref(base),
            "title": short(proposal.title, TITLE),
            "description": fitting(proposal.body, BODY),
            "isDraft": proposal.draft,
        }
        if proposal.labels:
            body["labels"] = [{"name": label} for label in proposal.labels]
        if ids := self._people.wish(proposal, (), lacks):
            body["reviewers"] = [{"id": each} for each in ids]
        try:
            made = self._web.send("POST", f"{self._at}/pullrequests", PullRequestAnswer, body)
        except (ForgeRefused, ForgeUnclear) as fault:
            return self.update(taken(self, head, base, fault), proposal)
        # A new one has no labels in its answer.
        labels = tuple(dict.fromkeys((*(label.name for label in made.labels or ()), *proposal.labels)))
        return Done(replace(told(made, self._project), labels=labels), lacks)

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """What is no draft any more was published by a person, and stays so."""
        lacks = self._cannot(proposal)
        ids: list[str] = []
        if missing(proposal.teams, request.teams) or missing(proposal.reviewers, request.reviewers):
            answer = self._web.get(self._one(request), PullRequestAnswer)
            request = told(answer, self._project)
            ids = self._people.wish(proposal, answer.reviewers or (), lacks)
        change: dict[str, object] = {}
        if short(proposal.title, TITLE) != request.title:
            change["title"] = short(proposal.title, TITLE)
        if not same(fitting(proposal.body, BODY), request.body):
            change["description"] = fitting(proposal.body, BODY)
        if change:
            request = self._patched(request, change)
        for label in missing(proposal.labels, request.labels):
            self._web.send("POST", f"{self._below(request)}/labels", Answer, {"name": label}, again=True)
            request = replace(request, labels=(*request.labels, label))
        if ids:
            people = [{"id": each} for each in ids]
            self._web.send("POST", f"{self._below(request)}/reviewers", Answer, people, again=True)
        return Done(request, lacks)

    def _cannot(self, proposal: Proposal) -> dict[Ability, str]:
        lacks: dict[Ability, str] = {}
        if proposal.assignees:
            lacks["assignees"] = "Azure DevOps has no assignees on pull requests"
        if proposal.milestone:
            lacks["milestone"] = "Azure DevOps has no milestones on pull requests"
        return lacks

    def _one(self, request: PullRequest) -> str:
        return f"{self._at}/pullrequests/{request.number}"

    def _below(self, request: PullRequest) -> str:
        return f"{self._at}/pullRequests/{request.number}"

    def _read(self, request: PullRequest) -> PullRequest:
        return told(self._web.get(self._one(request), PullRequestAnswer), self._project)

    def _patched(self, request: PullRequest, change: object) -> PullRequest:
        return told(self._web.send("PATCH", self._one(request), PullRequestAnswer, change), self._project)

    def arm(
        self,
        request: PullRequest,
        method: Method,
        trailers: str,
        *,
        anew: bool,  # noqa: ARG002  # it takes the place of what was armed
    ) -> str | None:
        """By "Update" with autoCompleteSetBy; where no policy stands against it, it is merged at once."""
        options: dict[str, object] = {"mergeStrategy": _STRATEGIES[method], "deleteSourceBranch": True}
        if method != "rebase":
            options["mergeCommitMessage"] = merge_message(request, trailers)
        change = {"autoCompleteSetBy": {"id": self._user().id}, "completionOptions": options}
        try:
            after = self._patched(request, change)
        except (ForgeRefused, ForgeDenied) as fault:
            if self._read(request).state == "merged":
                return None
            return f"Azure DevOps does not complete it by itself: {fault.what}"
        if after.auto_merge or after.state == "merged":
            return None
        return "Azure DevOps took the wish for auto-complete, and did not set it"

    def disarm(self, request: PullRequest) -> None:
        if not request.auto_merge:
            return
        try:
            self._patched(request, {"autoCompleteSetBy": {"id": NOBODY}})
        except ForgeRefused:  # TF401181, where its state allows no edit
            if self._read(request).auto_merge:
                raise

    def comment(self, request: PullRequest, text: str) -> None:
        """A closed thread: an open one would stand against a policy that wants all comments resolved."""
        said = {"parentCommentId": 0, "content": text, "commentType": "text"}
        self._web.send("POST", f"{self._below(request)}/threads", Answer, {"comments": [said], "status": "closed"})

    def close(self, request: PullRequest) -> None:
        if request.state != "open":
            return
        try:
            self._patched(request, {"status": "abandoned"})
        except ForgeRefused:  # TF401181, where its state allows no edit
            if self._read(request).state == "open":
                raise

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """Git, Statuses, "List"."""
        path = f"{self._at}/commits/{quote(commit, safe='')}/statuses"
        pages = self._web.pages(path, Statuses, {"latestOnly": "true"}, size=1000)
        return newest({each.id: each for page in pages for each in page.value}.values())

    def set_status(self, commit: str, status: CommitStatus) -> None:
        body: dict[str, object] = {"state": SENT[status.state], "context": context(status.context)}
        if status.description:
            body["description"] = status.description
        if status.url:
            body["targetUrl"] = status.url
        self._web.send("POST", f"{self._at}/commits/{quote(commit, safe='')}/statuses", Answer, body, again=True)

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        return reviews(self._web.get(f"{self._below(request)}/reviewers", Reviewers).value)

    def _user(self) -> Me:
        """Who the token is (Location, Connection Data, which is a preview in every version)."""
        if self._me is None:
            query = {"api-version": "7.0-preview.1"}
            self._me = self._web.get("/_apis/connectionData", Connection, query).authenticated_user
        return self._me

    def members(self, team: str) -> frozenset[str]:
        return self._people.members(team)

    def rights(self) -> str:
        """By Security, Permissions, "Has Permissions", where the token may ask that."""
        me = self._user()
        name = me.provider_display_name or me.id
        if me.id == _ANONYMOUS:
            raise ForgeDenied("lets nobody in by this token", where=self._project.page, cure=CURE)
        repository = self._web.get(self._at, Repository)
        token = f"repoV2/{repository.project.id}/{repository.id}"
        try:
            path = f"/_apis/permissions/{_GIT}/{_CONTRIBUTE}"
            allowed = self._web.get(path, Allowed, {"tokens": token}).value
        except (ForgeAbsent, ForgeDenied, ForgeRefused):
            return f"{name} may read the repository; whether it may open pull requests cannot be told by this token"
        if not all(allowed):
            raise ForgeDenied(f"{name} may not contribute to pull requests", where=self._project.page, cure=CURE)
        return f"{name} may contribute to pull requests"
