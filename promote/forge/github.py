"""GitHub: pull requests by its REST API (docs.github.com/rest), on github.com, ghe.com or a server of one's own.

Pull requests are issues there too: labels, assignees, milestones and comments go by the issue of the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit

from promote.errors import ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge import github_checks
from promote.forge.address import Project
from promote.forge.github_answers import Pull, Repository, User
from promote.forge.github_graphql import CURE as CURE
from promote.forge.github_merge import Merging
from promote.forge.github_wishes import Wishes
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, taken
from promote.forge.team import looked_up, within
from promote.forge.web import Web
from promote.forge.wish import same, short
from promote.question import CommitStatus, Review

_SEEN = 30  # of the newest: one answer has about 15 KB for each
_TITLE, _DESCRIPTION = 256, 140  # characters that it takes
_NO_DRAFTS = "GitHub has no drafts in this repository (private ones need a paid plan)"


def api(project: Project) -> str:
    """Where both of its APIs are (docs.github.com, Using GitHub Enterprise Server with the REST API)."""
    parts = urlsplit(project.url)
    if parts.hostname in ("github.com", "www.github.com"):
        return "https://api.github.com"
    if (parts.hostname or "").endswith(".ghe.com"):
        return f"{parts.scheme}://api.{parts.netloc}"
    return f"{project.url}/api"


def repository(project: Project) -> str:
    """The path of the project in the REST API, below `api`."""
    version = "/v3" if api(project) == f"{project.url}/api" else ""
    return "/".join([version, "repos", *(quote(segment, safe="") for segment in project.path.split("/"))])


def headers(token: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


class GitHub:
    """A project of GitHub; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        self._project = project
        self._web = web
        self._path = repository(project)
        self._root = self._path.partition("/repos/")[0]
        self._owner, _, self._name = project.path.partition("/")
        self._wishes = Wishes(web, self._path, self._owner)
        self._merging = Merging(web, self._path)

    @property
    def project(self) -> Project:
        return self._project

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        """By "List pull requests"; without its owner, `head` would be ignored there."""
        query: dict[str, str | int] = {
            "state": "open" if only_open else "all",
            "head": f"{self._owner}:{head}",
            "base": base,
            "sort": "created",
            "direction": "desc",
            "per_page": _SEEN,
        }
        for page in self._web.walk(f"{self._path}/pulls", query):
            if ours := [pull for pull in page.read(list[Pull]) if pull.is_from(head, base)]:
                opened = next((pull for pull in ours if pull.state == "open"), None)
                return (opened or max(ours, key=lambda pull: pull.closed_at or "")).read(self._owner)
        return None

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        lacks: dict[Ability, str] = {}
        try:
            made = self._opened(head, base, proposal)
        except ForgeRefused as exc:
            if "already exists" in exc.what.lower():
                return self.update(taken(self, head, base, exc), proposal)
            if not proposal.draft or "draft" not in exc.what.lower():
                raise
            lacks["draft"] = _NO_DRAFTS
            proposal = replace(proposal, draft=False)
            made = self._opened(head, base, proposal)
        except ForgeUnclear:
            found = self.find(head, base, only_open=True)
            if found is not None:
                return self.update(found, proposal)
            # It has no second one of the same branches, so this can make one at most.
            try:
                made = self._opened(head, base, proposal)
            except ForgeRefused as exc:
                return self.update(taken(self, head, base, exc), proposal)
        done = self._wishes.granted(made.read(self._owner), proposal, is_new=True)
        return Done(done.request, {**lacks, **done.lacks})

    def _opened(self, head: str, base: str, proposal: Proposal) -> Pull:
        body: dict[str, object] = {
            "title": short(proposal.title, _TITLE),
            "head": head,
            "base": base,
            "body": proposal.body,
        }
        if proposal.draft:
            body["draft"] = True
        return self._web.send("POST", f"{self._path}/pulls", body).read(Pull)

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        title = short(proposal.title, _TITLE)
        change: dict[str, object] = {}
        if request.title != title:
            change["title"] = title
        if not same(request.body, proposal.body):
            change["body"] = proposal.body
        if change:
            answer = self._web.send("PATCH", f"{self._path}/pulls/{request.number}", change)
            request = answer.read(Pull).read(self._owner)
        return self._wishes.granted(request, proposal, is_new=False)

    def arm(
        self,
        request: PullRequest,
        method: Method,
        trailers: str,
        *,
        anew: bool,  # noqa: ARG002  # it tells with which message it is armed
    ) -> str | None:
        return self._merging.arm(request, method, trailers)

    def disarm(self, request: PullRequest) -> None:
        self._merging.disarm(request)

    def comment(self, request: PullRequest, text: str) -> None:
        self._web.send("POST", f"{self._path}/issues/{request.number}/comments", {"body": text})

    def close(self, request: PullRequest) -> None:
        self._web.send("PATCH", f"{self._path}/pulls/{request.number}", {"state": "closed"})

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        return github_checks.statuses(self._web, self._path, commit)

    def set_status(self, commit: str, status: CommitStatus) -> None:
        body = {
            "state": status.state,
            "context": status.context,
            "description": short(status.description, _DESCRIPTION),
        }
        if status.url:
            body["target_url"] = status.url
        self._web.send("POST", f"{self._path}/statuses/{commit}", body, again=True)

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        return github_checks.reviews(self._web, self._owner, self._name, request.number)

    def members(self, team: str) -> frozenset[str]:
        """Team members, "List team members": those of its child teams too."""
        organisation, slug = within(team, self._owner)
        path = f"{self._root}/orgs/{quote(organisation, safe='')}/teams/{quote(slug, safe='')}/members"
        with looked_up(team, "read:org, or an App the right to read members"):
            pages = self._web.pages(path, {"per_page": 100})
        return frozenset(user.login for page in pages for user in page.read(list[User]))

    def rights(self) -> str:
        """An App's token, as GITHUB_TOKEN is, is nobody's, and is not told what it may do (Users)."""
        path = self._project.path
        answer = self._web.get(self._path, absent=f"there is no {path}, or the token may not see it")
        told = answer.read(Repository)
        where = self._project.page
        if told.archived:
            raise ForgeDenied(f"{path} is archived: nothing can be written there", where=where, cure="unarchive it")
        scopes = [each.strip() for each in answer.headers.get("x-oauth-scopes", "").split(",") if each.strip()]
        if scopes and "repo" not in scopes and (told.private or "public_repo" not in scopes):
            raise ForgeDenied(f"the token's scopes are {', '.join(scopes)}", where=where, cure="add the scope repo")
        try:
            user = self._web.get(f"{self._root}/user").read(User).login
        except ForgeDenied:
            return f"an App's token, which sees {told.full_name or path}"
        if told.permissions is not None and not told.permissions.push:
            raise ForgeDenied(f"{user} may not write to {path}", where=where, cure=CURE)
        return f"{user}, who may write to {told.full_name or path}"
