"""A fake Bitbucket Cloud."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from promote.forge.address import Kind, Project
from tests.servers.forge.contract import Contract, contract
from tests.servers.forge.server import Asked, FakeForge, Reply, Route
from tests.servers.forge.state import ConflictError, Pull, State, Status

_AT = "/repositories/acme/gitops"
_START = datetime(2026, 1, 5, 12, tzinfo=UTC)
_WORDS = {"open": "OPEN", "merged": "MERGED", "closed": "DECLINED"}
_STATES = {"INPROGRESS": "pending", "SUCCESSFUL": "success", "FAILED": "failure", "STOPPED": "error"}
_CLAUSE = re.compile(r'(source|destination)\.branch\.name="((?:[^"\\]|\\.)*)"')
# What every collection takes, by the chapter "Filtering and sorting" and those beside it.
_GENERAL = {"q", "sort", "page", "pagelen", "fields"}
# Fields of a pull request of which the description tells in its prose alone.
_PROSE = {"description", "draft"}


class _Cloud(Contract):
    """The description, below the path of its server, and with what only its prose has."""

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None:
        if isinstance(body, dict):
            body = {key: value for key, value in body.items() if key not in _PROSE}
        kept = {key: value for key, value in query.items() if key not in _GENERAL}
        super().request(method, path.removeprefix("/2.0"), kept, body)

    def answer(self, method: str, path: str, status: int, body: Any) -> None:
        super().answer(method, path.removeprefix("/2.0"), status, body)


class Bitbucket(FakeForge):
    base_path = "/2.0"

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        self.kind = kind
        self.contract = contract("bitbucket-cloud", _Cloud)
        self.scopes = "pullrequest:write, repository:write, account"
        self.twins: list[str] = []  # nicknames that two people have
        self.without_access: set[str] = set()
        self.names: dict[str, str] = {}  # of statuses, by key

    @property
    def project(self) -> Project:
        return Project("bitbucket", self.url, "acme/gitops")

    def refusal(self, status: int, message: str) -> Reply:
        return Reply(status, {"type": "error", "error": {"message": message}})

    def routes(self) -> Mapping[tuple[str, str], Route]:
        one = rf"{_AT}/pullrequests/(\d+)"
        return {
            ("GET", _AT): self._repo,
            ("GET", f"{_AT}/pullrequests"): self._list,
            ("POST", f"{_AT}/pullrequests"): self._open,
            ("GET", one): lambda _, number: Reply(200, self._told(self._pull(number), whole=True)),
            ("PUT", one): self._edit,
            ("POST", f"{one}/decline"): self._decline,
            ("POST", f"{one}/comments"): self._comment,
            ("GET", rf"{_AT}/commit/([0-9a-f]+)"): self._commit,
            ("GET", rf"{_AT}/commit/([0-9a-f]+)/statuses"): self._statuses,
            ("POST", rf"{_AT}/commit/([0-9a-f]+)/statuses/build"): self._set_status,
            ("GET", "/workspaces/acme/members"): self._members,
        }

    def _called(self, asked: Asked) -> Reply:
        with self.state.lock:
            return super()._called(asked)

    # Shapes.
    def known_as(self, name: str) -> str:
        return "{" + str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) + "}"

    def _user(self, name: str) -> dict[str, Any]:
        shown = f"{name.title()} Example"
        return {"type": "user", "uuid": self.known_as(name), "nickname": name, "display_name": shown}

    def _end(self, branch: str, oid: str, repository: str = "acme/gitops") -> dict[str, Any]:
        return {
            "branch": {"name": branch},
            "commit": {"type": "commit", "hash": oid[:12]},
            "repository": {"type": "repository", "full_name": repository},
        }

    def _told(self, pull: Pull, *, whole: bool) -> dict[str, Any]:
        is_foreign = pull.number in self.foreign
        body: dict[str, Any] = {
            "type": "pullrequest",
            "id": pull.number,
            "title": pull.title,
            "description": pull.body,
            "state": _WORDS[pull.state],
            "draft": pull.draft,
            "author": self._user(pull.author),
            "source": self._end(pull.head, self.state.head_of(pull), "eve/gitops" if is_foreign else "acme/gitops"),
            "destination": self._end(pull.base, self.state.tip(pull.base)),
            "created_on": (_START + timedelta(minutes=pull.number)).isoformat(),
            "links": {"html": {"href": f"{self.url}/acme/gitops/pull-requests/{pull.number}"}},
        }
        if pull.merged_as is not None:
            body["merge_commit"] = {"type": "commit", "hash": pull.merged_as[:12]}
        if whole:
            body["reviewers"] = [self._user(name) for name in pull.reviewers]
            body["participants"] = [
                {
                    "type": "participant",
                    "user": self._user(said.by),
                    "role": "REVIEWER",
                    "approved": said.approves,
                    "state": "approved" if said.approves else "changes_requested",
                }
                for said in self.state.said(pull)
            ]
        return body

    def _pull(self, number: str) -> Pull:
        found = self.state.get(int(number))
        assert found is not None, number
        return found

    def _paged(self, asked: Asked, values: Sequence[Any]) -> Reply:
        size = min(int(asked.query.get("pagelen", 10)), self.most)
        page = int(asked.query.get("page", 1))
        body: dict[str, Any] = {"page": page, "pagelen": size, "values": list(values[(page - 1) * size : page * size])}
        if page * size < len(values):
            kept = [(name, value) for name, value in parse_qsl(asked.raw) if name != "page"]
            body["next"] = f"{self.url}{asked.path}?{urlencode([*kept, ('page', page + 1)])}"
        return Reply(200, body)

    # Routes.
    def _repo(self, _: Asked) -> Reply:
        body = {"type": "repository", "full_name": "acme/gitops", "is_private": True}
        return Reply(200, body, {"X-OAuth-Scopes": self.scopes} if self.scopes else {})

    def _list(self, asked: Asked) -> Reply:
        given = parse_qs(asked.raw)
        states = given.get("state", ["OPEN"])
        q = asked.query.get("q", "")
        clauses = [_CLAUSE.fullmatch(clause) for clause in q.split(" AND ")]
        assert all(clauses), q
        wanted = {clause[1]: re.sub(r"\\(.)", r"\1", clause[2]) for clause in clauses if clause is not None}
        end: dict[str, Callable[[Pull], str]] = {
            "source": lambda pull: pull.head,
            "destination": lambda pull: pull.base,
        }
        found = [
            pull
            for pull in self.state.pulls
            if _WORDS[pull.state] in states and all(end[which](pull) == name for which, name in wanted.items())
        ]
        if asked.query.get("sort") == "-created_on":
            found.reverse()
        assert int(asked.query.get("pagelen", 10)) <= 50, "Invalid pagelen"
        whole = "+values.reviewers" in asked.query.get("fields", "")
        return self._paged(asked, [self._told(pull, whole=whole) for pull in found])

    def _named(self, body: Any) -> list[str]:
        """The reviewers that a body asks for, by nickname."""
        by_uuid = {self.known_as(name): name for name in self.state.people}
        return [by_uuid.get(each.get("uuid", ""), "") for each in body.get("reviewers", ())]

    def _refused(self, names: Sequence[str], author: str) -> Reply | None:
        said = ""
        if "" in names:
            said = "reviewers: Malformed reviewers list"
        elif author in names:
            said = f"reviewers: {author} is the author and cannot be included as a reviewer."
        elif locked := [name for name in names if name in self.without_access]:
            said = f"reviewers: {locked[0]} does not have access to view this pull request"
        if not said:
            return None
        return Reply(400, {"type": "error", "error": {"message": said, "fields": {"reviewers": [said]}}})

    def _open(self, asked: Asked) -> Reply:
        body = asked.body
        head, base = body["source"]["branch"]["name"], body["destination"]["branch"]["name"]
        names = self._named(body)
        if (refused := self._refused(names, "promote-bot")) is not None:
            return refused
        same = (pull for pull in self.state.pulls if pull.state == "open" and (pull.head, pull.base) == (head, base))
        pull = next(same, None)
        if pull is None:
            try:
                pull = self.state.open(head, base, body["title"], "")
            except ConflictError as exc:
                return self.refusal(400, str(exc))
        # One that is open already is changed, without a word.
        pull.title, pull.body = body["title"], body.get("description", "")
        pull.draft = bool(body.get("draft", False))
        pull.reviewers = names
        return Reply(201, self._told(pull, whole=True))

    def _edit(self, asked: Asked, number: str) -> Reply:
        pull, names = self._pull(number), self._named(asked.body)
        if pull.state != "open":
            return self.refusal(400, "Only open pull requests can be mutated")
        if (refused := self._refused(names, pull.author)) is not None:
            return refused
        pull.title = asked.body["title"]
        pull.body = asked.body.get("description", "")
        pull.draft = bool(asked.body.get("draft", pull.draft))
        pull.reviewers = names
        return Reply(200, self._told(pull, whole=True))

    def _decline(self, _: Asked, number: str) -> Reply:
        pull = self._pull(number)
        if pull.state != "open":
            return self.refusal(400, "This pull request is already closed.")
        self.state.close(pull, "promote-bot")
        return Reply(200, self._told(pull, whole=True))

    def _comment(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        pull.comments.append(asked.body["content"]["raw"])
        return Reply(201, {"type": "pullrequest_comment", "id": len(pull.comments), "content": asked.body["content"]})

    def _commit(self, _: Asked, begun: str) -> Reply:
        oid = self.state.git("rev-parse", "--verify", "--quiet", f"{begun}^{{commit}}", ok=False)
        if not oid:
            return self.refusal(404, f"Commit not found: {begun}")
        return Reply(200, {"type": "commit", "hash": oid})

    def _members(self, asked: Asked) -> Reply:
        if "account" not in self.scopes:
            return self.refusal(403, "Your credentials lack one or more required privilege scopes.")
        names = [*self.state.people, *self.twins]
        users = [self._user(name) for name in names]
        for number, user in enumerate(users[len(self.state.people) :]):
            user["uuid"] = self.known_as(f"twin-{number}")
        return self._paged(asked, [{"type": "workspace_membership", "user": user} for user in users])

    def _statuses(self, asked: Asked, commit: str) -> Reply:
        words = {ours: theirs for theirs, ours in _STATES.items()}
        told = [
            {
                "type": "build",
                "key": each.context,
                "name": self.names.get(each.context, f"#1 of {each.context}"),
                "state": words[each.state],
                "description": each.description,
                "url": each.url or "https://ci.example.com",
            }
            for each in self.state.newest(commit).values()
        ]
        return self._paged(asked, told)

    def _set_status(self, asked: Asked, commit: str) -> Reply:
        body = asked.body
        assert len(body["key"]) <= 40
        assert body["url"].startswith("http")
        self.names[body["key"]] = body["name"]
        self.state.set_status(commit, Status(body["key"], _STATES[body["state"]], body["description"], body["url"]))
        return Reply(201, {"type": "build", **body})
