"""What a pull request proposes already, decided again on the files as they are, by what gates say now (7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promote.errors import Refused
from promote.estate.estate import Estate
from promote.image import Repository, parse_repository
from promote.outcome import Failure, Refusal
from promote.plan.carry import Cargo
from promote.plan.choice import Choice
from promote.plan.draft import Decision, Draft
from promote.plan.gating import Way, judged, stopped
from promote.plan.intent import Before, Rules
from promote.plan.settle import settle
from promote.question import Asking, Carried, abreast

# It was looked up when it was proposed; that it must not be older than what runs by now still holds. And what a command
# line skips it skips for what it brings in itself.
_RULES = Rules(verify_tag=False)


def again(
    estates: Mapping[str, Estate], wanted: Sequence[Carried], head: str, before: Before
) -> Asking[tuple[list[Draft], list[Decision]] | Failure]:
    """The changes that stay; what has landed, is held, failed at a gate or cannot be any more leaves.

    And what is to be told: of those that leave, but where the base has it or something newer, and of those that a gate
    does not pass by now. A failure where nothing tells what one of them would write: then nothing can be built anew.
    """
    known = [item for item in wanted if item.environment in estates and item.app in estates[item.environment].apps]
    decided = yield from abreast(
        {(item.environment, item.app): _once_more(estates, item, head, before) for item in known}
    )
    drafts, told = list[Draft](), list[Decision]()
    for draft, stop in decided.values():
        if draft is None and isinstance(stop, Failure) and stop.code != "gate":
            return stop
        drafts += [] if draft is None else [draft]
        if isinstance(stop, Failure) or (isinstance(stop, Refusal) and stop.code != "downgrade"):
            told.append(stop)
    return drafts, told


def _once_more(
    estates: Mapping[str, Estate], item: Carried, head: str, before: Before
) -> Asking[tuple[Draft | None, Decision | None]]:
    """The draft of a change that stays, and what is to be told of it; None for one that leaves."""
    estate = estates[item.environment]
    way = Way(_sources(estate, item), head)
    choice = Choice(
        item.app,
        item.new.tag,
        "proposed before",
        Cargo(_digests(estate, item)),
        source=item.source,
        heeds=() if item.source is None else way.sources,
        undone=item.undone,
    )
    decision = yield from settle(estates, item.environment, choice, _RULES, before)
    if item.undone is not None and isinstance(decision, Refusal) and decision.code != "held":
        # A file that somebody has broken must not close the pull request by which prod goes back.
        return None, Failure(decision.environment, decision.app, "proposal", Refused.exit_code, decision.reason)
    if not isinstance(decision, Draft):
        return None, decision
    draft = replace(decision, is_standing=True, skipped_gates=item.skipped_gates, warnings=())
    if item.undone is not None:
        return draft, None  # gates are waived (8.1)
    draft = yield from judged(estates, draft, way, _RULES, before)
    stop = stopped(draft)
    has_failed = any(verdict.state == "failed" for verdict in draft.verdicts)
    return None if has_failed else draft, stop


def _sources(estate: Estate, item: Carried) -> tuple[str, ...]:
    its = estate.environment
    return its.sources if its.needs_all or item.source is None else (item.source,)


def merging(
    estates: Mapping[str, Estate], drafts: Sequence[Draft], head: str, before: Before
) -> Asking[list[Draft]]:
    """The drafts of a branch with what the gates say that only hold back the merge (SEMANTICS 6.7)."""
    steps = {
        number: judged(estates, draft, Way((), head), _RULES, before, merging=True)
        for number, draft in enumerate(drafts)
        if draft.undone is None
    }
    found = yield from abreast(steps)
    return [found.get(number, draft) for number, draft in enumerate(drafts)]


def _digests(estate: Estate, item: Carried) -> Mapping[Repository, str]:
    """The digests that the trailers name, by image."""
    several = {parse_repository(image): digest for image, digest in item.digests}
    if several:
        return {image: digest for image, digest in several.items() if image is not None}
    repositories = {site.repository for site in estate.places(item.app)}
    if item.new.digest is None or len(repositories) != 1:
        return {}
    return {next(iter(repositories)): item.new.digest}
