"""Commits on their way: what they are called, what they stand on, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def news_of(carried: Iterable[Carried], holds: Iterable[HoldChange]) -> frozenset[tuple[str, str, str]]:
    """(environment, app, version) of what is carried, and (environment, app, action and version) of each hold."""
    brought = ((item.environment, item.app, str(item.new)) for item in carried)
    held = ((item.environment, item.app, f"{item.action} {item.version or ''}") for item in holds)
    return frozenset((*brought, *held))


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
        """What it brings in, and what it holds back or releases."""
        return frozenset[tuple[str, str, str]]().union(*(news_of(step.news, step.holds) for step in self.part.steps))
