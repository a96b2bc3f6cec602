"""`approval`: people who are listed have approved the pull request (SEMANTICS 6.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct

from promote.gates.gate import Case
from promote.question import Asking, Reviewed, Reviews, Unknown
from promote.verdict import Verdict

TEAM = "team:"
_NAME = re.compile(r"(?:team:)?[^\s,:@][^\n,:@]*\Z")


class ApprovalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose reviews count on the pull request, and how many approvals it takes."""

    by: Annotated[
        list[str],
        Meta(
            description="Who may approve: users of the forge, and teams as team:NAME.", examples=[["alice", "team:sre"]]
        ),
    ]
    count: Annotated[int, Meta(description="How many of them must have approved.", ge=1)] = 1

    def __post_init__(self) -> None:
        if not self.by:
            raise ValueError("by is empty, and so nobody could approve; name a user in it, or team:NAME")
        for name in self.by:
            if _NAME.match(name) is None:
                raise ValueError(f"by: {name[:60]!r} is no name that a forge knows")
        people = {name.casefold() for name in self.by}
        if self.count > len(people) and not any(name.startswith(TEAM) for name in people):
            raise ValueError(f"count is {self.count}, and by names {len(people)}: they could never be enough")


@dataclass(frozen=True, slots=True)
class Approval:
    """Waits for `count` approvals of the present head by people of `by`; fails where one of them asks for changes."""

    by: tuple[str, ...]
    count: int = 1

    @property
    def name(self) -> str:
        return "approval"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:
        if case.base is None or case.head is None:
            return Verdict(self.name, "waiting", f"{self._wanted()} of its pull request, once it is proposed")
        teams = tuple(name.removeprefix(TEAM) for name in self.by if name.startswith(TEAM))
        question = Reviews(case.base, case.head, case.environment, teams)
        said: Any = (yield frozenset({question}))[question]
        if isinstance(said, Unknown):
            return Verdict(self.name, "unknown", said.why, exit_code=said.exit_code)
        if not isinstance(said, Reviewed):
            raise TypeError(f"reviews were answered with {type(said).__name__}")
        if said.head is None:
            return Verdict(self.name, "waiting", f"{self._wanted()} of its pull request, once it is proposed")
        return self._verdict(said)

    def _verdict(self, said: Reviewed) -> Verdict:
        # Forges tell people apart without regard to case.
        listed = {name.casefold() for name in self._listed(said)}
        counted = [each for each in said.reviews if each.by.casefold() in listed]
        against = [each.by for each in counted if not each.approves]
        if against:
            return Verdict(self.name, "failed", f"{', '.join(against)} asked for changes")
        given = {each.by.casefold(): each.by for each in counted if each.commit in (None, said.head)}
        stale = [each.by for each in counted if each.commit not in (None, said.head)]
        told = f": {', '.join(given.values())}" if given else ""
        if len(given) >= self.count:
            return Verdict(self.name, "passed", f"approved{told}")
        older = f"; {', '.join(stale)} approved what it was before" if stale else ""
        return Verdict(self.name, "waiting", f"{len(given)} of {self._wanted()}{told}{older}")

    def _listed(self, said: Reviewed) -> Iterator[str]:
        members = dict(said.members)
        for name in self.by:
            if name.startswith(TEAM):
                yield from members.get(name.removeprefix(TEAM), ())
            else:
                yield name

    def _wanted(self) -> str:
        return f"{self.count} approval{'s' if self.count > 1 else ''} by {', '.join(self.by)}"
