"""GitHub Enterprise Server on loopback: its REST API below /api/v3, its GraphQL API at /api/graphql."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from promote.forge.address import Kind, Project
from tests.servers.forge import github_shapes as shapes
from tests.servers.forge.contract import contract
from tests.servers.forge.github_graphql import Resolvers
from tests.servers.forge.github_shapes import OWNER, REPOSITORY, Json
from tests.servers.forge.server import Asked, FakeForge, Reply, Route
from tests.servers.forge.state import ConflictError, Pull, State, Status

_HERE = "/v3/repos/([^/]+/[^/]+)"
_PULL = rf"{_HERE}/pulls/([0-9]+)"
_ISSUE = rf"{_HERE}/issues/([0-9]+)"
_ACCESS = (
    "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a "
    f"collaborator of the {REPOSITORY} repository."
)


class GitHub(FakeForge):
    contract = contract("github")
    base_path = "/api"

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        assert kind == "github"
        self.drafts = True  # a plan that has them
        self.allows_auto_merge = True
        self.is_app = False  # whose token it is
        self.permissions = {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True}
        self.scopes: str | None = None  # of a classic token
        self.archived = False
        self.asks_one_only = False  # a plan that has one reviewer
        self.runs: dict[str, list[tuple[str, str, str | None]]] = {}  # name, status, conclusion
        self.closed_at: dict[int, str] = {}
        self.dismissed: set[tuple[int, str]] = set()
        self.most_reviews = 100
        self.rules = ""  # why branches that are no scratch ones may not be changed
        self.lost: list[str] = []  # fields of GraphQL whose next answer does not arrive
        self.before: dict[str, Callable[[], object]] = {}  # what happens just before a field of GraphQL is answered
        self._events: dict[int, list[Json]] = {}
        self._computed: set[tuple[str, str]] = set()
        self._graphql = Resolvers(self)

    @property
    def project(self) -> Project:
        return Project("github", self.url, REPOSITORY)

    def described_path(self, asked: Asked) -> str:
        return super().described_path(asked).removeprefix("/api/v3")

    def is_signed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") in (f"Bearer {self.token}", f"token {self.token}")

    def refusal(self, status: int, message: str, errors: Sequence[Any] = ()) -> Reply:
        body: Json = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
        return Reply(status, {**body, "errors": list(errors)} if errors else body)

    def routes(self) -> Mapping[tuple[str, str], Route]:
        found: dict[tuple[str, str], Route] = {
            ("GET", _HERE): self._repository,
            ("GET", f"{_HERE}/pulls"): self._pulls,
            ("POST", f"{_HERE}/pulls"): self._create,
            ("GET", _PULL): self._pull,
            ("PATCH", _PULL): self._edit,
            ("PUT", f"{_PULL}/merge"): self._merge,
            ("POST", f"{_PULL}/requested_reviewers"): self._request,
            ("PATCH", _ISSUE): self._plan,
            ("POST", f"{_ISSUE}/labels"): self._label,
            ("POST", f"{_ISSUE}/assignees"): self._assign,
            ("POST", f"{_ISSUE}/comments"): self._comment,
            ("GET", f"{_ISSUE}/events"): self._history,
            ("GET", f"{_HERE}/milestones"): self._milestones,
            ("GET", f"{_HERE}/commits/([0-9a-f]+)/status"): self._combined,
            ("GET", f"{_HERE}/commits/([0-9a-f]+)/check-runs"): self._check_runs,
            ("POST", f"{_HERE}/statuses/([0-9a-f]+)"): self._set_status,
            ("POST", f"{_HERE}/git/refs"): self._create_ref,
            ("DELETE", f"{_HERE}/git/refs/(.+)"): self._delete_ref,
        }
        return {
            **{key: self._within(route) for key, route in found.items()},
            ("GET", "/v3/user"): self._user,
            ("GET", "/v3/orgs/acme/teams/([^/]+)/members"): self._members,
            ("POST", "/graphql"): self._query,
        }

    def answer(self, asked: Asked) -> Reply | None:
        query = asked.body["query"] if asked.path.endswith("/graphql") else ""
        for name in [name for name in self.before if f" {name}(" in query]:
            self.before.pop(name)()
        reply = super().answer(asked)
        for name in [name for name in self.lost if f" {name}(" in query]:
            self.lost.remove(name)
            return None
        return reply

    def _within(self, route: Route) -> Route:
        def checked(asked: Asked, repository: str, *rest: str) -> Reply:
            if repository.lower() != REPOSITORY:
                return self.refusal(404, "Not Found")
            with self.state.lock:
                return route(asked, *rest)

        return checked

    # What GraphQL needs of it.
    def happened(self, pull: Pull, event: str, **more: Any) -> None:
        self._events.setdefault(pull.number, []).append({"event": event, **more})

    def standing(self, pull: Pull) -> str:
        """The `mergeable_state` of a pull request."""
        if pull.draft:
            return "draft"
        if self.state.conflicts(pull):
            return "dirty"
        newest = self.state.newest(self.state.head_of(pull))
        if any(name not in newest or newest[name].state != "success" for name in self.state.required):
            return "blocked"
        return "clean" if all(each.state == "success" for each in newest.values()) else "unstable"

    def moved(self) -> None:
        """Once a branch moved, pull requests with nothing ahead of their base are closed, for good."""
        for pull in self.state.pulls:
            is_open = pull.state == "open" and self.state.tip(pull.head)
            if is_open and self.state.git("rev-list", "--count", f"{pull.base}..{pull.head}") == "0":
                self.state.close(pull, by="github")

    def said(self, pull: Pull, by: str) -> None:
        """Who reviewed is not asked any more."""
        pull.reviewers.remove(by)

    def _query(self, asked: Asked) -> Reply:
        return Reply(200, self._graphql.answer(asked.body))

    # Pull requests.
    def listed(self, pull: Pull) -> Json:
        ours = shapes.repository(self.url)
        if pull.number in self.foreign:
            ours = shapes.repository(self.url, "acme/gitops-fork", 2)
        return shapes.pull(
            self.url,
            pull,
            head=self.state.head_of(pull),
            base=self.state.tip(pull.base),
            milestones=self.state.milestones,
            closed_at=self.closed_at.get(pull.number, shapes.moment(3600 + pull.number)),
            head_repository=ours,
        )

    def _alone(self, pull: Pull) -> Json:
        """Whether it can be merged is found out after the first who asks."""
        listed = self.listed(pull)
        at = (listed["head"]["sha"], listed["base"]["sha"])
        mergeable = None if at not in self._computed or pull.state != "open" else not self.state.conflicts(pull)
        self._computed.add(at)
        status = "unknown" if mergeable is None else self.standing(pull)
        return shapes.alone(self.url, listed, mergeable=mergeable, status=status)

    def _found(self, number: str) -> Pull:
        pull = self.state.get(int(number))
        assert pull is not None, f"no pull request {number}"
        return pull

    def _paged(self, asked: Asked, items: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
        size, page = min(self.most, int(asked.query.get("per_page", 30))), int(asked.query.get("page", 1))
        links = []
        if page * size < len(items):
            query = urlencode({**asked.query, "page": page + 1})
            links.append(f'<{self.url}{asked.path}?{query}>; rel="next"')
        if page > 1:
            links.insert(0, f'<{self.url}{asked.path}?{urlencode({**asked.query, "page": page - 1})}>; rel="prev"')
        return list(items[(page - 1) * size : page * size]), {"Link": ", ".join(links)} if links else {}

    def _pulls(self, asked: Asked) -> Reply:
        query = asked.query
        owner, colon, branch = query.get("head", "").partition(":")
        listed = []
        for pull in sorted(self.state.pulls, key=lambda each: each.number, reverse=query.get("direction") == "desc"):
            state = "open" if pull.state == "open" else "closed"
            if query.get("state", "open") not in ("all", state) or query.get("base", pull.base) != pull.base:
                continue
            # A head without its owner is no filter at all.
            if colon and (owner.lower(), branch) != (OWNER, pull.head):
                continue
            listed.append(self.listed(pull))
        page, headers = self._paged(asked, listed)
        return Reply(200, page, headers)

    def _create(self, asked: Asked) -> Reply:
        body = asked.body
        if body.get("draft") and not self.drafts:
            return self.refusal(422, "Draft pull requests are not supported in this repository.")
        if not self.state.tip(body["head"]):
            wrong = {"resource": "PullRequest", "field": "head", "code": "invalid"}
            return self.refusal(422, "Validation Failed", [wrong])
        try:
            pull = self.state.open(
                body["head"], body["base"], body["title"], body.get("body") or "", draft=bool(body.get("draft"))
            )
        except ConflictError as exc:
            said = str(exc)
            if "already exists" in said:
                said = f"A pull request already exists for {OWNER}:{body['head']}."
            elif "no commits" in said:
                said = f"No commits between {body['base']} and {body['head']}"
            return self.refusal(
                422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": said}]
            )
        return Reply(201, self._alone(pull))

    def _pull(self, asked: Asked, number: str) -> Reply:
        pull = self.state.get(int(number))
        return self.refusal(404, "Not Found") if pull is None else Reply(200, self._alone(pull))

    def _edit(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        pull.title = asked.body.get("title", pull.title)
        pull.body = asked.body.get("body", pull.body) or ""
        if asked.body.get("state") == "closed" and pull.state == "open":
            self.state.close(pull, by="promote-bot")
        return Reply(200, self._alone(pull))

    def worded(self, pull: Pull, body: str | None) -> str | None:
        return None if body is None else f"{pull.title} (#{pull.number})\n\n{body}"

    def _merge(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        if asked.body.get("sha", self.state.head_of(pull)) != self.state.head_of(pull):
            return self.refusal(409, "Head branch was modified. Review and try the merge again.")
        if pull.state != "open" or self.standing(pull) in ("dirty", "blocked", "draft"):
            return self.refusal(405, "Pull Request is not mergeable")
        message = self.worded(pull, asked.body.get("commit_message"))
        made = self.state.merge(pull, asked.body.get("merge_method", "merge"), message)
        return Reply(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})

    def _request(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        people, teams = asked.body.get("reviewers", []), asked.body.get("team_reviewers", [])
        if pull.author in people:
            return self.refusal(422, "Review cannot be requested from pull request author.")
        if not set(people) <= set(self.state.people) or not set(teams) <= set(self.state.teams):
            return self.refusal(422, _ACCESS)
        if self.asks_one_only:
            people = people[: 0 if pull.reviewers else 1]
        for each in people:
            if each not in pull.reviewers:
                pull.reviewers.append(each)
                self.happened(pull, "review_requested", requested_reviewer=shapes.user(self.url, each))
        for each in teams:
            if each not in pull.teams:
                pull.teams.append(each)
                self.happened(pull, "review_requested", requested_team=shapes.team(self.url, each))
        return Reply(201, self.listed(pull))

    # Its issue.
    def _plan(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        pull.milestone = self.state.milestones[asked.body["milestone"] - 1]
        return Reply(200, shapes.issue(self.url, self.listed(pull)))

    def _label(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        wanted = asked.body["labels"]
        if any(len(each) > 50 for each in wanted):
            wrong = {"resource": "Label", "code": "custom", "field": "name", "message": "name is too long"}
            return self.refusal(422, "Validation Failed", [wrong])
        # Labels that nobody made yet are made.
        pull.labels += [each for each in wanted if each not in pull.labels]
        return Reply(200, [shapes.label(self.url, each) for each in pull.labels])

    def _assign(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        pull.assignees += [each for each in asked.body["assignees"] if each in self.state.people]
        return Reply(201, shapes.issue(self.url, self.listed(pull)))

    def _comment(self, asked: Asked, number: str) -> Reply:
        pull = self._found(number)
        pull.comments.append(asked.body["body"])
        issue = f"{self.url}/api/v3/repos/{REPOSITORY}/issues/{number}"
        answer = {
            "id": len(pull.comments),
            "node_id": "IC_1",
            "url": f"{issue}/comments/1",
            "html_url": f"{self.url}/{REPOSITORY}/pull/{number}#issuecomment-1",
            "issue_url": issue,
            "body": asked.body["body"],
            "user": shapes.user(self.url, "promote-bot"),
            "created_at": shapes.moment(1),
            "updated_at": shapes.moment(1),
            "author_association": "COLLABORATOR",
        }
        return Reply(201, answer)

    def _history(self, asked: Asked, number: str) -> Reply:
        page, headers = self._paged(asked, self._events.get(int(number), []))
        return Reply(200, page, headers)

    def _milestones(self, asked: Asked) -> Reply:
        told = [shapes.milestone(self.url, 1 + at, title) for at, title in enumerate(self.state.milestones)]
        page, headers = self._paged(asked, told)
        return Reply(200, page, headers)

    # Commits and branches.
    def _combined(self, asked: Asked, commit: str) -> Reply:
        newest = list(self.state.newest(commit).values())
        told = [shapes.status(self.url, commit, at, one) for at, one in enumerate(newest)]
        page, headers = self._paged(asked, told)
        states = {one.state for one in newest}
        url = f"{self.url}/api/v3/repos/{REPOSITORY}/commits/{commit}"
        answer = {
            "state": "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending",
            "statuses": page,
            "sha": commit,
            "total_count": len(told),
            "repository": shapes.repository(self.url),
            "commit_url": url,
            "url": f"{url}/status",
        }
        return Reply(200, answer, headers)

    def _check_runs(self, asked: Asked, commit: str) -> Reply:
        told = [shapes.run(self.url, commit, at, *one) for at, one in enumerate(self.runs.get(commit, []))]
        page, headers = self._paged(asked, told)
        return Reply(200, {"total_count": len(told), "check_runs": page}, headers)

    def _set_status(self, asked: Asked, commit: str) -> Reply:
        body = asked.body
        description = body.get("description") or ""
        if len(description) > 140:
            return self.refusal(422, "Validation Failed", ["description is too long (maximum is 140 characters)"])
        one = Status(body.get("context", "default"), body["state"], description, body.get("target_url") or "")
        self.state.set_status(commit, one)
        answer = shapes.status(self.url, commit, 1, one)
        return Reply(201, {**answer, "creator": shapes.user(self.url, "promote-bot")})

    def _create_ref(self, asked: Asked) -> Reply:
        ref, sha = asked.body["ref"], asked.body["sha"]
        if self.state.tip(ref.removeprefix("refs/heads/")):
            return self.refusal(422, "Reference already exists")
        if not self.state.git("cat-file", "-t", sha, ok=False):
            return self.refusal(422, "Object does not exist")
        self.state.git("update-ref", ref, sha)
        url = f"{self.url}/api/v3/repos/{REPOSITORY}/git"
        answer = {
            "ref": ref,
            "node_id": "REF_1",
            "url": f"{url}/{ref}",
            "object": {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"},
        }
        return Reply(201, answer)

    def _delete_ref(self, asked: Asked, ref: str) -> Reply:
        if not self.state.tip(ref.removeprefix("heads/")):
            return self.refusal(422, "Reference does not exist")
        self.state.git("update-ref", "-d", f"refs/{ref}")
        return Reply(204)

    # Who it is.
    def _repository(self, asked: Asked) -> Reply:
        body = {**shapes.repository(self.url), "permissions": self.permissions, "archived": self.archived}
        return Reply(200, body, {} if self.scopes is None else {"X-OAuth-Scopes": self.scopes})

    def _members(self, asked: Asked, slug: str) -> Reply:
        if slug not in self.state.teams:
            return self.refusal(404, "Not Found")
        people, headers = self._paged(asked, [shapes.user(self.url, name) for name in self.state.members[slug]])
        return Reply(200, people, headers)

    def _user(self, asked: Asked) -> Reply:
        if self.is_app:
            return self.refusal(403, "Resource not accessible by integration")
        return Reply(200, shapes.user(self.url, "promote-bot"))
