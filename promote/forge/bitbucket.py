"""Bitbucket Cloud: pull requests by its REST API 2.0 (developer.atlassian.com/cloud/bitbucket/rest)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.address import Project
from promote.forge.bitbucket_answers import (
    BODY,
    KEY,
    SENT,
    TITLE,
    Commit,
    Pull,
    Pulls,
    Repository,
    Statuses,
    User,
    key_of,
    reviews,
    status,
    told,
)
from promote.forge.bitbucket_people import People, following, sent
from promote.forge.request import Ability, Done, Method, Proposal, PullRequest, latest, taken
from promote.forge.web import Web
from promote.forge.wish import differs, fitting, lack, short, unmet
from promote.question import CommitStatus, Review

CURE = (
    "set BITBUCKET_TOKEN to a repository access token with the scopes pullrequest:write and repository:write, "
    "or to EMAIL:TOKEN of an account"
)

_CANNOT: dict[Ability, str] = {
    "labels": "Bitbucket Cloud has no labels on pull requests",
    "teams": "Bitbucket Cloud asks people for reviews, not groups: name them one by one",
    "assignees": "Bitbucket Cloud has no assignees of pull requests",
    "milestone": "Bitbucket Cloud has no milestones of pull requests",
}
_NO_DRAFT = "Bitbucket did not make it a draft"
_OID = 40
_STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
# Both generations of scopes that may open pull requests: access tokens' and API tokens'.
_WRITES = frozenset({"pullrequest:write", "write:pullrequest:bitbucket"})


def api(project: Project) -> str:
    """A host of its own; the clones of Bitbucket Pipelines have `http://bitbucket.org` for their remote."""
    if urlsplit(project.url).hostname == "bitbucket.org":
        return "https://api.bitbucket.org/2.0"
    return f"{project.url}/2.0"


def headers(token: str) -> dict[str, str]:
    """Authentication methods: access tokens are Bearer; an account's API token or app password is Basic, NAME:TOKEN."""
    if ":" in token:
        return {"Authorization": f"Basic {base64.b64encode(token.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"}


