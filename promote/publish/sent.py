"""Commits on their way: what they are called, what they stand on, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.outcome import Plan, Step
from promote.place import Place
from promote.publish.shares import Pair, tips
from promote.question import Carried, HoldChange

Name = tuple[Place, tuple[Carried, ...], tuple[HoldChange, ...]]


def name_of(step: Step) -> Name:
    return step.place, step.carried, step.holds


def stand(step: Step, estates: Mapping[str, Estate]) -> tuple[str, str | None]:
    """What a step's commit stands on, and what its branch must still be at."""
    if step.onto is not None:
        return step.onto.tip, step.onto.expected
    tip = next(iter(tips(estates, step.place)))
    return tip, tip


def named(item: HoldChange) -> tuple[str, str, str]:
    """A hold, or its end, as what a promotion branch carries."""
    return item.environment, item.app, f"{item.action} {item.version or ''}"


@dataclass(frozen=True, slots=True)
class Sent:
    """One push of this run: its commits, the last at the end, and the part of the plan that they carry out.

    There are none where the remote makes them and has not told their names. `parent` is what they stand on, `message`
    the last one's.
    """

    oids: tuple[str, ...]
    part: Plan
    pairs: frozenset[Pair]
    parent: str
    message: str

    @property
    def news(self) -> frozenset[tuple[str, str, str]]:
        """(environment, app, version) of what it brings in, and of what it holds back or releases."""
        brought = ((item.environment, item.app, str(item.new)) for step in self.part.steps for item in step.news)
        return frozenset((*brought, *(named(item) for step in self.part.steps for item in step.holds)))
