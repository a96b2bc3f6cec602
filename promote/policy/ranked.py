"""A policy made of a filter and an order: the greatest admitted tag wins, or the least.

Tags of one rank (`007` and `7`, `1.4` and `1.4.0`) have the same winner every time: the one that runs now, so that
nothing flaps between them, else the lexically greatest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from promote.errors import worst
from promote.image import Repository, Version
from promote.policy.filter import Filter, shown
from promote.policy.selection import Considered, Rejected, Selection
from promote.question import Absent, Answers, Asking, Question, Tags, Unknown


class Rank(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


R = TypeVar("R", bound=Rank)


class Order(Protocol[R]):
    def rank(self, text: str) -> R | Rejected:
        """What `text` is sorted by, or why it cannot be ranked."""
        ...

    def why_not(self, rank: R) -> str | None:
        """Why a tag of this rank is no candidate, or None."""
        ...


def _failure(repositories: Sequence[Repository], answers: Answers) -> Unknown | None:
    whys: list[str] = []
    codes: set[int] = set()
    for repository in repositories:
        answer = answers[Tags(repository)]
        if isinstance(answer, Unknown):
            codes.add(answer.exit_code)
        elif isinstance(answer, Absent):
            codes.add(4)
        else:
            continue
        why = answer.why
        whys.append(why if str(repository) in why else f"{repository}: {why}")
    return Unknown("; ".join(whys), worst(codes)) if whys else None


def _listed(repositories: Sequence[Repository], answers: Answers) -> Mapping[Repository, frozenset[str]]:
    out: dict[Repository, frozenset[str]] = {}
    for repository in repositories:
        answer = answers[Tags(repository)]
        if not isinstance(answer, tuple):
            raise TypeError(f"the tags of {repository} were answered with {type(answer).__name__}")
        out[repository] = frozenset(answer)
    return out


@dataclass(frozen=True, slots=True)
class Ranked(Generic[R]):
    """A filter, an order, and which end of it wins."""

    filter: Filter
    order: Order[R]
    greatest: bool = True

    def choose(self, repositories: Sequence[Repository], current: Version | None) -> Asking[Selection]:
        """The best tag that all of `repositories` have; a list of tags that is not to be had is a failure.

        SEMANTICS 5.2; `current` decides only between tags of the same rank.
        """
        distinct = tuple(dict.fromkeys(repositories))
        if not distinct:
            raise ValueError("there is no repository to choose from")
        answers = yield frozenset[Question](Tags(repository) for repository in distinct)
        failure = _failure(distinct, answers)
        if failure is not None:
            return Selection(None, (), failure)
        return self._select(_listed(distinct, answers), current.tag if current is not None else None)

    def compare(
        self, repositories: Sequence[Repository], a: Version, b: Version  # noqa: ARG002
    ) -> Asking[int | None]:
        """-1, 0 or 1 as `a` is older than, level with or newer than `b`; None where one of them has no rank.

        What is no candidate (outside the range, a prerelease, ignored) has a rank all the same: 2.0.0 that runs under
        `^1.4` is newer than 1.9.0 (SEMANTICS 4.1).
        """
        yield from ()  # tags alone tell here; an order by dates would have to ask for them
        if a.tag is None or b.tag is None:
            return None
        left, right = self._rank(a.tag), self._rank(b.tag)
        if isinstance(left, Rejected) or isinstance(right, Rejected):
            return None
        if left < right:
            return -1 if self.greatest else 1
        if right < left:
            return 1 if self.greatest else -1
        return 0

    def _rank(self, tag: str) -> R | Rejected:
        text = self.filter.read(tag)
        return text if isinstance(text, Rejected) else self.order.rank(text)

    def _candidate(self, tag: str) -> R | Rejected:
        rank = self._rank(tag)
        if isinstance(rank, Rejected):
            return rank
        why = self.filter.why_not(tag) or self.order.why_not(rank)
        return rank if why is None else Rejected(why)

    def _select(self, listed: Mapping[Repository, frozenset[str]], current: str | None) -> Selection:
        accepted: list[tuple[R, str]] = []
        rejected: list[Considered] = []
        everywhere = frozenset[str].intersection(*listed.values())
        for tag in sorted(frozenset[str]().union(*listed.values()), reverse=True):
            rank = self._candidate(tag)
            if tag not in everywhere and not isinstance(rank, Rejected):
                lacking = ", ".join(str(where) for where, tags in listed.items() if tag not in tags)
                rank = Rejected(f"missing in {lacking}")
            if isinstance(rank, Rejected):
                rejected.append(Considered(shown(tag), False, rank.why))
            else:
                accepted.append((rank, tag))
        rejected.reverse()
        # Stable in both directions, so tags of one rank stay as they were sorted: the lexically greatest first.
        accepted.sort(key=lambda item: item[0], reverse=self.greatest)
        if not accepted:
            return Selection(None, tuple(rejected))
        best = accepted[0][0]
        level = next((n for n, (rank, _) in enumerate(accepted) if rank != best), len(accepted))
        held = next((n for n, (_, tag) in enumerate(accepted[:level]) if tag == current), None)
        if held is not None:
            accepted.insert(0, accepted.pop(held))
        winner = accepted[0][1]
        tie = "runs now" if held is not None else "is lexically greater"
        considered = [Considered(winner, True, None)]
        considered += [Considered(tag, True, f"ranks with {winner}, which {tie}") for _, tag in accepted[1:level]]
        considered += [Considered(tag, True, f"ranks below {winner}") for _, tag in accepted[level:]]
        return Selection(Version(winner), (*considered, *rejected))
