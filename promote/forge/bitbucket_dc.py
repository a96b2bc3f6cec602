"""Bitbucket Data Center: pull requests by its REST API, 7.0 and newer (developer.atlassian.com/server/bitbucket)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, unquote

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge import bitbucket
from promote.forge.address import Project
from promote.forge.bitbucket_answers import status
from promote.forge.bitbucket_dc_answers import (
    BODY,
    KEY,
    SENT,
    TITLE,
    Builds,
    Members,
    Pull,
    Pulls,
    Repositories,
    Repository,
    ref,
    reviews,
    told,
)
from promote.forge.bitbucket_dc_change import Changes, pages
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, latest, taken
from promote.forge.team import looked_up, no_team
from promote.forge.web import Web
from promote.forge.wish import differs, fitting, lack, missing, short, unmet
from promote.question import CommitStatus, Review

CURE = "set BITBUCKET_TOKEN to an HTTP access token of the repository with the permission Repository write"

_CANNOT: dict[Ability, str] = {
    "labels": "Bitbucket Data Center has no labels on pull requests",
    "teams": "Bitbucket Data Center asks people for reviews, not groups: name them one by one",
    "assignees": "Bitbucket Data Center has no assignees of pull requests",
    "milestone": "Bitbucket Data Center has no milestones of pull requests",
}
_DRAFT = "Bitbucket Data Center has drafts since 8.18"


def api(project: Project) -> str:
    return f"{project.url}/rest"


def headers(token: str) -> dict[str, str]:
    """HTTP access tokens are Bearer, USER:PASSWORD is Basic; the other one is against the XSRF check of POSTs."""
    return {**bitbucket.headers(token), "X-Atlassian-Token": "no-check"}


def _differs(request: PullRequest, proposal: Proposal) -> bool:
    return differs(request, proposal, title=TITLE, body=BODY)


class BitbucketDataCenter:
    """A repository at a Bitbucket Data Center; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        self._key, _, self._slug = project.path.partition("/")
        self._project = project
        self._web = web
        self._at = f"/api/latest/projects/{quote(self._key, safe='~')}/repos/{quote(self._slug, safe='')}"
        self._changes = Changes(web, self._at)

    @property
    def project(self) -> Project:
        return self._project

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        """By "Get pull requests for repository"; whether it has conflicts would be a request more."""
        query = {"direction": "OUTGOING", "at": ref(head), "state": "OPEN" if only_open else "ALL", "order": "NEWEST"}
        listed = pages(self._web, f"{self._at}/pull-requests", query)
        return latest([self._told(pull) for pull in page.read(Pulls).values if pull.is_into(base)] for page in listed)

    def _told(self, pull: Pull) -> PullRequest:
        return told(pull, self._project.page)

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        where = {"slug": self._slug, "project": {"key": self._key}}
        body: dict[str, object] = {
            "title": short(proposal.title, TITLE),
            "description": fitting(proposal.body, BODY),
            "fromRef": {"id": ref(head), "repository": where},
            "toRef": {"id": ref(base), "repository": where},
        }
        if proposal.draft:
            body["draft"] = True
        try:
            made = self._web.send("POST", f"{self._at}/pull-requests", body).read(Pull)
        except (ForgeRefused, ForgeUnclear) as fault:
            return self.update(taken(self, head, base, fault), proposal)
        done = self._done(made, proposal)
        return replace(done, lacks={**done.lacks, "draft": _DRAFT}) if proposal.draft and not made.draft else done

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """What is no draft any more a person marked as ready, and stays so."""
        if not _differs(request, proposal):
            return Done(request, unmet(proposal, _CANNOT))
        return self._done(self._changes.read(request.number), proposal)

    def _done(self, pull: Pull, proposal: Proposal) -> Done:
        lacks = unmet(proposal, _CANNOT)
        people = missing(proposal.reviewers, self._told(pull).reviewers)
        if _differs(self._told(pull), proposal):
            try:
                pull = self._changes.put(pull, proposal, people)
            except ForgeRefused:
                if not people:
                    raise
                if _differs(self._told(pull), replace(proposal, reviewers=())):
                    pull = self._changes.put(pull, proposal, [])
                pull = self._one_by_one(pull, proposal, people, lacks)
        return Done(self._told(pull), lacks)

    def _one_by_one(self, pull: Pull, proposal: Proposal, people: list[str], lacks: dict[Ability, str]) -> Pull:
        """One who is no user, may not read it or opened it, and nobody of the same request is asked (409)."""
        for name in people:
            try:
                pull = self._changes.put(pull, proposal, [name])
            except ForgeRefused as fault:
                lack(lacks, "reviewers", f"{name} was not asked: {fault.what}")
        return pull

    def arm(self, request: PullRequest, method: Method, trailers: str, *, anew: bool) -> str | None:
        """No list tells whether it is armed, so that is asked first: mostly it is, by the run before."""
        if anew:
            self.disarm(request)
        elif self._changes.is_armed(request.number, request.head_oid):
            return None
        return self._changes.arm(request, method, trailers)

    def disarm(self, request: PullRequest) -> None:
        """By "Cancel auto-merge for pull request"; 404 where it is not armed, or the server has no such thing."""
        if request.state != "open":
            return
        try:
            self._web.send("DELETE", f"{self._changes.one(request.number)}/auto-merge")
        except ForgeAbsent:
            return

    def comment(self, request: PullRequest, text: str) -> None:
        self._web.send("POST", f"{self._changes.one(request.number)}/comments", {"text": fitting(text, BODY)})

    def close(self, request: PullRequest) -> None:
        if request.state == "open":
            self._changes.decline(request.number)

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """By "Get build statuses for commit", the newest hundred.

        It is deprecated, and still the only list: the repository's own builds (7.14) are told one at a time, by key.
        """
        found = pages(self._web, f"/build-status/latest/commits/{quote(commit, safe='')}", {"orderBy": "NEWEST"})
        builds = [each for page in found for each in page.read(Builds).values]
        return list({each.context: each for each in (status(build, KEY) for build in reversed(builds))}.values())

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """By "Store a build status" of the repository (7.14 and newer), which a repository's token may do."""
        name = short(status.context, KEY)
        body = {
            "key": name,
            "name": name,
            "state": SENT[status.state],
            "description": short(status.description, TITLE),
            "url": status.url or self._project.page,
        }
        path = quote(commit, safe="")
        try:
            self._web.send("POST", f"{self._at}/commits/{path}/builds", body, again=True)
        except ForgeAbsent:
            self._web.send("POST", f"/build-status/latest/commits/{path}", body, again=True)

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        return list(reviews(self._changes.read(request.number)))

    def members(self, team: str) -> frozenset[str]:
        """Permission management, "Get group members": of a group that is not there it tells none, too."""
        path, right = "/api/latest/admin/groups/more-members", "of a user who has a licence"
        with looked_up(team, right):
            listed = [each for page in pages(self._web, path, {"context": team}) for each in page.read(Members).values]
            if not listed:
                raise no_team(team, f"{self._web.base}{path}", right)
        return frozenset(each.name for each in listed if each.active)

    def rights(self) -> str:
        """By "Search for repositories", which lists only those where the token has the permission that is asked for."""
        answer = self._web.get(self._at)
        repository = answer.read(Repository)
        who = unquote(answer.headers.get("x-ausername", "")) or "the token"
        query = {"permission": "REPO_WRITE", "name": repository.name}
        for page in pages(self._web, "/api/latest/repos", query):
            if any(each.id == repository.id for each in page.read(Repositories).values):
                return f"{who} may write to {self._project.path}"
        raise ForgeDenied(f"{who} may read it, and not write to it", where=self._project.page, cure=CURE)
