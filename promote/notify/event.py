"""What there is to tell of a delivery: one event for each app that was promoted, waits, was refused or has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from promote.image import Version
from promote.notify.kind import Kind
from promote.outcome import Change, Commit, Delivery, Failure, Refusal, Skip
from promote.place import Place


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell of one app of one environment; what its kind does not know is None.

    `commit` and `branch` are those that it was brought in by, and `page` shows the commit; with `is_proposed` it is on
    a promotion branch, whose pull request is at `pull_request`. `source` is the environment that it came from.
    """

    kind: Kind
    environment: str
    app: str
    old: Version | None = None
    new: Version | None = None
    source: str | None = None
    code: str | None = None
    gate: str | None = None
    until: str | None = None
    reason: str | None = None
    repo: str | None = None
    branch: str | None = None
    commit: str | None = None
    page: str | None = None
    is_proposed: bool = False
    pull_request: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.environment, self.app


Page = Callable[[str, Commit], str | None]


def _promoted(done: Delivery, page: Page) -> Iterator[Event]:
    pulled = {Place(each.repo, each.head): each.url for each in done.pulled}
    commits: dict[Place, list[Commit]] = {}
    for commit in done.commits:
        if commit.pushed:
            commits.setdefault(commit.place, []).append(commit)
    steps: dict[Place, int] = {}
    for step in done.plan.steps:
        # A place has one commit for each of its steps, in their order, or none.
        number = steps[step.place] = steps.get(step.place, -1) + 1
        if step.place not in commits:
            continue
        commit = commits[step.place][number]
        for item in step.news:
            yield Event(
                "promoted",
                item.environment,
                item.app,
                old=item.old,
                new=item.new,
                source=item.source,
                repo=commit.place.repo,
                branch=commit.place.branch,
                commit=commit.oid,
                page=page(item.environment, commit),
                is_proposed=step.onto is not None,
                pull_request=pulled.get(step.place),
            )


def _refused(refusal: Refusal) -> Event:
    return Event(
        "waiting-changed" if refusal.is_patient else "refused",
        refusal.environment,
        refusal.app,
        code=refusal.code,
        gate=refusal.gate,
        until=refusal.until,
        reason=refusal.reason,
    )


def events_of(done: Delivery, page: Page) -> tuple[Event, ...]:
    """All of a delivery that can be told; `page` knows the page of a commit, by the environment that it is of.

    What waits is `waiting-changed`, whether it has changed or not: `memory` knows that.
    """
    return (
        *_promoted(done, page),
        *map(_refused, done.plan.refusals),
        *(
            Event("failed", each.environment, each.app, code=each.code, reason=each.reason)
            for each in done.plan.failures
        ),
    )


def covered(done: Delivery) -> frozenset[tuple[str, str]]:
    """The (environment, app) that the delivery has a word of: of all others nothing is known anew."""
    plan = done.plan
    outcomes = chain[Change | Skip | Refusal | Failure](plan.changes, plan.skips, plan.refusals, plan.failures)
    return frozenset((each.environment, each.app) for each in outcomes)


def by_pair(events: tuple[Event, ...]) -> Mapping[tuple[str, str], tuple[Event, ...]]:
    """The events of each (environment, app), in their order."""
    found: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        found.setdefault(event.pair, []).append(event)
    return {pair: tuple(each) for pair, each in found.items()}
