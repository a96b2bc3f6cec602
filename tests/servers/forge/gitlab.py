"""GitLab's REST API v4, below a path, in the shapes and with the oddities of gitlab.com."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from promote.forge.address import Kind, Project
from tests.servers.forge.contract import contract
from tests.servers.forge.server import Asked, FakeForge, Reply, Route
from tests.servers.forge.state import ConflictError, Pull, State, Status

PATH = "acme/platform/gitops"
ABOVE = "/lab"
_PROJECT = r"/projects/([^/]+)"
_ONE = _PROJECT + r"/merge_requests/([0-9]+)"
_DRAFT = re.compile(r"\A(draft:|\[draft\]|\(draft\))", re.IGNORECASE)
_QUICK = re.compile(r"^/(?:close|merge|approve)\b", re.MULTILINE)
# GitLab's word of a state that tests give in ours.
_STATES = {"failure": "failed", "error": "canceled"}
_EVENTS = {"pending": "enqueue", "running": "run", "success": "succeed", "failed": "drop", "canceled": "cancel"}


class GitLab(FakeForge):
    contract = contract("gitlab")
    base_path = f"{ABOVE}/api/v4"

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        self.kind = kind
        self.access: int | None = 30
        self.scopes: list[str] | None = ["api"]  # None: an OAuth token, which has no such page
        self.is_free = False
        self.is_old = False  # before 16.9: nobody can ask for changes
        self.sha_is_there = True
        self.may_merge = True

    @property
    def project(self) -> Project:
        return Project(self.kind, f"{self.url}{ABOVE}", PATH)

    def described_path(self, asked: Asked) -> str:
        return asked.path.removeprefix(ABOVE)

    def is_signed(self, asked: Asked) -> bool:
        return self.token in (asked.headers.get("private-token"), asked.headers.get("authorization", "")[7:])

    def refusal(self, status: int, message: str) -> Reply:
        return Reply(status, {"message": "401 Unauthorized" if status == 401 else message})

    def routes(self) -> Mapping[tuple[str, str], Route]:
        commit = r"([^/]+)"
        return {
            ("GET", "/user"): lambda asked: Reply(200, self._user("promote-bot")),
            ("GET", "/users"): self.users,
            ("GET", "/personal_access_tokens/self"): self.own_token,
            ("GET", "/groups/([^/]+)/members/all"): self.members,
            ("GET", _PROJECT): self.one_project,
            ("GET", _PROJECT + "/milestones"): self.milestones,
            ("GET", _PROJECT + "/merge_requests"): self.listed,
            ("POST", _PROJECT + "/merge_requests"): self.created,
            ("GET", _ONE): self.shown,
            ("PUT", _ONE): self.changed,
            ("PUT", _ONE + "/merge"): self.merged,
            ("POST", _ONE + "/cancel_merge_when_pipeline_succeeds"): self.cancelled,
            ("POST", _ONE + "/notes"): self.noted,
            ("GET", _ONE + "/approvals"): self.approvals,
            ("GET", _ONE + "/reviewers"): self.reviewers,
            ("GET", _PROJECT + "/repository/commits/" + commit + "/statuses"): self.statuses,
            ("POST", _PROJECT + "/statuses/" + commit): self.status_set,
        }

    def _routed(self, asked: Asked) -> Reply:
        """What changes something may come as a query too; clients of others send it so."""
        if asked.method == "PUT" and asked.query:
            words = {"true": True, "false": False}
            query = {name: words.get(value.lower(), value) for name, value in asked.query.items()}
            asked = replace(asked, query={}, body={**query, **(asked.body or {})})
        return super()._routed(asked)

    # People.
    def _id(self, name: str) -> int:
        return 100 + self.state.people.index(name)

    def _name(self, number: int) -> str:
        return self.state.people[number - 100]

    def _user(self, name: str) -> dict[str, Any]:
        url = f"{self.url}{ABOVE}/{name}"
        return {"id": self._id(name), "username": name, "name": name.title(), "state": "active", "web_url": url}

    def members(self, asked: Asked, group: str) -> Reply:
        if group not in self.state.members:
            return self.refusal(404, "404 Group Not Found")
        size, page = int(asked.query["per_page"]), int(asked.query.get("page", 1))
        people = [*self.state.members[group], "blocked"]
        listed = [
            {
                "id": 100 + number,
                "username": name,
                "name": name.title(),
                "access_level": 30,
                "state": "blocked" if name == "blocked" else "active",
                "web_url": f"{self.url}{ABOVE}/{name}",
            }
            for number, name in list(enumerate(people))[(page - 1) * size : page * size]
        ]
        link = f'<{self.url}{asked.path}?per_page={size}&page={page + 1}>; rel="next"'
        return Reply(200, listed, {"Link": link} if page * size < len(people) else {})

    def users(self, asked: Asked) -> Reply:
        wanted = asked.query.get("username", "").casefold()
        return Reply(200, [self._user(name) for name in self.state.people if name.casefold() == wanted])

    def own_token(self, asked: Asked) -> Reply:
        if self.scopes is None:
            return self.refusal(401, "401 Unauthorized")
        return Reply(200, {"id": 5, "name": "promote", "revoked": False, "scopes": self.scopes, "active": True})

    def one_project(self, asked: Asked, project: str) -> Reply:
        if project != PATH:
            return self.refusal(404, "404 Project Not Found")
        access = None if self.access is None else {"access_level": self.access, "notification_level": 3}
        permissions = {"project_access": access, "group_access": None}
        return Reply(200, {"id": 7, "path_with_namespace": PATH, "permissions": permissions})

    def milestones(self, asked: Asked, project: str) -> Reply:
        fits = [title for title in self.state.milestones if title == asked.query.get("title", title)]
        return Reply(200, [self._milestone(title) for title in fits])

    def _milestone(self, title: str) -> dict[str, Any]:
        return {"id": 40 + self.state.milestones.index(title), "title": title, "state": "active"}

    # Merge requests.
    def _shape(self, pull: Pull) -> dict[str, Any]:
        conflicts = pull.state == "open" and self.state.conflicts(pull)
        sha = self.state.head_of(pull) if self.sha_is_there else None
        return {
            "id": 9000 + pull.number,
            "iid": pull.number,
            "project_id": 7,
            "title": pull.title,
            "description": pull.body or None,
            "state": "opened" if pull.state == "open" else pull.state,
            "created_at": f"2026-01-06T08:00:{pull.number:02d}.000Z",
            "web_url": f"{self.project.page}/-/merge_requests/{pull.number}",
            "source_branch": pull.head,
            "target_branch": pull.base,
            "source_project_id": 8 if pull.number in self.foreign else 7,
            "target_project_id": 7,
            "author": self._user(pull.author),
            "labels": sorted(pull.labels),
            "draft": pull.draft,
            "work_in_progress": pull.draft,
            "assignees": [self._user(name) for name in pull.assignees],
            "reviewers": [self._user(name) for name in pull.reviewers],
            "milestone": None if pull.milestone is None else self._milestone(pull.milestone),
            "merge_when_pipeline_succeeds": pull.armed is not None,
            "merge_status": "cannot_be_merged" if conflicts else "can_be_merged" if sha else "checking",
            "has_conflicts": conflicts,
            "sha": sha,
            "diff_refs": None if sha is None else {"base_sha": None, "head_sha": sha, "start_sha": None},
            "merge_commit_sha": pull.merged_as,
            "squash_commit_sha": None,
        }

    def _pull(self, number: str) -> Pull | None:
        return self.state.get(int(number))

    def listed(self, asked: Asked, project: str) -> Reply:
        assert asked.query.get("order_by", "created_at") == "created_at"
        pulls = sorted(self.state.pulls, key=lambda pull: -pull.number)
        for name, value in (("source_branch", "head"), ("target_branch", "base")):
            if name in asked.query:
                pulls = [pull for pull in pulls if getattr(pull, value) == asked.query[name]]
        state = {"opened": "open"}.get(asked.query.get("state", "all"), asked.query.get("state", "all"))
        found = [pull for pull in pulls if state in ("all", pull.state)]
        size, page = min(self.most, int(asked.query.get("per_page", 20))), int(asked.query.get("page", 1))
        link = f'<{self.url}{asked.path}?{urlencode({**asked.query, "page": page + 1})}>; rel="next"'
        shapes = [self._shape(pull) for pull in found[(page - 1) * size : page * size]]
        return Reply(200, shapes, {"Link": link} if page * size < len(found) else {})

    def created(self, asked: Asked, project: str) -> Reply:
        body = asked.body
        there = [pull for pull in self.state.pulls if pull.head == body["source_branch"] and pull.state == "open"]
        if there:
            said = f"Another open merge request already exists for this source branch: !{there[0].number}"
            return Reply(409, {"message": [said]})
        pull = self.state.open(body["source_branch"], body["target_branch"], "", "")
        self._apply(pull, body)
        self.state.deletes_merged = bool(body.get("remove_source_branch"))
        return Reply(201, self._shape(pull))

    def _apply(self, pull: Pull, body: Mapping[str, Any]) -> None:
        if "title" in body:
            assert 0 < len(body["title"]) <= 255
            pull.title, pull.draft = body["title"], _DRAFT.match(body["title"]) is not None
        if "description" in body:
            assert not _QUICK.search(body["description"]), "a quick action was done"
            pull.body = body["description"]
        labels = body.get("labels", pull.labels)
        pull.labels = labels.split(",") if isinstance(labels, str) else list(labels)
        pull.labels += [label for label in body.get("add_labels", ()) if label not in pull.labels]
        for field, where in (("reviewer_ids", pull.reviewers), ("assignee_ids", pull.assignees)):
            if field in body:
                where[:] = [self._name(number) for number in body[field][: 1 if self.is_free else None]]
        if "milestone_id" in body:
            pull.milestone = self.state.milestones[body["milestone_id"] - 40]

    def shown(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        return self.refusal(404, "404 Not found") if pull is None else Reply(200, self._shape(pull))

    def changed(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        if pull is None:
            return self.refusal(404, "404 Not found")
        self._apply(pull, asked.body)
        if asked.body.get("state_event") == "close" and pull.state == "open":
            self.state.close(pull, by="promote-bot")
        return Reply(200, self._shape(pull))

    def _pipeline(self, pull: Pull) -> str:
        """Of the head: none, running or success; what tests require is a job of it."""
        newest = self.state.newest(self.state.head_of(pull))
        states = [newest[name].state if name in newest else "running" for name in self.state.required]
        return "none" if not states else "success" if set(states) == {"success"} else "running"

    def merged(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        body = asked.body or {}
        if pull is None:
            return self.refusal(404, "404 Not found")
        if not self.may_merge:
            return self.refusal(401, "401 Unauthorized")
        waits = body.get("auto_merge") or body.get("merge_when_pipeline_succeeds")
        pipeline = self._pipeline(pull)
        if pull.draft or pull.state != "open" or (waits and pipeline == "none"):
            return self.refusal(405, "405 Method Not Allowed")
        if self.state.conflicts(pull):
            return self.refusal(422, "Branch cannot be merged")
        head = self.state.head_of(pull)
        if body.get("sha", head) != head:
            return self.refusal(409, f"SHA does not match HEAD of source branch: {head}")
        method = "squash" if body.get("squash") else "merge"
        pull.message = body.get(f"{method}_commit_message")
        if waits and pipeline == "running":
            pull.armed = method
        else:
            self.state.merge(pull, method, pull.message)
        return Reply(200, self._shape(pull))

    def cancelled(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        if pull is None or pull.armed is None:
            return self.refusal(406, "406 Not Acceptable")
        pull.armed = None
        return Reply(201, {"status": "success"})

    def noted(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        if pull is None:
            return self.refusal(404, "404 Not found")
        assert not _QUICK.search(asked.body["body"]), "a quick action was done"
        pull.comments.append(asked.body["body"])
        return Reply(201, {"id": len(pull.comments), "body": asked.body["body"], "author": self._user("promote-bot")})

    def approvals(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        assert pull is not None
        by = [{"user": self._user(each.by)} for each in self.state.said(pull) if each.approves]
        return Reply(200, {"iid": pull.number, "approvals_required": 0, "approvals_left": 0, "approved_by": by})

    def reviewers(self, asked: Asked, project: str, number: str) -> Reply:
        pull = self._pull(number)
        if pull is None or self.is_old:
            return self.refusal(404, "404 Not Found")
        said = {each.by: "approved" if each.approves else "requested_changes" for each in self.state.said(pull)}
        return Reply(
            200, [{"user": self._user(name), "state": said.get(name, "unreviewed")} for name in pull.reviewers]
        )

    # Statuses.
    def statuses(self, asked: Asked, project: str, commit: str) -> Reply:
        if not self.state.git("cat-file", "-t", commit, ok=False):
            return self.refusal(404, "404 Commit Not Found")
        size, page = int(asked.query.get("per_page", 20)), int(asked.query.get("page", 1))
        newest = self.state.newest(commit)
        all_of = [self._status(commit, number, each) for number, each in enumerate(newest.values())]
        start = (page - 1) * size
        links = {}
        if start + size < len(all_of):
            to = f"{self.url}{asked.path}?page={page + 1}&per_page={size}"
            links = {"Link": f'<{to}>; rel="next", <{self.url}{asked.path}?page=1&per_page={size}>; rel="first"'}
        return Reply(200, all_of[start : start + size], links)

    def _status(self, commit: str, number: int, status: Status) -> dict[str, Any]:
        return {
            "id": 500 + number,
            "sha": commit,
            "ref": "main",
            "status": _STATES.get(status.state, status.state),
            "name": status.context,
            "target_url": status.url or None,
            "description": status.description or None,
            "allow_failure": False,
            "author": self._user("promote-bot"),
        }

    def status_set(self, asked: Asked, project: str, commit: str) -> Reply:
        body = asked.body
        state, name = body["state"], body["name"]
        if state not in _EVENTS or len(body.get("description", "")) > 255 or body.get("target_url") == "":
            raise ConflictError("is not valid")
        now = self.state.newest(commit).get(name)
        if now is not None and now.state in ("pending", "running") and state in (now.state, "pending"):
            event = _EVENTS[state]
            reason = f'Reason(s): Status cannot transition via "{event}"'
            return self.refusal(400, f"Cannot transition status via :{event} from :{now.state} ({reason})")
        ours = {"failed": "failure"}.get(state, state)
        self.state.set_status(commit, Status(name, ours, body.get("description") or "", body.get("target_url") or ""))
        return Reply(201, self._status(commit, 0, self.state.newest(commit)[name]))
