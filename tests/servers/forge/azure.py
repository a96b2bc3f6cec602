"""Azure DevOps: the REST API 7.0 for Git, with some of Core, Location and Security; the cloud or a server."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from typing import Any

from promote.forge.address import Kind, Project
from tests.servers.forge.contract import contract
from tests.servers.forge.server import Asked, FakeForge, Json, Reply, Route
from tests.servers.forge.state import Pull, State, Status

ORGANISATION, PROJECT, REPOSITORY = "acme", "my shop", "gitops"
NOBODY = "00000000-0000-0000-0000-000000000000"
_GIT = r"/([^/]+)/_apis/git/repositories/([^/]+)"
_ONE = _GIT + r"/pull[rR]equests/([0-9]+)"
_TEAMS = r"/_apis/projects/([^/]+)/teams"
_STATES = {"open": "active", "merged": "completed", "closed": "abandoned"}
_STRATEGIES = {"noFastForward": "merge", "squash": "squash", "rebase": "rebase", "rebaseMerge": "rebase"}
_THEIRS = {"success": "succeeded", "failure": "failed"}
_OURS = {theirs: ours for ours, theirs in _THEIRS.items()}


def guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


class Azure(FakeForge):
    contract = contract("azure-devops")
    above = ""  # a server's path, such as /tfs

    def __init__(self, state: State, kind: Kind) -> None:
        super().__init__(state)
        self.kind = kind
        self.me = "promote-bot"
        self.allowed: bool | None = True  # None: the token may not ask
        self.shown: dict[str, str] = {}  # display names of people
        self.merge_status: str | None = None
        self.is_endless = False

    @property
    def base_path(self) -> str:  # type: ignore[override]  # it depends on what a test set
        return f"{self.above}/{ORGANISATION}"

    @property
    def project(self) -> Project:
        return Project(self.kind, f"{self.url}{self.above}", f"{ORGANISATION}/{PROJECT}/{REPOSITORY}")

    def described_path(self, asked: Asked) -> str:
        return asked.path.removeprefix(self.above)

    def described_body(self, body: Json) -> Json:
        """The description has bare lists where the wire has `{count, value}`."""
        return body["value"] if isinstance(body, dict) and set(body) == {"count", "value"} else body

    def is_signed(self, asked: Asked) -> bool:
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return given == self.token
        return scheme == "Basic" and base64.b64decode(given).decode() == f":{self.token}"

    def refusal(self, status: int, message: str) -> Reply:
        body = {
            "$id": "1",
            "innerException": None,
            "message": message,
            "typeName": "Microsoft.TeamFoundation.Git.Server.GitException, Microsoft.TeamFoundation.Git.Server",
            "typeKey": "GitException",
            "errorCode": 0,
            "eventId": 3000,
        }
        return Reply(status, body)

    def routes(self) -> Mapping[tuple[str, str], Route]:
        commit = _GIT + r"/commits/([^/]+)/statuses"
        return {
            ("GET", "/_apis/connectionData"): self.connection,
            ("GET", r"/_apis/permissions/([^/]+)/([0-9]+)"): self.permissions,
            ("GET", _TEAMS): self.teams,
            ("GET", _TEAMS + "/([^/]+)/members"): self.members,
            ("GET", _GIT): self.repository,
            ("GET", _GIT + "/pullrequests"): self.listed,
            ("POST", _GIT + "/pullrequests"): self.created,
            ("GET", _ONE): self.shown_one,
            ("PATCH", _ONE): self.changed,
            ("POST", _ONE + "/labels"): self.labelled,
            ("GET", _ONE + "/reviewers"): self.reviewers,
            ("POST", _ONE + "/reviewers"): self.asked_for_review,
            ("POST", _ONE + "/threads"): self.said,
            ("GET", commit): self.statuses,
            ("POST", commit): self.status_set,
        }

    def _called(self, asked: Asked) -> Reply:
        version = asked.query.get("api-version", "")
        if not re.fullmatch(r"7\.[01](-preview(\.1)?)?", version):
            return self.refusal(400, f"The requested REST API version of {version} is out of range")
        if asked.path.endswith("/connectionData") and "preview" not in version:
            return self.refusal(400, "is under preview. The -preview flag must be supplied in the api-version")
        return super()._called(asked)

    def _list(self, values: list[Any]) -> Reply:
        return Reply(200, {"count": len(values), "value": values})

    # Who is who.
    def _identity(self, name: str) -> dict[str, Any]:
        if name in self.state.teams:
            shown, unique, container = f"[{PROJECT}]\\{name}", f"vstfs:///Classification/{name}", True
        else:
            shown, unique, container = self.shown.get(name, name.title()), name, False
        out = {"id": guid(name), "displayName": shown, "uniqueName": unique, "url": f"{self.url}/ids/{guid(name)}"}
        return {**out, "isContainer": True} if container else out

    def _who(self, number: str) -> str | None:
        return next((name for name in [*self.state.people, *self.state.teams] if guid(name) == number), None)

    def connection(self, asked: Asked) -> Reply:
        anonymous = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
        user = {"id": guid(self.me) if self.me else anonymous, "providerDisplayName": self.me or "Anonymous"}
        return Reply(200, {"authenticatedUser": user, "authorizedUser": user, "instanceId": guid("instance")})

    def permissions(self, asked: Asked, namespace: str, bits: str) -> Reply:
        assert asked.query["tokens"] == f"repoV2/{guid(PROJECT)}/{guid(REPOSITORY)}"
        if self.allowed is None:
            return self.refusal(403, "TF400813: not authorized to access this resource")
        return self._list([self.allowed])

    def teams(self, asked: Asked, project: str) -> Reply:
        assert project == PROJECT
        names = [*self.state.teams, f"{PROJECT} Team"]
        return self._list([{"id": guid(name), "name": name, "projectName": PROJECT} for name in names])

    def members(self, asked: Asked, project: str, team: str) -> Reply:
        names = {guid(name): self.state.members.get(name, []) for name in self.state.teams}
        people = {**names, guid(f"{PROJECT} Team"): self.state.people}[team]
        most, start = int(asked.query["$top"]), int(asked.query.get("$skip", 0))
        shown = people[start : start + most]
        return self._list([{"identity": self._identity(name), "isTeamAdmin": False} for name in shown])

    def repository(self, asked: Asked, project: str, repository: str) -> Reply:
        if (project, repository) != (PROJECT, REPOSITORY):
            return self.refusal(404, f"TF401019: The Git repository {repository} does not exist")
        shape = {"id": guid(REPOSITORY), "name": REPOSITORY, "project": {"id": guid(PROJECT), "name": PROJECT}}
        return Reply(200, shape)

    # Pull requests.
    def _shape(self, pull: Pull, *, is_listed: bool = False, is_new: bool = False) -> dict[str, Any]:
        head = self.state.head_of(pull)
        conflicts = pull.state == "open" and self.state.conflicts(pull)
        shape: dict[str, Any] = {
            "pullRequestId": pull.number,
            "codeReviewId": pull.number,
            "status": _STATES[pull.state],
            "createdBy": self._identity(pull.author),
            "creationDate": "2026-01-06T08:00:00Z",
            "title": pull.title,
            "sourceRefName": f"refs/heads/{pull.head}",
            "targetRefName": f"refs/heads/{pull.base}",
            "mergeStatus": self.merge_status or ("conflicts" if conflicts else "succeeded"),
            "isDraft": pull.draft,
            "lastMergeSourceCommit": {"commitId": head},
            "lastMergeTargetCommit": {"commitId": self.state.tip(pull.base)},
            "lastMergeCommit": {"commitId": pull.merged_as or "f" * 40},
            "reviewers": self._reviewers(pull),
            "url": f"{self.url}/{ORGANISATION}/_apis/git/repositories/{guid(REPOSITORY)}/pullRequests/{pull.number}",
            "supportsIterations": True,
        }
        if pull.body:
            shape["description"] = pull.body[:400] if is_listed else pull.body
        if pull.labels and not is_new:
            shape["labels"] = [{"id": guid(name), "name": name, "active": True} for name in pull.labels]
        if pull.armed is not None:
            shape["autoCompleteSetBy"] = self._identity("promote-bot")
        if pull.number in self.foreign:
            shape["forkSource"] = {"name": f"refs/heads/{pull.head}", "repository": {"id": guid("fork")}}
        return shape

    def _reviewers(self, pull: Pull) -> list[dict[str, Any]]:
        votes = {each.by: 10 if each.approves else -5 for each in self.state.said(pull)}
        names = dict.fromkeys([*pull.reviewers, *pull.teams, *votes])
        return [{**self._identity(name), "vote": votes.get(name, 0), "hasDeclined": False} for name in names]

    def listed(self, asked: Asked, project: str, repository: str) -> Reply:
        pulls = sorted(self.state.pulls, key=lambda pull: -pull.number)
        for name, value in (("sourceRefName", "head"), ("targetRefName", "base")):
            wanted = asked.query.get(f"searchCriteria.{name}")
            pulls = [pull for pull in pulls if wanted in (None, f"refs/heads/{getattr(pull, value)}")]
        status = asked.query.get("searchCriteria.status", "active")
        pulls = [pull for pull in pulls if status in ("all", _STATES[pull.state])]
        skipped, most = int(asked.query.get("$skip", 0)), int(asked.query.get("$top", 101))
        return self._list([self._shape(pull, is_listed=True) for pull in pulls[skipped : skipped + most]])

    def created(self, asked: Asked, project: str, repository: str) -> Reply:
        body = asked.body
        head, base = (body[name].removeprefix("refs/heads/") for name in ("sourceRefName", "targetRefName"))
        assert body["sourceRefName"].startswith("refs/heads/")
        if any(pull.state == "open" and (pull.head, pull.base) == (head, base) for pull in self.state.pulls):
            said = "TF401179: An active pull request for the source and target branch already exists."
            return self.refusal(409, said)
        fault = self._too_long(body)
        if fault is not None:
            return fault
        pull = self.state.open(head, base, body["title"], body.get("description", ""), draft=bool(body.get("isDraft")))
        pull.labels = [label["name"] for label in body.get("labels", ())]
        self._add(pull, body.get("reviewers", ()))
        return Reply(200, self._shape(pull, is_new=True))

    def _too_long(self, body: Mapping[str, Any]) -> Reply | None:
        for field, limit in (("description", 4000), ("title", 400)):
            if len(body.get(field, "").encode("utf-16-le")) > 2 * limit:
                return self.refusal(400, f"Invalid argument value. Parameter name: {field} is too long")
        return None

    def _add(self, pull: Pull, reviewers: Any) -> None:
        for each in reviewers:
            name = self._who(each["id"])
            assert name is not None, each
            where = pull.teams if name in self.state.teams else pull.reviewers
            where += [] if name in where else [name]

    def _pull(self, number: str) -> Pull:
        pull = self.state.get(int(number))
        assert pull is not None, number
        return pull

    def shown_one(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        pull = self.state.get(int(number))
        if pull is None:
            return self.refusal(404, "TF401180: The requested pull request was not found.")
        return Reply(200, self._shape(pull))

    def changed(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        if pull.state != "open":
            return self.refusal(400, "TF401181: The pull request cannot be edited due to its state.")
        fault = self._too_long(body)
        if fault is not None:
            return fault
        pull.title, pull.body = body.get("title", pull.title), body.get("description", pull.body)
        pull.draft = body.get("isDraft", pull.draft)
        if body.get("status") == "abandoned":
            self.state.close(pull, by="promote-bot")
        if "autoCompleteSetBy" in body:
            return self._armed(pull, body)
        return Reply(200, self._shape(pull))

    def _armed(self, pull: Pull, body: Mapping[str, Any]) -> Reply:
        by = body["autoCompleteSetBy"]["id"]
        if by == NOBODY:
            pull.armed = None
            return Reply(200, self._shape(pull))
        if by != guid(self.me) or pull.draft:
            return self.refusal(400, "TF401186: auto-complete may not be set on this pull request")
        options = body["completionOptions"]
        pull.armed, pull.message = _STRATEGIES[options["mergeStrategy"]], options.get("mergeCommitMessage")
        self.state.deletes_merged = options["deleteSourceBranch"]
        if not self.state.required:  # nothing stands against it
            self.state.merge(pull, pull.armed, pull.message)
        return Reply(200, self._shape(pull))

    def labelled(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        name = asked.body["name"]
        self._pull(number).labels.append(name)
        return Reply(200, {"id": guid(name), "name": name, "active": True})

    def reviewers(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        return self._list(self._reviewers(self._pull(number)))

    def asked_for_review(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        pull = self._pull(number)
        self._add(pull, asked.body)
        return self._list(self._reviewers(pull))

    def said(self, asked: Asked, project: str, repository: str, number: str) -> Reply:
        pull, body = self._pull(number), asked.body
        assert body["status"] == "closed", "an open thread stands against a merge"
        pull.comments.extend(comment["content"] for comment in body["comments"])
        return Reply(200, {"id": len(pull.comments), "status": "closed", "comments": body["comments"]})

    # Statuses.
    def statuses(self, asked: Asked, project: str, repository: str, commit: str) -> Reply:
        if not self.state.git("cat-file", "-t", commit, ok=False):
            return self.refusal(404, f"TF401175: The version descriptor <Commit: {commit} > could not be resolved")
        every = self.state.statuses.get(commit, [])
        if asked.query.get("latestOnly") == "true":
            every = list(self.state.newest(commit).values())
        shapes = [self._status(number, each) for number, each in enumerate(every, 1)]
        skip, top = int(asked.query.get("skip", 0)), int(asked.query.get("top", 1000))
        if self.is_endless:
            return self._list(shapes[:1] * top)
        return self._list(shapes[skip : skip + top])

    def _status(self, number: int, status: Status) -> dict[str, Any]:
        genre, _, name = status.context.rpartition("/")
        context = {"name": name, "genre": genre} if genre else {"name": name}
        shape: dict[str, Any] = {
            "id": number,
            "state": _THEIRS.get(status.state, status.state),
            "context": context,
            "creationDate": "2026-01-06T08:00:00Z",
            "createdBy": self._identity("promote-bot"),
        }
        if status.description:
            shape["description"] = status.description
        return {**shape, "targetUrl": status.url} if status.url else shape

    def status_set(self, asked: Asked, project: str, repository: str, commit: str) -> Reply:
        body = asked.body
        context = "/".join(body["context"][part] for part in ("genre", "name") if part in body["context"])
        state = _OURS.get(body["state"], body["state"])
        status = Status(context, state, body.get("description", ""), body.get("targetUrl", ""))
        self.state.set_status(commit, status)
        return Reply(200, self._status(len(self.state.statuses[commit]), status))