def _quoted(value: str) -> str:
    """A string of the query language, "Filtering and sorting"."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _differs(request: PullRequest, proposal: Proposal) -> bool:
    return differs(request, proposal, title=TITLE, body=BODY)


class Bitbucket:
    """A repository at Bitbucket Cloud; see promote.forge.request.Forge."""

    def __init__(self, project: Project, web: Web) -> None:
        workspace, _, slug = project.path.partition("/")
        self._project = project
        self._web = web
        self._at = f"/repositories/{quote(workspace, safe='')}/{quote(slug, safe='')}"
        self._people = People(web, workspace)

    @property
    def project(self) -> Project:
        return self._project

    def find(self, head: str, base: str, *, only_open: bool = False) -> PullRequest | None:
        """By "List pull requests", of all states, since it lists only open ones by itself.

        Its hashes are short; each that there is costs a request more.
        """
        branches = f"source.branch.name={_quoted(head)} AND destination.branch.name={_quoted(base)}"
        query = [
            ("q", branches),
            *(("state", each) for each in (_STATES[:1] if only_open else _STATES)),
            ("sort", "-created_on"),
            ("pagelen", "50"),
            # A list leaves reviewers out, unless they are asked for ("Partial responses").
            ("fields", "+values.reviewers"),
        ]
        pages = self._web.walk(f"{self._at}/pullrequests?{urlencode(query)}", following=following)
        chosen = latest([told(pull) for pull in page.read(Pulls).values if pull.is_ours] for page in pages)
        return None if chosen is None else self._whole(chosen)

    def _whole(self, request: PullRequest, known: str = "") -> PullRequest:
        merged_as = None if request.merged_as is None else self._oid(request.merged_as)
        return replace(request, head_oid=self._oid(request.head_oid, known), merged_as=merged_as)

    def _oid(self, begun: str, known: str = "") -> str:
        """The whole hash that begins so; `known` may be it."""
        if not begun or len(begun) >= _OID:
            return begun
        if known.startswith(begun):
            return known
        path = f"{self._at}/commit/{quote(begun, safe='')}"
        try:
            return self._web.get(path, {"fields": "hash"}).read(Commit).hash
        except ForgeAbsent:
            return begun  # the branch is gone, and its commits with it

    def create(self, head: str, base: str, proposal: Proposal) -> Done:
        """Where there is one already, Bitbucket updates that one by itself."""
        body: dict[str, object] = {
            "type": "pullrequest",
            "title": short(proposal.title, TITLE),
            "description": fitting(proposal.body, BODY),
            "source": {"branch": {"name": head}},
            "destination": {"branch": {"name": base}},
            "close_source_branch": True,
        }
        if proposal.draft:
            body["draft"] = True
        try:
            made = self._web.send("POST", f"{self._at}/pullrequests", body).read(Pull)
        except (ForgeRefused, ForgeUnclear) as fault:
            return self.update(taken(self, head, base, fault), proposal)
        done = self._done(made, proposal)
        return replace(done, lacks={**done.lacks, "draft": _NO_DRAFT}) if proposal.draft and not made.draft else done

    def update(self, request: PullRequest, proposal: Proposal) -> Done:
        """What is no draft any more a person marked as ready, and stays so."""
        if not _differs(request, proposal):
            return Done(request, unmet(proposal, _CANNOT))
        return self._done(self._read(request), proposal, request.head_oid)

    def _done(self, pull: Pull, proposal: Proposal, known: str = "") -> Done:
        """By "Update a pull request": what is sent stands for the whole, so that reviewers are always among it."""
        lacks = unmet(proposal, _CANNOT)
        people = self._people.wanted(proposal.reviewers, pull, lacks)
        otherwise = _differs(told(pull), replace(proposal, reviewers=()))
        if otherwise or people:
            try:
                pull = self._put(pull, proposal, people)
            except ForgeRefused:
                if not people:
                    raise
                pull = self._put(pull, proposal, []) if otherwise else pull
                pull = self._one_by_one(pull, proposal, people, lacks)
        return Done(self._whole(told(pull), known), lacks)

    def _one_by_one(self, pull: Pull, proposal: Proposal, people: list[User], lacks: dict[Ability, str]) -> Pull:
        """One reviewer without access is none, and neither is anybody else of the same request (400)."""
        for person in people:
            try:
                pull = self._put(pull, proposal, [person])
            except ForgeRefused as fault:
                lack(lacks, "reviewers", f"{person.name} was not asked: {fault.what}")
        return pull

    def _put(self, pull: Pull, proposal: Proposal, people: list[User]) -> Pull:
        body: dict[str, object] = {
            "type": "pullrequest",
            "title": short(proposal.title, TITLE),
            "description": fitting(proposal.body, BODY),
            "reviewers": [sent(user) for user in [*(pull.reviewers or ()), *people]],
        }
        if pull.draft is not None:
            body["draft"] = pull.draft
        return self._web.send("PUT", f"{self._at}/pullrequests/{pull.id}", body).read(Pull)

    def _one(self, request: PullRequest) -> str:
        return f"{self._at}/pullrequests/{request.number}"

    def _read(self, request: PullRequest) -> Pull:
        return self._web.get(self._one(request)).read(Pull)

    def arm(  # the Protocol's
        self,
        request: PullRequest,  # noqa: ARG002
        method: Method,  # noqa: ARG002
        trailers: str,  # noqa: ARG002
        *,
        anew: bool,  # noqa: ARG002
    ) -> str | None:
        return "Bitbucket Cloud's API cannot arm a merge: it merges at once or not at all"

    def disarm(self, request: PullRequest) -> None:
        """Nothing: it never is armed."""

    def comment(self, request: PullRequest, text: str) -> None:
        body = {"type": "pullrequest_comment", "content": {"raw": fitting(text, BODY)}}
        self._web.send("POST", f"{self._one(request)}/comments", body)

    def close(self, request: PullRequest) -> None:
        """Declined: it cannot be opened again, and the next one is another."""
        if request.state != "open":
            return
        try:
            self._web.send("POST", f"{self._one(request)}/decline")
        except (ForgeRefused, ForgeUnclear):
            if told(self._read(request)).state != "closed":
                raise

    def statuses(self, commit: str) -> Sequence[CommitStatus]:
        """By "List commit statuses for a commit": one of each key, the newest."""
        path = f"{self._at}/commit/{quote(commit, safe='')}/statuses"
        pages = self._web.walk(path, {"pagelen": 100}, following=following)
        return [status(each) for page in pages for each in page.read(Statuses).values]

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """By "Create a build status for a commit", which takes the place of the one with the same key."""
        name = short(status.context, TITLE)
        body = {
            "key": key_of(name, KEY),
            "name": name,
            "state": SENT[status.state],
            "description": short(status.description, TITLE),
            "url": status.url or self._project.page,
        }
        self._web.send("POST", f"{self._at}/commit/{quote(commit, safe='')}/statuses/build", body, again=True)

    def reviews(self, request: PullRequest) -> Sequence[Review]:
        return reviews(self._read(request))

    def members(self, team: str) -> frozenset[str]:
        raise ForgeRefused(
            f"Bitbucket Cloud's API does not tell who is in the group {team}",
            where=self._project.page,
            cure="name its people one by one, by their UUIDs",
        )

    def rights(self) -> str:
        answer = self._web.get(self._at)
        name = answer.read(Repository).full_name
        scopes = {each.strip() for each in answer.headers.get("x-oauth-scopes", "").split(",") if each.strip()}
        if scopes and not scopes & _WRITES:
            shown = ", ".join(sorted(scopes))
            raise ForgeDenied(f"the token has only {shown}", where=self._project.page, cure=CURE)
        return f"the token may read {name}; its scopes: {', '.join(sorted(scopes)) or 'not told'}"
