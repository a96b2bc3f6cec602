"""GitLab: merge requests, by its REST API v4 (docs.gitlab.com/api), on gitlab.com or on a server of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.address import Project
from promote.forge.gitlab_answers import (
    SENT,
    TITLE,
    Approvals,
    MergeRequest,
    ProjectAnswer,
    Reviewer,
    Status,
    Token,
    User,
    bare,
    harmless,
    names,
    newest,
    stands_already,
    told,
)
from promote.forge.gitlab_people import People, left_out
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, latest, taken
from promote.forge.web import Web
from promote.forge.wish import merge_message, same
from promote.question import CommitStatus, Review

CURE = (
    "set GITLAB_TOKEN to a project access token of the role Developer with the scope api "
    "(CI_JOB_TOKEN cannot open merge requests)"
)

_DEVELOPER = 30
_TEAMS = "GitLab asks people for reviews, not groups: name them one by one"


def api(project: Project) -> str:
    return f"{project.url}/api/v4"


def headers(token: str) -> dict[str, str]:
    """Personal, project, group and OAuth tokens alike may come so (REST API authentication)."""
    return {"Authorization": f"Bearer {token}"}


class GitLab:
    """A project of a GitLab; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        self._project = project
        self._web = web
        # Namespaced paths, REST API: the whole path is one segment.
        self._at = f"/projects/{quote(project.path, safe='')}"
        self._people = People(web, self._at)

    @property
    def project(self) -> Project:
        return self._project

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        pages = self._web.walk(
            f"{self._at}/merge_requests",
            {
                "source_branch": head,
                "target_branch": base,
                "state": "opened" if only_open else "all",
                "order_by": "created_at",
                "sort": "desc",
                "with_merge_status_recheck": "true",
                "per_page": 100,
            },
        )
        return latest([told(each) for each in page.read(list[MergeRequest]) if each.is_ours] for page in pages)

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        lacks: dict[Ability, str] = {}
        body: dict[str, object] = {
            "source_branch": head,
            "target_branch": base,
            "title": self._title(proposal.title, draft=proposal.draft),
            "description": harmless(proposal.body),
            "remove_source_branch": True,
        }
        if proposal.labels:
            body["labels"] = list(proposal.labels)
        body |= self._people.wish(proposal, None, lacks)
        try:
            answer = self._web.send("POST", f"{self._at}/merge_requests", body)
        except (ForgeRefused, ForgeUnclear) as fault:
            return self.update(taken(self, head, base, fault), proposal)
        return self._done(answer.read(MergeRequest), proposal, lacks)

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """What is no draft any more a person marked as ready, and stays so."""
        lacks: dict[Ability, str] = {}
        change: dict[str, object] = {}
        if bare(proposal.title) != request.title:
            change["title"] = self._title(proposal.title, draft=request.draft)
        if not same(harmless(proposal.body), request.body):
            change["description"] = harmless(proposal.body)
        if labels := [label for label in proposal.labels if label not in request.labels]:
            change["add_labels"] = labels
        change |= self._people.wish(proposal, request, lacks)
        if not change:
            return Done(request, lacks | ({"teams": _TEAMS} if proposal.teams else {}))
        answer = self._web.send("PUT", self._one(request), change)
        return self._done(answer.read(MergeRequest), proposal, lacks)

    def _done(self, answer: MergeRequest, proposal: Proposal, lacks: dict[Ability, str]) -> Done:
        left_out(answer, proposal, lacks)
        if proposal.teams:
            lacks["teams"] = _TEAMS
        return Done(told(answer), lacks)

    def _title(self, title: str, *, draft: bool) -> str:
        return f"Draft: {bare(title)}" if draft else bare(title)

    def _one(self, request: PullRequest) -> str:
        return f"{self._at}/merge_requests/{request.number}"

    def _read(self, request: PullRequest) -> MergeRequest:
        return self._web.get(self._one(request)).read(MergeRequest)

    def arm(
        self,
        request: PullRequest,
        method: Method,
        trailers: str,
        *,
        anew: bool,  # noqa: ARG002  # it takes the place of what was armed, which a push ends anyway
    ) -> str | None:
        """By "Merge a merge request", which takes what is not mergeable at all for a fault (405, 406, 409, 422)."""
        if method == "rebase":
            return "GitLab rebases where the project's merge method says so, and not for one merge request"
        if not request.head_oid:
            return "GitLab does not know the merge request's head yet; the next run tries again"
        message = merge_message(request, trailers, "!")
        body = {
            "auto_merge": True,
            # Before 17.11 this is its name, and a server that knew neither would merge at once.
            "merge_when_pipeline_succeeds": True,
            "sha": request.head_oid,
            "squash": method == "squash",
            # With a squash the project may make a merge commit too.
            "merge_commit_message": message,
            "squash_commit_message": message,
        }
        try:
            answer = self._web.send("PUT", f"{self._one(request)}/merge", body).read(MergeRequest)
        except ForgeDenied as fault:
            return f"the token may not merge into {request.base}: GitLab {fault.what}"
        except ForgeRefused as fault:
            now = told(self._read(request))
            if now.auto_merge or now.state == "merged":
                return None
            return f"GitLab {fault.what}: no pipeline runs yet, or something else stands against a merge"
        after = told(answer)
        if after.auto_merge or after.state == "merged" or answer.state == "locked":
            return None
        return "GitLab took the wish for auto-merge, and did not arm it"

    def disarm(self, request: PullRequest) -> None:
        if not request.auto_merge:
            return
        try:
            self._web.send("POST", f"{self._one(request)}/cancel_merge_when_pipeline_succeeds", again=True)
        except ForgeRefused:  # 406: it was not armed, or not any more
            if told(self._read(request)).auto_merge:
                raise

    def comment(self, request: PullRequest, text: str) -> None:
        self._web.send("POST", f"{self._one(request)}/notes", {"body": harmless(text)})

    def close(self, request: PullRequest) -> None:
        if request.state == "open":
            self._web.send("PUT", self._one(request), {"state_event": "close"})

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """Commits API, "List the statuses of a commit"; jobs of pipelines are among them."""
        path = f"{self._at}/repository/commits/{quote(commit, safe='')}/statuses"
        pages = self._web.pages(path, {"per_page": 100})
        return newest([each for page in pages for each in page.read(list[Status])])

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """Commits API, "Set the pipeline status of a commit"."""
        body = {"state": SENT[status.state], "name": status.context, "description": status.description[:TITLE]}
        if status.url:
            body["target_url"] = status.url
        try:
            self._web.send("POST", f"{self._at}/statuses/{quote(commit, safe='')}", body, again=True)
        except ForgeRefused as fault:
            if not stands_already(fault.what, status.state):
                raise

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        """Merge request approvals API, and "Get merge request reviewers" for who asks for changes (16.9 and newer)."""
        approvals = self._web.get(f"{self._one(request)}/approvals").read(Approvals)
        approved = names(tuple(each.user for each in approvals.approved_by or ()))
        try:
            reviewers = self._web.get(f"{self._one(request)}/reviewers").read(list[Reviewer])
        except ForgeAbsent:
            reviewers = []  # an older server, where nobody can ask for changes
        asks = names(tuple(each.user for each in reviewers if each.state == "requested_changes"))
        return [
            *(Review(name, approves=True) for name in approved if name not in asks),
            *(Review(name, approves=False) for name in asks),
        ]

    def members(self, team: str) -> frozenset[str]:
        return self._people.members(team)

    def rights(self) -> str:
        me = self._web.get("/user").read(User).username
        project = self._web.get(self._at).read(ProjectAnswer)
        try:
            scopes = self._web.get("/personal_access_tokens/self").read(Token).scopes
        except (ForgeAbsent, ForgeDenied, ForgeRefused):
            scopes = ()  # an OAuth token, of which GitLab tells no scopes
        where = self._project.page
        if scopes and "api" not in scopes:
            raise ForgeDenied(f"the token of {me} has only {', '.join(scopes)}", where=where, cure=CURE)
        given = project.permissions
        levels = [each.access_level for each in (given.project_access, given.group_access) if each] if given else []
        if levels and max(levels) < _DEVELOPER:
            raise ForgeDenied(f"{me} has less than the role Developer there", where=where, cure=CURE)
        may = "has the role Developer or more there" if levels else "is no member by name: its role cannot be told"
        return f"{me} {may}; the token's scopes: {', '.join(scopes) or 'not told'}"
