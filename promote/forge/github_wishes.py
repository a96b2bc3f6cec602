"""What a pull request at GitHub is to have besides title and body: labels, people, milestone, draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from promote.errors import ForgeDenied, ForgeRefused
from promote.forge.github_answers import Event, Issue, Label, Milestone, Pull
from promote.forge.github_graphql import Refusal, asked
from promote.forge.request import Ability, Done, Proposal, PullRequest
from promote.forge.web import Web
from promote.forge.wish import lack, missing

_PAGE = 100
_DRAFT = """
mutation Draft($id: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId }
}
"""


class Wishes:
    """Grants what a proposal wishes for in one repository; what cannot be is told, and no error."""

    def __init__(self, web: Web, path: str, owner: str) -> None:
        """`path` is the repository's, in the REST API."""
        self._web = web
        self._path = path
        self._owner = owner

    def granted(self, request: PullRequest, proposal: Proposal, *, is_new: bool) -> Done:
        """The request with all that could be granted; nothing is sent for what it has."""
        lacks: dict[Ability, str] = {}
        issue = f"{self._path}/issues/{request.number}"
        for step in (self._label, self._assign, self._plan):
            request = step(issue, request, proposal, lacks)
        people = missing(proposal.reviewers, request.reviewers)
        teams = missing((self._team(each) for each in proposal.teams), request.reviewers)
        redraft = proposal.draft and not request.draft
        if (people or teams or redraft) and not is_new:
            people, teams, redraft = self._unasked(issue, people, teams, lacks, redraft=redraft)
        if people or teams:
            request = self._review(request, people, teams, lacks)
        if redraft:
            request = self._draft(request, lacks)
        return Done(request, lacks)

    def _label(self, issue: str, request: PullRequest, proposal: Proposal, lacks: dict[Ability, str]) -> PullRequest:
        lacking = missing(proposal.labels, request.labels)
        if not lacking:
            return request
        try:
            answer = self._web.send("POST", f"{issue}/labels", {"labels": lacking}, again=True)
        except ForgeRefused as exc:
            lacks["labels"] = f"{', '.join(lacking)}: {exc.what}"
            return request
        return replace(request, labels=tuple(each.name for each in answer.read(list[Label])))

    def _assign(self, issue: str, request: PullRequest, proposal: Proposal, lacks: dict[Ability, str]) -> PullRequest:
        lacking = missing(proposal.assignees, request.assignees)
        if not lacking:
            return request
        try:
            answer = self._web.send("POST", f"{issue}/assignees", {"assignees": lacking}, again=True)
        except ForgeRefused as exc:
            lacks["assignees"] = f"{', '.join(lacking)}: {exc.what}"
            return request
        there = tuple(each.login for each in answer.read(Issue).assignees or ())
        # Whom it cannot assign it leaves out in silence (Issues, Add assignees to an issue).
        if left := missing(lacking, there):
            lacks["assignees"] = f"{', '.join(left)}: not among those who can be assigned in this repository"
        return replace(request, assignees=there)

    def _plan(self, issue: str, request: PullRequest, proposal: Proposal, lacks: dict[Ability, str]) -> PullRequest:
        wanted = proposal.milestone
        if not wanted or wanted == request.milestone:
            return request
        pages = self._web.pages(f"{self._path}/milestones", {"state": "open", "per_page": _PAGE})
        named = (each for page in pages for each in page.read(list[Milestone]) if each.title == wanted)
        found = next(named, None)
        if found is None:
            lacks["milestone"] = f"there is no open milestone {wanted}"
            return request
        self._web.send("PATCH", issue, {"milestone": found.number})
        return replace(request, milestone=found.title)

    def _team(self, name: str) -> str:
        """A team as ORGANISATION/SLUG, as `read` of an answer has it; teams are those of the owner."""
        return f"{self._owner}/{name.rpartition('/')[2]}"

    def _unasked(
        self, issue: str, people: list[str], teams: list[str], lacks: dict[Ability, str], *, redraft: bool
    ) -> tuple[list[str], list[str], bool]:
        """What of this was not done before: a review ends the request for it, and people undo what they like."""
        try:
            events = list(self._events(issue))
        except ForgeDenied as exc:
            why = f"whether that was done before cannot be read: {exc.what}; it needs issues: read"
            wanted: tuple[tuple[Ability, object], ...] = (("reviewers", people), ("teams", teams), ("draft", redraft))
            lacks.update({ability: why for ability, wish in wanted if wish})
            return [], [], False
        known = [name for event in events for name in self._asked(event)]
        is_ready = any(event.event == "ready_for_review" for event in events)
        return missing(people, known), missing(teams, known), redraft and not is_ready

    def _events(self, issue: str) -> Iterator[Event]:
        for page in self._web.pages(f"{issue}/events", {"per_page": _PAGE}):
            yield from page.read(list[Event])

    def _asked(self, event: Event) -> Iterator[str]:
        if event.event == "review_requested":
            if event.requested_reviewer is not None:
                yield event.requested_reviewer.login
            if event.requested_team is not None:
                yield self._team(event.requested_team.slug)

    def _review(
        self, request: PullRequest, people: list[str], teams: list[str], lacks: dict[Ability, str]
    ) -> PullRequest:
        """One wrong name (the author's, somebody's without access) refuses them all: then each is asked alone."""
        try:
            return self._requested(request, people, teams, lacks)
        except ForgeRefused as exc:
            if len(people) + len(teams) == 1:
                lack(lacks, "reviewers" if people else "teams", f"{(people or teams)[0]}: {exc.what}")
                return request
        for one in people:
            request = self._review(request, [one], [], lacks)
        for one in teams:
            request = self._review(request, [], [one], lacks)
        return request

    def _requested(
        self, request: PullRequest, people: list[str], teams: list[str], lacks: dict[Ability, str]
    ) -> PullRequest:
        body: dict[str, list[str]] = {}
        if people:
            body["reviewers"] = people
        if teams:
            body["team_reviewers"] = [each.rpartition("/")[2] for each in teams]
        path = f"{self._path}/pulls/{request.number}/requested_reviewers"
        answer = self._web.send("POST", path, body, again=True)
        there = answer.read(Pull).read(self._owner).reviewers
        # On some plans it takes one and leaves the others out. Teams are not shown to every token.
        for name in missing(people, there):
            lack(lacks, "reviewers", f"{name}: GitHub left this one out")
        return replace(request, reviewers=there)

    def _draft(self, request: PullRequest, lacks: dict[Ability, str]) -> PullRequest:
        pull = self._web.get(f"{self._path}/pulls/{request.number}").read(Pull)
        told = asked(self._web, _DRAFT, {"id": pull.node_id}, dict[str, Any])
        if isinstance(told, Refusal):
            lacks["draft"] = told.said
            return request
        return replace(request, draft=True)
