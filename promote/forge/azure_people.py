"""Who is meant by a name, among a project's teams in Azure DevOps.

The directory of all identities is another service, on another host, to which the token is not sent. Whoever may review
is in a team of the project in most organisations; who is not may be named by id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from promote.forge.azure_answers import Answer, Identity, Reviewer
from promote.forge.azure_web import AzureWeb
from promote.forge.request import Ability, Proposal
from promote.forge.team import looked_up, no_team

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_LOOKED = 5  # teams whose members are read
_TOP = 500


class _Team(Answer, frozen=True):
    id: str
    name: str


class _Teams(Answer, frozen=True):
    value: tuple[_Team, ...]


class _Member(Answer, frozen=True):
    identity: Identity


class _Members(Answer, frozen=True):
    value: tuple[_Member, ...]


class People:
    """The teams of the project at `at`, a path of the API (Core, Teams), and their members."""

    def __init__(self, web: AzureWeb, at: str, project: str) -> None:
        self._web = web
        self._at = at
        self._project = project

    def wish(self, proposal: Proposal, there: Sequence[Reviewer], lacks: dict[Ability, str]) -> list[str]:
        """The ids of those who are asked for and not `there` yet; who cannot be found goes to `lacks`."""
        names = [name for name in proposal.reviewers if not any(each.is_called(name) for each in there)]
        # A team is shown with the project before it.
        shown = {name: f"[{self._project}]\\{name}" for name in proposal.teams}
        teams = [
            name
            for name, whole in shown.items()
            if not any(each.is_called(name) or each.is_called(whole) for each in there)
        ]
        if not names and not teams:
            return []
        people, groups = self._ids(names, teams)
        if left := [name for name in names if name not in people]:
            lacks["reviewers"] = (
                f"Azure DevOps has nobody called {', '.join(left)} in the first teams of the project: "
                "write the address to sign in with, or the id"
            )
        if left := [name for name in teams if name not in groups]:
            lacks["teams"] = f"Azure DevOps has no team {', '.join(left)} in this project"
        return list(dict.fromkeys([*people.values(), *groups.values()]))

    def members(self, team: str) -> frozenset[str]:
        """Teams, "Get Team Members With Extended Properties": people who are in it themselves, not by another team."""
        right = "vso.project"
        with looked_up(team, right):
            known = self._web.get(f"{self._at}/teams", _Teams, {"$top": _TOP}).value
            wanted = team.casefold()
            found = next((each for each in known if wanted in (each.name.casefold(), each.id.casefold())), None)
            if found is None:
                raise no_team(team, f"{self._web.base}{self._at}/teams", right)
            pages = self._web.pages(f"{self._at}/teams/{found.id}/members", _Members, {}, size=_TOP, sign="$")
            people = [each.identity for page in pages for each in page.value]
            return frozenset(each.name for each in people if not each.is_container)

    def _ids(self, names: Sequence[str], teams: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """The identity of each that is found: of people, and of teams. A GUID stands for itself."""
        people = {name: name for name in names if _GUID.match(name)}
        sought = [name for name in names if name not in people]
        given = {name: name for name in teams if _GUID.match(name)}
        if not sought and len(given) == len(teams):
            return people, given
        known = self._web.get(f"{self._at}/teams", _Teams, {"$top": _TOP}).value
        for team in known:
            given |= {name: team.id for name in teams if name.casefold() == team.name.casefold()}
        return people | self._members(sought, known), given

    def _members(self, sought: Iterable[str], teams: Iterable[_Team]) -> dict[str, str]:
        left = list(sought)
        found: dict[str, str] = {}
        main = f"{self._project} Team".casefold()
        for team in sorted(teams, key=lambda team: team.name.casefold() != main)[:_LOOKED]:
            if not left:
                break
            answer = self._web.get(f"{self._at}/teams/{team.id}/members", _Members, {"$top": _TOP})
            people = [each.identity for each in answer.value if not each.identity.is_container]
            found |= {name: who.id for name in left if (who := _one(people, name)) is not None}
            # Nor one whose name several bear: in another team it may be one person's.
            left = [name for name in left if not any(each.is_called(name) for each in people)]
        return found


def _one(people: list[Identity], name: str) -> Identity | None:
    """Who is called so; by a display name only where it is one person's."""
    fits = [each for each in people if each.is_called(name)]
    signed = [each for each in fits if (each.unique_name or "").casefold() == name.casefold()]
    return signed[0] if signed else fits[0] if len(fits) == 1 else None
