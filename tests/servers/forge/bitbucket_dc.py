"""A fake Bitbucket Data Center, below the path /bitbucket of its host; its makers publish no description of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from promote.forge.address import Kind, Project
from tests.servers.forge.server import Asked, FakeForge, Reply, Route
from tests.servers.forge.state import ConflictError, Pull, State, Status

_AT = "/api/latest/projects/OPS/repos/gitops"
_ID = 41
_WORDS = {"open": "OPEN", "merged": "MERGED", "closed": "DECLINED"}
_STATES = {"INPROGRESS": "pending", "SUCCESSFUL": "success", "FAILED": "failure"}
_STRATEGIES = {"no-ff": "merge", "squash": "squash", "rebase-ff-only": "rebase"}
_OUT_OF_DATE = "You are attempting to modify a pull request based on out-of-date information."


class BitbucketDataCenter(FakeForge):
    base_path = "/bitbucket/rest"

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        self.kind = kind
        self.has_drafts = True  # 8.18
        self.has_builds = True  # 7.14
        self.auto_merge: bool | None = True  # the repository's setting; None before 8.15
        self.may_write = True
        self.most = 40  # of one page
        self.versions: dict[int, int] = {}
        self.names: dict[str, str] = {}  # of builds, by key

    @property
    def project(self) -> Project:
        return Project("bitbucket-dc", f"{self.url}/bitbucket", "OPS/gitops")

    def refusal(self, status: int, message: str, exception: str = "") -> Reply:
        name = f"com.atlassian.bitbucket.{exception}" if exception else None
        return Reply(status, {"errors": [{"context": None, "message": message, "exceptionName": name}]})

    def routes(self) -> Mapping[tuple[str, str], Route]:
        one = rf"{_AT}/pull-requests/(\d+)"
        builds = "/build-status/latest/commits/([0-9a-f]+)"
        return {
            ("GET", _AT): lambda _: Reply(200, self._repository(), {"X-AUSERNAME": quote("promote bot")}),
            ("GET", "/api/latest/repos"): self._repositories,
            ("GET", "/api/latest/admin/groups/more-members"): self._group,
            ("GET", f"{_AT}/pull-requests"): self._list,
            ("POST", f"{_AT}/pull-requests"): self._open,
            ("GET", one): lambda _, number: Reply(200, self._told(self._pull(number))),
            ("PUT", one): self._edit,
            ("POST", f"{one}/decline"): self._decline,
            ("POST", f"{one}/comments"): self._comment,
            ("POST", f"{one}/merge"): self._merge,
            ("GET", f"{one}/auto-merge"): self._armed,
            ("DELETE", f"{one}/auto-merge"): self._cancel,
            ("GET", f"{_AT}/settings/auto-merge"): self._settings,
            ("POST", rf"{_AT}/commits/([0-9a-f]+)/builds"): self._build,
            ("POST", builds): self._old_build,
            ("GET", builds): self._builds,
        }

    def _called(self, asked: Asked) -> Reply:
        # What writes must not be taken for a browser's form.
        assert asked.method == "GET" or asked.headers.get("x-atlassian-token") == "no-check"
        with self.state.lock:
            return super()._called(asked)

    # Shapes.
    def _repository(self, number: int = _ID) -> dict[str, Any]:
        return {"id": number, "slug": "gitops", "name": "gitops", "project": {"key": "OPS"}}

    def _person(self, name: str, role: str, **more: Any) -> dict[str, Any]:
        user = {"name": name, "slug": name, "displayName": name.title(), "type": "NORMAL"}
        return {"user": user, "role": role, "approved": False, "status": "UNAPPROVED", **more}

    def _ref(self, branch: str, oid: str, number: int = _ID) -> dict[str, Any]:
        repository = self._repository(number)
        return {"id": f"refs/heads/{branch}", "displayId": branch, "latestCommit": oid, "repository": repository}

    def _told(self, pull: Pull) -> dict[str, Any]:
        said = {each.by: each for each in self.state.said(pull)}
        body = {
            "id": pull.number,
            "version": self.versions.get(pull.number, 0),
            "title": pull.title,
            "state": _WORDS[pull.state],
            "open": pull.state == "open",
            "closed": pull.state != "open",
            "fromRef": self._ref(pull.head, self.state.head_of(pull)),
            "toRef": self._ref(pull.base, self.state.tip(pull.base), 7 if pull.number in self.foreign else _ID),
            "author": self._person(pull.author, "AUTHOR"),
            "reviewers": [
                self._person(
                    name,
                    "REVIEWER",
                    **(
                        {
                            "status": "APPROVED" if said[name].approves else "NEEDS_WORK",
                            "approved": said[name].approves,
                            "lastReviewedCommit": said[name].commit,
                        }
                        if name in said
                        else {}
                    ),
                )
                for name in pull.reviewers
            ],
            "participants": [],
            "links": {"self": [{"href": f"https://internal.example.com/pull-requests/{pull.number}"}]},
        }
        if pull.body:  # an empty description is left out
            body["description"] = pull.body
        if self.has_drafts:
            body["draft"] = pull.draft
        if pull.merged_as is not None:
            body["properties"] = {"mergeCommit": {"id": pull.merged_as, "displayId": pull.merged_as[:11]}}
        return body

    def _pull(self, number: str) -> Pull:
        found = self.state.get(int(number))
        assert found is not None, number
        return found

    def _touch(self, pull: Pull) -> None:
        self.versions[pull.number] = self.versions.get(pull.number, 0) + 1

    def _is_outdated(self, pull: Pull, version: int | None) -> bool:
        return version != self.versions.get(pull.number, 0)

    def _outdated(self) -> Reply:
        return self.refusal(409, _OUT_OF_DATE, "pull.PullRequestOutOfDateException")

    def _paged(self, asked: Asked, values: Sequence[Any]) -> Reply:
        size = min(int(asked.query.get("limit", 25)), self.most)
        start = int(asked.query.get("start", 0))
        some = list(values[start : start + size])
        is_last = start + size >= len(values)
        following = None if is_last else start + size
        body = {"size": len(some), "limit": size, "isLastPage": is_last, "start": start, "values": some}
        return Reply(200, {**body, "nextPageStart": following})

    def _absent(self) -> Reply:
        """As an old server answers what it has not: no JSON of the API's."""
        return Reply(404)

    # Routes.
    def _repositories(self, asked: Asked) -> Reply:
        assert asked.query.get("permission") == "REPO_WRITE"
        return self._paged(asked, [self._repository()] if self.may_write else [])

    def _list(self, asked: Asked) -> Reply:
        assert (asked.query.get("direction"), asked.query.get("order")) == ("OUTGOING", "NEWEST")
        state = asked.query.get("state", "OPEN")
        found = [
            pull
            for pull in reversed(self.state.pulls)
            if state in ("ALL", _WORDS[pull.state]) and f"refs/heads/{pull.head}" == asked.query["at"]
        ]
        return self._paged(asked, [self._told(pull) for pull in found])

    def _group(self, asked: Asked) -> Reply:
        people = self.state.members.get(asked.query["context"], [])
        gone = {"name": "gone", "displayName": "Gone", "active": False, "type": "NORMAL"}
        found = [{"name": name, "displayName": name.title(), "active": True, "type": "NORMAL"} for name in people]
        return self._paged(asked, [*found, gone] if people else [])

    def _invalid(self, names: Sequence[str], author: str) -> Reply | None:
        said = [f"{name} is not a user." for name in names if name not in self.state.people]
        said += [f"{name} is the author of this pull request." for name in names if name == author]
        if not said:
            return None
        error = {
            "context": "reviewers",
            "message": "Errors encountered while adding some reviewers to this pull request.",
            "exceptionName": "com.atlassian.bitbucket.pull.InvalidPullRequestReviewersException",
            "reviewerErrors": [{"context": each.split()[0], "message": each, "exceptionName": None} for each in said],
            "validReviewers": [],
        }
        return Reply(409, {"errors": [error]})

    def _named(self, body: Any) -> list[str]:
        return [each["user"]["name"] for each in body.get("reviewers", ())]

    def _open(self, asked: Asked) -> Reply:
        body = asked.body
        for end in ("fromRef", "toRef"):
            assert body[end]["repository"] == {"slug": "gitops", "project": {"key": "OPS"}}
        names = self._named(body)
        if (invalid := self._invalid(names, "promote-bot")) is not None:
            return invalid
        head, base = (body[end]["id"].removeprefix("refs/heads/") for end in ("fromRef", "toRef"))
        try:
            pull = self.state.open(head, base, body["title"], body.get("description", ""))
        except ConflictError as exc:
            return self.refusal(409, str(exc), "pull.DuplicatePullRequestException")
        pull.draft = bool(body.get("draft")) and self.has_drafts
        pull.reviewers = names
        return Reply(201, self._told(pull))

    def _edit(self, asked: Asked, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        if self._is_outdated(pull, body.get("version")):
            return self._outdated()
        if pull.state != "open":
            return self.refusal(409, "This pull request is closed already.", "pull.IllegalPullRequestStateException")
        names = self._named(body)
        if (invalid := self._invalid(names, pull.author)) is not None:
            return invalid
        pull.title, pull.body, pull.reviewers = body["title"], body.get("description", ""), names
        if self.has_drafts:
            pull.draft = bool(body.get("draft", False))
        self._touch(pull)
        return Reply(200, self._told(pull))

    def _decline(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        if self._is_outdated(pull, int(asked.query.get("version", -1))):
            return self._outdated()
        if pull.state != "open":
            said = "This pull request has already been merged or declined."
            return self.refusal(409, said, "pull.IllegalPullRequestStateException")
        self.state.close(pull, "promote-bot")
        self._touch(pull)
        return Reply(200, self._told(pull))

    def _comment(self, asked: Asked, number: str) -> Reply:
        pull = self._pull(number)
        pull.comments.append(asked.body["text"])
        return Reply(201, {"id": len(pull.comments), "version": 0, "text": asked.body["text"]})

    def _settings(self, _: Asked) -> Reply:
        if self.auto_merge is None:
            return self._absent()
        scope = {"resourceId": _ID, "type": "REPOSITORY"}
        return Reply(200, {"enabled": self.auto_merge, "restrictionState": "NONE", "scope": scope})

    def _merge(self, asked: Asked, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        if self._is_outdated(pull, int(asked.query.get("version", -1))):
            return self._outdated()
        if self.auto_merge is False and body.get("autoMerge"):
            return self.refusal(403, "Auto-merge is not enabled for this repository.")
        newest = self.state.newest(self.state.head_of(pull))
        passed = all(name in newest and newest[name].state == "success" for name in self.state.required)
        if pull.draft or self.state.conflicts(pull):
            return self.refusal(409, "It has conflicts or vetoes.", "pull.PullRequestMergeVetoedException")
        strategy = _STRATEGIES[body["strategyId"]]
        subject = [f"Pull request #{number}: {pull.title}"] if body.get("autoSubject", True) else []
        message = "\n\n".join([*subject, body["message"]]) if "message" in body else None
        # A server without auto-merge overlooks the wish for it.
        if body.get("autoMerge") and self.auto_merge is not None and not passed:
            if pull.armed is not None:
                return self.refusal(409, "Auto-merge was requested already.")
            pull.armed, pull.message = strategy, message
        else:
            self.state.merge(pull, strategy, message)
            self._touch(pull)
        return Reply(200, self._told(pull))

    def _armed(self, _: Asked, number: str) -> Reply:
        pull = self._pull(number)
        if pull.armed is None:
            return self.refusal(404, "Auto-merge was not requested.")
        return Reply(200, {"fromHash": self.state.head_of(pull), "toRefId": f"refs/heads/{pull.base}"})

    def _cancel(self, _: Asked, number: str) -> Reply:
        pull = self._pull(number)
        if pull.armed is None:
            return self.refusal(404, "Auto-merge was not requested.")
        pull.armed = None
        return Reply(204)

    def _build(self, asked: Asked, commit: str) -> Reply:
        return self._old_build(asked, commit) if self.has_builds else self._absent()

    def _old_build(self, asked: Asked, commit: str) -> Reply:
        body = asked.body
        assert max(map(len, (body["key"], body["name"], body["description"]))) <= 255
        assert body["url"].startswith("http")
        self.names[body["key"]] = body["name"]
        self.state.set_status(commit, Status(body["key"], _STATES[body["state"]], body["description"], body["url"]))
        return Reply(204)

    def _builds(self, asked: Asked, commit: str) -> Reply:
        assert asked.query.get("orderBy") == "NEWEST"
        words = {ours: theirs for theirs, ours in _STATES.items()}
        told = [
            {
                "key": each.context,
                "name": self.names.get(each.context, f"#1 of {each.context}"),
                "state": words[each.state],
                "description": each.description,
                "url": each.url or "https://ci.example.com",
                "dateAdded": number,
            }
            for number, each in enumerate(self.state.newest(commit).values())
        ]
        return self._paged(asked, told[::-1][:100])
