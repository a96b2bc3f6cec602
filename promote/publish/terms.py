"""What the loop is given: how to look and to decide, where commits go, and on which terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from promote.estate.estate import Estate
from promote.outcome import Beaten, Landed, Plan, Step, Unclear, WordedStep
from promote.place import Place
from promote.plan.intent import Before
from promote.publish.pulling import Pulls
from promote.publish.sent import Sent
from promote.question import Answers, Asking, Question
from promote.tree import Tree

Look = Callable[[], Mapping[str, Estate]]
Decide = Callable[[Mapping[str, Estate], Before], Asking[Plan]]
Gatherer = Callable[[frozenset[Question]], Answers]


class Remote(Protocol):
    """Where commits go: `promote.gitrepo` by plumbing, or a forge that makes them itself."""

    def until(self, moment: float) -> AbstractContextManager[None]:
        """Meanwhile no repository is waited for, whatever is read of it or written, beyond `moment` of the clock."""
        ...

    def refresh(self, place: Place) -> Tree | None: ...

    def arrived(self, place: Place, sent: Sent) -> tuple[str, ...] | None:
        """The commits of what was sent, where the branch's last known tip holds them after all."""
        ...

    def commit(self, place: Place, *, parent: str, worded: Sequence[WordedStep]) -> tuple[str, ...]:
        """A chain of commits on `parent`, which are on no branch yet."""
        ...

    def land(
        self, place: Place, *, parent: str, expected: str | None, worded: Sequence[WordedStep]
    ) -> Landed | Beaten | Unclear:
        """Such a chain, and the branch set to its end if that is still at `expected`: all of it, or nothing."""
        ...

    def keep(self, place: Place, oid: str, *, base: Place) -> str: ...

    def carried(self, place: Place) -> frozenset[tuple[str, str, str]]:
        """(environment, app, version) of what a promotion branch carries now; GitError where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How to deliver: what a commit says, what a plan must pass before anything is written, whether to push.

    `timeout` is in seconds, over all tries; `jitter` gives factors around 1 for the pauses between them. `again` is
    called before what stands at forges is looked at anew, and `pulls` makes the pull requests in the end.
    """

    message: Callable[[Step], str]
    check: Callable[[Plan], None]
    pulls: Callable[[], Pulls | None] = lambda: None
    again: Callable[[], None] = lambda: None
    push: bool = True
    timeout: float = 300.0
    jitter: Callable[[], float] = lambda: 1.0
