"""Labels, milestones and reviewers of Gitea and Forgejo, which know the first two by number and refuse all for one."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused
from promote.forge.gitea_answers import Label, Milestone, ReviewAnswer, User
from promote.forge.gitea_find import Pages
from promote.forge.request import Ability, Proposal, PullRequest
from promote.forge.team import looked_up, no_team, within
from promote.forge.web import Web
from promote.forge.wish import missing

Lacks = dict[Ability, str]


class _Reviews(msgspec.Struct, frozen=True):
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()


class Names:
    """The numbers of a repository's labels and milestones, looked up by name each time: others add and rename them."""

    def __init__(self, pages: Pages, repository: str, organisation: str) -> None:
        self._pages = pages
        self._repository = repository
        self._organisation = organisation

    def labels(self, wanted: Sequence[str], lacks: Lacks) -> list[int]:
        """The repository's own labels, then its organisation's; a person has none above the repository's (404)."""
        found = self._labels(self._repository) if wanted else {}
        left = missing(wanted, found)
        why = "make it at the forge"
        if left:
            try:
                found = self._labels(self._organisation) | found
            except ForgeAbsent:
                pass
            except ForgeDenied:
                why = "or it is the organisation's, which the token may not see without read:organization"
            left = missing(wanted, found)
        if left:
            lacks["labels"] = f"there is no label {', '.join(left)}: {why}"
        numbers = [found.get(name, found.get(name.casefold())) for name in wanted]
        return [number for number in dict.fromkeys(numbers) if number is not None]

    def _labels(self, owner: str) -> dict[str, int]:
        """By name, and by the name in lower case, which need not be one label's alone."""
        listed = [label for page in self._pages.of(f"{owner}/labels", {}) for label in page.read(list[Label])]
        return {label.name.casefold(): label.id for label in listed} | {label.name: label.id for label in listed}

    def milestone(self, wanted: str | None, lacks: Lacks) -> int | None:
        if wanted is None:
            return None
        for page in self._pages.of(f"{self._repository}/milestones", {"name": wanted, "state": "all"}):
            for each in page.read(list[Milestone]):
                if each.title == wanted:
                    return each.id
        lacks["milestone"] = f"there is no milestone {wanted}"
        return None


class Reviewers:
    """Asks people and teams for their review, "Create review requests for a pull request"."""

    def __init__(self, web: Web, pages: Pages) -> None:
        self._web = web
        self._pages = pages

    def ask_who_has_not_said(self, pull: str, proposal: Proposal, request: PullRequest, lacks: Lacks) -> None:
        """As `ask`; who gave a review is no longer among the requested, and is not asked for another."""
        given: list[ReviewAnswer] = []
        for page in self._pages.of(f"{pull}/reviews", {}):
            given += page.read(list[ReviewAnswer])
        people = [each.user.login for each in given if each.user is not None]
        teams = [each.team.name for each in given if each.team is not None]
        self.ask(pull, proposal, request, lacks, people=people, teams=teams)

    def ask(
        self,
        pull: str,
        proposal: Proposal,
        request: PullRequest,
        lacks: Lacks,
        *,
        people: Sequence[str] = (),
        teams: Sequence[str] = (),
    ) -> None:
        """All at once, else one by one: one unknown name (404), or the author's (422), and nobody is asked."""
        users = missing(proposal.reviewers, [*request.reviewers, *people])
        groups = missing(proposal.teams, [*request.teams, *teams])
        if not users and not groups:
            return
        if self._asked(pull, _Reviews(tuple(users), tuple(groups))) is None:
            return
        self._told("reviewers", [(name, self._asked(pull, _Reviews((name,)))) for name in users], lacks)
        self._told("teams", [(name, self._asked(pull, _Reviews((), (name,)))) for name in groups], lacks)

    def _asked(self, pull: str, whom: _Reviews) -> str | None:
        """Why they were not asked, None where they were."""
        try:
            answer = self._web.send("POST", f"{pull}/requested_reviewers", msgspec.to_builtins(whom), again=True)
        except (ForgeAbsent, ForgeRefused) as fault:
            return fault.what
        # A repository that is no organisation's takes teams without a word, and asks nobody.
        made = [] if answer.body.strip() in (b"", b"null") else answer.read(list[ReviewAnswer])
        if whom.team_reviewers and not any(each.team is not None for each in made):
            return "only an organisation's repositories have teams"
        return None

    def _told(self, ability: Ability, results: Sequence[tuple[str, str | None]], lacks: Lacks) -> None:
        refused = [f"{name} was not asked ({why})" for name, why in results if why is not None]
        if refused:
            lacks[ability] = "; ".join(refused)


class _Team(msgspec.Struct, frozen=True):
    id: int
    name: str


class _Found(msgspec.Struct, frozen=True):
    data: tuple[_Team, ...] = ()


def members(web: Web, pages: Pages, team: str, owner: str) -> frozenset[str]:
    """By number: "Search for teams within an organization", then "List a team's members"."""
    organisation, name = within(team, owner)
    search, right = f"/orgs/{quote(organisation, safe='')}/teams/search", "read:organization"
    with looked_up(team, right):
        listed = [each for page in pages.of(search, {"q": name}) for each in page.read(_Found).data]
        # It looks for the text anywhere in names and descriptions.
        found = next((each for each in listed if each.name.casefold() == name.casefold()), None)
        if found is None:
            raise no_team(team, f"{web.base}{search}", right)
        people = [each for page in pages.of(f"/teams/{found.id}/members", {}) for each in page.read(list[User])]
    return frozenset(each.login for each in people)
