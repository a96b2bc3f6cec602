"""A fake Gitea, or Forgejo: they differ in how a list is filtered, and in what the contract has."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from promote.forge.address import Kind, Project
from tests.servers.forge.contract import Contract, contract
from tests.servers.forge.server import Asked, FakeForge, Reply, Route
from tests.servers.forge.state import ConflictError, Pull, State, Status

_START = datetime(2026, 1, 5, 12, tzinfo=UTC)
_REPOSITORY = 7
_SAID = {True: "APPROVED", False: "REQUEST_CHANGES"}


def _without_null(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_null(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return value


class _Gaps(Contract):
    """The description as it should be, below the path of the server.

    "Merge a pull request" answers 201 where it only schedules, and says 200; pointers and lists of the server that are
    empty come as null, of which it says nothing.
    """

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None:
        super().request(method, path.removeprefix("/git"), query, body)

    def answer(self, method: str, path: str, status: int, body: Any) -> None:
        if (method, status) != ("POST", 201) or not path.endswith("/merge"):
            super().answer(method, path.removeprefix("/git"), status, _without_null(body))


def _time(moves: int) -> str:
    return (_START + timedelta(minutes=moves)).isoformat().replace("+00:00", "Z")


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) % 10_000


class Gitea(FakeForge):
    """Below the path /git of its host, in an organisation, unless `is_personal`."""

    base_path = "/git/api/v1"

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        self.kind = kind
        self.contract = contract(kind, _Gaps)
        self.is_personal = False
        self.most = 50  # MAX_RESPONSE_ITEMS of app.ini
        self.org_labels: list[str] = []
        # How often it answers that it still works out whether a request merges.
        self.checking = 0
        self.touched: dict[int, int] = {}  # when each pull request was last changed
        self._moves = 0
        self.links_from = ""  # ROOT_URL, where that is not the address

    @property
    def project(self) -> Project:
        return Project(self.kind, f"{self.url}/git", "acme/git.ops")

    def refusal(self, status: int, message: str) -> Reply:
        return Reply(status, {"message": message, "url": f"{self.url}/git/api/swagger"})

    def is_signed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"token {self.token}"

    def routes(self) -> Mapping[tuple[str, str], Route]:
        repo = r"/repos/acme/git\.ops"
        return {
            ("GET", repo): self._repo,
            ("GET", "/user"): lambda _: Reply(200, self._user("promote-bot")),
            ("GET", f"{repo}/pulls"): self._list,
            ("POST", f"{repo}/pulls"): self._open,
            ("GET", rf"{repo}/pulls/(\d+)"): lambda _, n: Reply(200, self._told(self._pull(n))),
            ("GET", rf"{repo}/pulls/(\d+)/reviews"): self._reviews,
            ("GET", rf"{repo}/pulls/(\d+)/commits"): self._commits,
            ("GET", rf"{repo}/pulls/([^/]+)/(.+)"): self._by_branches,
            ("PATCH", rf"{repo}/pulls/(\d+)"): self._edit,
            ("POST", rf"{repo}/pulls/(\d+)/requested_reviewers"): self._ask,
            ("POST", rf"{repo}/pulls/(\d+)/merge"): self._merge,
            ("DELETE", rf"{repo}/pulls/(\d+)/merge"): self._cancel,
            ("POST", rf"{repo}/issues/(\d+)/labels"): self._label,
            ("POST", rf"{repo}/issues/(\d+)/comments"): self._comment,
            ("GET", f"{repo}/labels"): lambda asked: self._paged(asked, self._labels(self.state.labels)),
            ("GET", "/orgs/acme/labels"): self._organisation,
            ("GET", "/orgs/acme/teams/search"): self._teams,
            ("GET", r"/teams/(\d+)/members"): self._members,
            ("GET", f"{repo}/milestones"): self._milestones,
            ("GET", rf"{repo}/commits/([0-9a-f]+)/statuses"): self._statuses,
            ("POST", rf"{repo}/statuses/([0-9a-f]+)"): self._set_status,
        }

    def _called(self, asked: Asked) -> Reply:
        with self.state.lock:
            return super()._called(asked)

    # Shapes.
    def _user(self, name: str) -> dict[str, Any]:
        return {"id": _number(name), "login": name, "full_name": "", "email": f"{name}@example.com"}

    def _labels(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return [{"id": _number(name), "name": name, "color": "00aabb", "exclusive": False} for name in names]

    def _teams(self, asked: Asked) -> Reply:
        names = [f"{name}-old" for name in self.state.teams] + self.state.teams
        found = [{"id": _number(name), "name": name} for name in names if asked.query["q"].lower() in name]
        reply = self._paged(asked, found)
        return Reply(200, {"ok": True, "data": reply.body}, reply.headers)

    def _members(self, asked: Asked, number: str) -> Reply:
        name = next(name for name in self.state.teams if _number(name) == int(number))
        return self._paged(asked, [self._user(each) for each in self.state.members[name]])

    def _milestone(self, name: str | None) -> dict[str, Any] | None:
        return None if name is None else {"id": _number(name), "title": name, "state": "open"}

    def _team(self, name: str) -> dict[str, Any]:
        return {"id": _number(name), "name": name, "permission": "write"}

    def _told(self, pull: Pull) -> dict[str, Any]:
        """As services/convert/pull.go has it: a branch's present tip, whatever became of the pull request."""
        tip = self.state.tip(pull.head)
        last = self.state.head_of(pull)
        owner = _REPOSITORY + 1 if pull.number in self.foreign else _REPOSITORY
        head = {"label": pull.head, "ref": pull.head, "sha": tip, "repo_id": owner}
        if not tip:
            head |= {"ref": f"refs/pull/{pull.number}/head", "sha": last}
        draft = pull.title.upper().startswith(("WIP:", "[WIP]"))
        body: dict[str, Any] = {
            "id": 1000 + pull.number,
            "number": pull.number,
            "url": f"{self.url}/git/acme/git.ops/pulls/{pull.number}",
            "html_url": f"{self.url}/git/acme/git.ops/pulls/{pull.number}",
            "user": self._user(pull.author),
            "title": pull.title,
            "body": pull.body,
            "labels": self._labels(pull.labels) or None,
            "milestone": self._milestone(pull.milestone),
            "assignees": [self._user(name) for name in pull.assignees] or None,
            "requested_reviewers": [self._user(name) for name in pull.reviewers],
            "requested_reviewers_teams": [self._team(name) for name in pull.teams],
            "state": "open" if pull.state == "open" else "closed",
            "draft": draft,
            "merged": pull.state == "merged",
            "mergeable": pull.state == "open" and not draft and not self.checking and not self.state.conflicts(pull),
            "merge_commit_sha": pull.merged_as,
            "closed_at": None if pull.state == "open" else _time(self.touched.get(pull.number, pull.number)),
            "base": {"label": pull.base, "ref": pull.base, "sha": self.state.tip(pull.base), "repo_id": _REPOSITORY},
            "head": head,
        }
        return body

    def _pull(self, number: str) -> Pull:
        found = self.state.get(int(number))
        assert found is not None, number
        return found

    def _touch(self, pull: Pull) -> None:
        self._moves += 1
        self.touched[pull.number] = 1000 + self._moves

    def _paged(self, asked: Asked, values: Sequence[Any]) -> Reply:
        size = min(int(asked.query.get("limit", 30)), self.most)
        page = int(asked.query.get("page", 1))
        headers = {"X-Total-Count": str(len(values))}
        if page * size < len(values):
            root = self.links_from or f"{self.url}/git"
            headers["Link"] = (
                f'<{root}{asked.path.removeprefix("/git")}?page={page + 1}>; rel="next",'
                f'<{root}{asked.path.removeprefix("/git")}?page={-(-len(values) // size)}>; rel="last"'
            )
        return Reply(200, list(values[(page - 1) * size : page * size]), headers)

    def _absent(self, message: str = "The target couldn't be found.") -> Reply:
        return Reply(404, {"message": message, "url": f"{self.url}/git/api/swagger", "errors": []})

    # Routes.
    def _repo(self, _: Asked) -> Reply:
        return Reply(200, {"id": _REPOSITORY, "permissions": {"admin": False, "push": True, "pull": True}})

    def _list(self, asked: Asked) -> Reply:
        assert asked.query.get("sort") == "recentupdate"
        state = asked.query.get("state", "open")
        filters = ("base", "head") if self.kind == "forgejo" else ("base_branch",)
        wanted = {"base_branch": lambda pull: pull.base, "base": lambda pull: pull.base, "head": lambda pull: pull.head}
        found = [
            pull
            for pull in self.state.pulls
            if state == "all" or (state == "open") == (pull.state == "open")
            if all(wanted[name](pull) == asked.query.get(name, wanted[name](pull)) for name in filters)
        ]
        found.sort(key=lambda pull: self.touched.get(pull.number, pull.number), reverse=True)
        return self._paged(asked, [self._told(pull) for pull in found])

    def _by_branches(self, _: Asked, base: str, head: str) -> Reply:
        """Any of them, as GetPullRequestByBaseHeadInfo: here the oldest."""
        found = [pull for pull in self.state.pulls if (pull.base, pull.head) == (base, head)]
        return Reply(200, self._told(found[0])) if found else self._absent()

    def _open(self, asked: Asked) -> Reply:
        body = asked.body
        known = {_number(name): name for name in [*self.state.labels, *self.org_labels]}
        milestones = {_number(name): name for name in self.state.milestones}
        if body.get("milestone", 0) and body["milestone"] not in milestones:
            return self._absent()
        if not self.state.tip(body["head"]) or not self.state.tip(body["base"]):
            return self._absent()
        pull = self.state.open(body["head"], body["base"], body["title"], body.get("body", ""))
        pull.draft = pull.title.upper().startswith(("WIP:", "[WIP]"))
        # Numbers that are no label's are dropped without a word.
        pull.labels = [known[number] for number in body.get("labels", ()) if number in known]
        pull.milestone = milestones.get(body.get("milestone", 0))
        self._touch(pull)
        return Reply(201, self._told(pull))

    def _edit(self, asked: Asked, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        if unknown := [name for name in body.get("assignees", ()) if name not in self.state.people]:
            return self.refusal(422, f"Assignee does not exist: [name: {unknown[0]}]")
        if "state" in body:
            if pull.state == "merged":
                return self.refusal(412, "cannot change state of this pull request, it was already merged")
            if body["state"] == "closed" and pull.state == "open":
                self.state.close(pull, "promote-bot")
        pull.title = body.get("title") or pull.title
        pull.draft = pull.title.upper().startswith(("WIP:", "[WIP]"))
        pull.body = body.get("body", pull.body)
        if "assignees" in body:
            pull.assignees = list(body["assignees"])
        if body.get("milestone"):
            pull.milestone = {_number(name): name for name in self.state.milestones}[body["milestone"]]
        self._touch(pull)
        return Reply(201, self._told(pull))

    def _ask(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        made: list[dict[str, Any]] = []
        names, teams = asked.body.get("reviewers", []), asked.body.get("team_reviewers", [])
        for name in names:
            if name not in self.state.people:
                return self._absent(f"User '{name}' not exist")
            if name == pull.author:
                return self.refusal(422, "poster of pr can't be reviewer")
        for name in teams if not self.is_personal else ():
            if name not in self.state.teams:
                return self._absent(f"Team '{name}' not exist")
        for name in names:
            if name not in pull.reviewers:
                pull.reviewers.append(name)
                made.append(self._review(len(made), "REQUEST_REVIEW", user=self._user(name)))
        for name in teams if not self.is_personal else ():
            if name not in pull.teams:
                pull.teams.append(name)
                made.append(self._review(len(made), "REQUEST_REVIEW", team=self._team(name)))
        self._touch(pull)
        return Reply(201, made)

    def _review(self, number: int, state: str, **more: Any) -> dict[str, Any]:
        return {"id": number, "state": state, "dismissed": False, "stale": False, "official": True, "body": "", **more}

    def _reviews(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        told = [
            self._review(
                index,
                "APPROVED" if said.approves else "REQUEST_CHANGES",
                user=self._user(said.by),
                commit_id=said.commit,
            )
            for index, said in enumerate(pull.reviews)
        ]
        told += [self._review(500 + i, "REQUEST_REVIEW", user=self._user(n)) for i, n in enumerate(pull.reviewers)]
        return self._paged(asked, told)

    def _commits(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        base = f"{pull.merged_as}^1" if pull.merged_as else pull.base
        listed = self.state.git("rev-list", self.state.head_of(pull), f"^{base}").splitlines()
        return self._paged(asked, [{"sha": oid} for oid in listed])

    def _merge(self, asked: Asked, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        if pull.state != "open":
            return self._absent() if pull.state == "closed" else self.refusal(405, "")
        if pull.draft:
            return self.refusal(405, "Work in progress PRs cannot be merged")
        if self.checking:
            self.checking -= 1
            return self.refusal(405, "Please try again later")
        if self.state.conflicts(pull):
            return self.refusal(405, "Please try again later")
        # Whatever stands below the title is what was given: the commits' own texts are left out.
        parts = [body.get("MergeTitleField") or f"{pull.title} (#{pull.number})", body.get("MergeMessageField", "")]
        message = "\n\n".join(part for part in parts if part)
        newest = self.state.newest(self.state.head_of(pull))
        passed = all(name in newest and newest[name].state == "success" for name in self.state.required)
        if body.get("merge_when_checks_succeed") and not passed:
            if pull.armed is not None:
                said = f"The pull request is already scheduled to auto merge when checks succeed [pull_id: {number}]"
                return self.refusal(409, said)
            pull.armed, pull.message = body["Do"], message
            return Reply(201)
        if body.get("head_commit_id", self.state.head_of(pull)) != self.state.head_of(pull):
            return self.refusal(409, "head out of date")
        self.state.merge(pull, body["Do"], message)
        self._touch(pull)
        return Reply(200)

    def _cancel(self, _: Asked, number: str) -> Reply:
        pull = self._pull(number)
        if pull.armed is None:
            return self._absent()
        pull.armed = None
        return Reply(204)

    def _label(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        known = {_number(name): name for name in [*self.state.labels, *self.org_labels]}
        pull.labels += [known[each] for each in asked.body["labels"] if known[each] not in pull.labels]
        self._touch(pull)
        return Reply(200, self._labels(pull.labels))

    def _comment(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        pull.comments.append(asked.body["body"])
        self._touch(pull)
        return Reply(201, {"id": len(pull.comments), "body": asked.body["body"], "user": self._user("promote-bot")})

    def _organisation(self, asked: Asked) -> Reply:
        return self._absent() if self.is_personal else self._paged(asked, self._labels(self.org_labels))

    def _milestones(self, asked: Asked) -> Reply:
        """Filtered by a part of the name, in any case."""
        part = asked.query.get("name", "").lower()
        return self._paged(asked, [self._milestone(name) for name in self.state.milestones if part in name.lower()])

    def _status(self, number: int, status: Status) -> dict[str, Any]:
        told = {"id": number, "context": status.context, "status": status.state, "description": status.description}
        return {**told, "target_url": status.url}

    def _statuses(self, asked: Asked, commit: str) -> Reply:
        kept = self.state.statuses.get(commit, [])
        return self._paged(asked, [self._status(number, each) for number, each in reversed(list(enumerate(kept)))])

    def _set_status(self, asked: Asked, commit: str) -> Reply:
        body = asked.body
        if not self.state.git("cat-file", "-t", commit, ok=False):
            raise ConflictError(f"object does not exist [id: {commit}]")
        made = Status(body["context"], body["state"], body.get("description", ""), body.get("target_url", ""))
        self.state.set_status(commit, made)
        return Reply(201, self._status(len(self.state.statuses[commit]), made))
