"""A policy that ranks tags by what they say: a filter, an order, and conditions on the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from promote.image import Repository, Version
from promote.policy.candidates import candidates, distinct
from promote.policy.conditions import ANY_IMAGE, Conditions
from promote.policy.contest import Rank, best_first, contest
from promote.policy.filter import Filter
from promote.policy.selection import Rejected, Selection
from promote.question import Asking, Unknown

R = TypeVar("R", bound=Rank)


class Order(Protocol[R]):
    def rank(self, text: str) -> R | Rejected:
        """What `text` is sorted by, or why it cannot be ranked."""
        ...

    def why_not(self, rank: R) -> str | None:
        """Why a tag of this rank is no candidate, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Ranked(Generic[R]):
    """A filter, an order, which end of it wins, and what the images must be like."""

    filter: Filter
    order: Order[R]
    greatest: bool = True
    conditions: Conditions = ANY_IMAGE

    def choose(self, repositories: Sequence[Repository], current: Version | None) -> Asking[Selection]:
        """The best tag that all of `repositories` have, of those whose images meet the conditions.

        `current` decides only between tags of the same rank. A list of tags, or a fact of an image that could win, that
        is not to be had is a failure (SEMANTICS 5.2).
        """
        images = distinct(repositories)
        found = yield from candidates(images, self._candidate)
        if isinstance(found, Unknown):
            return Selection(None, (), found)
        running = current.tag if current is not None else None
        ordered = best_first(found.accepted, greatest=self.greatest, current=running)
        return (yield from contest(ordered, self.conditions, images, running, found.rejected))

    def compare(
        self, repositories: Sequence[Repository], a: Version, b: Version  # noqa: ARG002  the tags tell
    ) -> Asking[int | Unknown | None]:
        """-1, 0 or 1 as `a` is older than, level with or newer than `b`; None where one of them has no rank.

        What is no candidate (outside the range, a prerelease, ignored, too young) has a rank all the same: 2.0.0 that
        runs under `^1.4` is newer than 1.9.0 (SEMANTICS 4.1).
        """
        yield from ()
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
