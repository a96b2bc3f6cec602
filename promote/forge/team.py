"""Teams whose members count as approvers: what their names mean, and what is said of one that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from promote.errors import ForgeAbsent, ForgeDenied


def within(team: str, owner: str) -> tuple[str, str]:
    """The organisation and the team that `ORGANISATION/TEAM` names; of a bare name it is `owner`'s."""
    organisation, _, name = team.rpartition("/")
    return organisation or owner, name


def no_team(team: str, where: str, right: str) -> ForgeAbsent:
    """That a team is not there, or that the token may not see it: forges say no more."""
    return ForgeAbsent(
        f"there is no team {team}, or the token may not see it",
        where=where,
        cure=f"correct its name, or give the token {right}",
    )


@contextmanager
def looked_up(team: str, right: str) -> Iterator[None]:
    """What a forge refuses of `team` comes out as a sentence about it; `right` is what a token needs for it."""
    try:
        yield
    except ForgeAbsent as exc:
        raise no_team(team, exc.where, right) from exc
    except ForgeDenied as exc:
        raise ForgeDenied(
            f"who is in the team {team} is not told: {exc.what}", where=exc.where, cure=f"give the token {right}"
        ) from exc
