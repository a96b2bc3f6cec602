"""GitLab knows people and milestones by number: which numbers a wish comes to, and who nobody is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote

from promote.forge.gitlab_answers import Member, MergeRequest, Milestone, User, names
from promote.forge.request import Ability, Proposal, PullRequest
from promote.forge.team import looked_up
from promote.forge.web import Web
from promote.forge.wish import missing

_ROLES: tuple[tuple[Literal["reviewers", "assignees"], str], ...] = (
    ("reviewers", "reviewer_ids"),
    ("assignees", "assignee_ids"),
)


class People:
    """The people and milestones of the project at `at`, a path of the API."""

    def __init__(self, web: Web, at: str) -> None:
        self._web = web
        self._at = at

    def wish(self, proposal: Proposal, request: PullRequest | None, lacks: dict[Ability, str]) -> dict[str, object]:
        """The fields that say what of the proposal the request does not have; what cannot be goes to `lacks`."""
        out: dict[str, object] = {}
        now: MergeRequest | None = None
        for role, field in _ROLES:
            there = () if request is None else getattr(request, role)
            found, unknown = self._users(missing(getattr(proposal, role), there))
            if unknown:
                lacks[role] = f"GitLab has no user {', '.join(unknown)}"
            if not found:
                continue
            if request is not None and now is None:
                now = self._web.get(f"{self._at}/merge_requests/{request.number}").read(MergeRequest)
            # What is sent stands in the place of all: those who are there must be sent again.
            kept: tuple[User, ...] = () if now is None else getattr(now, role) or ()
            out[field] = [*(user.id for user in kept), *found]
        number = self._milestone(proposal, request, lacks)
        return out if number is None else {**out, "milestone_id": number}

    def members(self, group: str) -> frozenset[str]:
        """Members API, "List all members of a group", those of the groups above and of invited groups too."""
        with looked_up(group, "read_api, and its user the right to see the group"):
            pages = self._web.pages(f"/groups/{quote(group, safe='')}/members/all", {"per_page": 100})
        people = [each for page in pages for each in page.read(list[Member])]
        return frozenset(each.username for each in people if each.state == "active")

    def _users(self, wanted: Iterable[str]) -> tuple[list[int], list[str]]:
        """Users API, "List all users": by the whole name, and one a request."""
        found: list[int] = []
        unknown: list[str] = []
        for name in wanted:
            users = self._web.get("/users", {"username": name}).read(list[User])
            fits = [user.id for user in users if user.username.casefold() == name.casefold()]
            found += fits[:1]
            unknown += [] if fits else [name]
        return found, unknown

    def _milestone(self, proposal: Proposal, request: PullRequest | None, lacks: dict[Ability, str]) -> int | None:
        """Project milestones API, "List all project milestones"; those of the groups above too."""
        title = proposal.milestone
        if not title or (request is not None and request.milestone == title):
            return None
        query = {"title": title, "include_ancestors": "true"}
        for each in self._web.get(f"{self._at}/milestones", query).read(list[Milestone]):
            if each.title == title:
                return each.id
        lacks["milestone"] = f"GitLab has no milestone {title} in this project or the groups above it"
        return None


def left_out(answer: MergeRequest, proposal: Proposal, lacks: dict[Ability, str]) -> None:
    """Without a paid licence GitLab keeps one person of each role, and says nothing: it is told here."""
    for role, _ in _ROLES:
        left = missing(getattr(proposal, role), names(getattr(answer, role)))
        if role not in lacks and left:
            lacks[role] = f"GitLab left out {', '.join(left)}: more than one needs its Premium tier"
