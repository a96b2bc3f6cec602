"""Reviewers of Bitbucket Cloud: names to accounts, and those that a pull request will not have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from promote.errors import ForgeAbsent, ForgeDenied
from promote.forge.bitbucket_answers import Members, Page, Pull, User
from promote.forge.request import Ability
from promote.forge.web import Answer, Web

# An account's UUID in braces, and both forms of an Atlassian account's id.
_UUID = re.compile(r"\{[0-9a-f-]{36}\}\Z", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?:\d+:[0-9a-f-]{36}|[0-9a-f]{24})\Z", re.IGNORECASE)


def following(answer: Answer) -> str | None:
    return answer.read(Page).next


class People:
    """The members of a workspace, asked for only where a name tells no account by itself."""

    def __init__(self, web: Web, workspace: str) -> None:
        self._web = web
        self._members = f"/workspaces/{quote(workspace, safe='')}/members"

    def wanted(self, names: Sequence[str], pull: Pull, lacks: dict[Ability, str]) -> list[User]:
        """The accounts of those names that are not asked yet; the author may not be (400)."""
        left: list[str] = []
        found: list[User] = []
        refused: list[str] = []
        for name in dict.fromkeys(names):
            if any(user.goes_by(name) for user in pull.reviewers or ()):
                continue
            if pull.author is not None and pull.author.goes_by(name):
                refused.append(f"{name} opened it, and cannot review it")
            elif _UUID.match(name):
                found.append(User(uuid=name))
            elif _ACCOUNT.match(name):
                found.append(User(account_id=name))
            else:
                left.append(name)
        if left:
            try:
                members = self._all()
            except (ForgeDenied, ForgeAbsent):
                members = None
                refused.append(
                    f"who {', '.join(left)} is cannot be looked up with this token: "
                    "give it the scope account (read:workspace:bitbucket), or write UUIDs in braces"
                )
            for name in left if members is not None else ():
                fits = [user for user in members or () if user.goes_by(name)]
                if len(fits) == 1:
                    found.append(fits[0])
                else:
                    how = "several people of the workspace go" if fits else "nobody of the workspace goes"
                    refused.append(f"{how} by {name}")
        if refused:
            lacks["reviewers"] = "; ".join(refused)
        return found

    def _all(self) -> list[User]:
        """Workspaces, "List users in a workspace"."""
        pages = self._web.walk(self._members, {"pagelen": 100}, following=following)
        return [member.user for page in pages for member in page.read(Members).values]


def sent(user: User) -> dict[str, str]:
    if user.uuid is not None:
        return {"type": "user", "uuid": user.uuid}
    return {"type": "user", "account_id": user.account_id or ""}
