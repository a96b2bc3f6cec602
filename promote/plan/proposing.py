"""What becomes a pull request: this run's changes and those that are proposed already, the newest of each app (7.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.estate.estate import Estate
from promote.image import Repository, Version, agree, parse_repository
from promote.outcome import Failure, Refusal, Skip
from promote.place import Place
from promote.plan.carry import Cargo
from promote.plan.choice import Choice
from promote.plan.draft import Decision, Draft
from promote.plan.gating import Way, judged, stopped
from promote.plan.holding import edited, rollback_branch, unread
from promote.plan.intent import Before, Rules
from promote.plan.settle import settle
from promote.question import Asking, Carried, HoldChange, Proposed, Request, Standing, Stands, Unknown, abreast


@dataclass(frozen=True, slots=True)
class Branch:
    """One promotion branch as it is to be: all of its drafts, the tip that it stands on, and where it stands now.

    `environment` is one of those in it, whose words on pull requests count. `is_pushed` is False where the branch holds
    all of it already.
    """

    base: Place
    place: Place
    environment: str
    tip: str
    expected: str | None
    drafts: tuple[Draft, ...]
    is_pushed: bool

    def stands(self, environment: str, app: str) -> bool:
        """Whether that app was proposed before this run."""
        return any(draft.is_standing for draft in self.drafts if (draft.environment, draft.app) == (environment, app))


Key = tuple[Place, str]


def _key(estate: Estate, decision: Decision) -> Key:
    name, app = decision.environment, decision.app
    if isinstance(decision, Draft) and decision.undone is not None:
        return estate.place, rollback_branch(name, app)
    return estate.place, estate.environment.request_branch(app)


def proposing(
    estates: Mapping[str, Estate], decisions: Iterable[Decision], rules: Rules, before: Before
) -> Asking[tuple[list[Decision], list[Branch]]]:
    """The decisions that are left to be told or pushed, and the branches that the others go to."""
    kept: list[Decision] = []
    mine: dict[Key, list[Decision]] = {}
    owners: dict[Key, str] = {}
    leaving: set[tuple[str, str]] = set()
    for decision in decisions:
        estate = estates[decision.environment]
        if rules.proposes(estate) and estate.tip is not None:
            key = _key(estate, decision)
            mine.setdefault(key, []).append(decision)
            owners.setdefault(key, decision.environment)
            if isinstance(decision, Draft) and decision.undone is not None:
                # What is rolled back is not carried forward at the same time.
                forward = estate.place, estate.environment.request_branch(decision.app)
                mine.setdefault(forward, [])
                owners.setdefault(forward, decision.environment)
                leaving.add((decision.environment, decision.app))
        else:
            kept.append(decision)
    found = yield from abreast(
        {key: _branch(estates, key, each, owners[key], leaving, rules, before) for key, each in mine.items()}
    )
    branches: list[Branch] = []
    for told, branch in found.values():
        kept += told
        branches += [] if branch is None else [branch]
    return kept, branches


def _branch(
    estates: Mapping[str, Estate],
    key: Key,
    decisions: Sequence[Decision],
    environment: str,
    leaving: Collection[tuple[str, str]],
    rules: Rules,
    before: Before,
) -> Asking[tuple[list[Decision], Branch | None]]:
    base, head = key
    drafts = [decision for decision in decisions if isinstance(decision, Draft)]
    told: list[Decision] = [decision for decision in decisions if not isinstance(decision, Draft)]
    question = Stands(base, head, environment, bool(drafts))
    standing = (yield frozenset({question}))[question]
    if isinstance(standing, Unknown):
        return [*told, *(unread(each.environment, each.app, standing) for each in drafts)], None
    if not isinstance(standing, Standing):
        raise TypeError(f"an answer of the wrong kind: {standing!r}")
    proposed, request = standing.proposed, standing.request
    is_live = standing.is_live
    if proposed is not None and is_live and not proposed.is_ours:
        return [*told, *(edited(each.environment, each.app, head, request) for each in drafts)], None
    wanted = proposed.carried if proposed is not None and is_live else ()
    fresh: list[Draft] = []
    for draft in drafts:
        decision = yield from _met(estates, draft, wanted, standing, rules)
        if isinstance(decision, Draft):
            fresh.append(decision)
        else:
            told.append(decision)
    taken = {(draft.environment, draft.app) for draft in fresh}
    if head not in {rollback_branch(*each) for each in leaving}:
        taken |= set(leaving)
    again, left = yield from _again(
        estates, [item for item in wanted if (item.environment, item.app) not in taken], head, rules, before
    )
    known = {(each.environment, each.app) for each in told if isinstance(each, Refusal | Failure)}
    told += [each for each in left if (each.environment, each.app) not in known]
    if proposed is not None:
        again = [replace(each, holding=_held_with(proposed, each)) for each in again]
    reviewed = yield from _merging(estates, [*fresh, *again], head, rules, before)
    fresh, again = reviewed[: len(fresh)], reviewed[len(fresh) :]
    everything = (*fresh, *again)
    news = any(not draft.is_standing for draft in fresh)
    gone = len(wanted) != sum(draft.is_standing for draft in everything)
    stale = request is not None and request.state == "open" and request.conflicts is True
    tip = next(estate.tip for estate in estates.values() if estate.place == base and estate.tip is not None)
    if not everything and (proposed is None or not is_live) and (request is None or request.state != "open"):
        return told, None
    told += [_already(draft, request) for draft in fresh if draft.is_standing]
    expected = None if proposed is None else proposed.oid
    is_pushed = bool(everything) and (news or gone or stale or not is_live)
    return told, Branch(base, Place(base.repo, head), environment, tip, expected, everything, is_pushed)


def _held_with(proposed: Proposed, draft: Draft) -> tuple[HoldChange, ...]:
    """What a rollback that stands there holds back."""
    key = (draft.environment, draft.app)
    return tuple(each for each in proposed.holds if (each.environment, each.app) == key and draft.undone is not None)


def _already(draft: Draft, request: Request | None) -> Skip:
    at = "a branch" if request is None else request.url
    return Skip(draft.environment, draft.app, "proposed", f"{draft.app} {draft.new.short} is proposed already: {at}")


def _met(
    estates: Mapping[str, Estate], draft: Draft, wanted: Sequence[Carried], standing: Standing, rules: Rules
) -> Asking[Decision]:
    """A draft of this run as it meets what is proposed: declined, overtaken by a newer one, standing, or new."""
    name, app = draft.environment, draft.app
    declined = _declined(standing, name, app)
    if declined is not None and agree(draft.new, declined):
        at = "" if standing.request is None else f": {standing.request.url} was closed unmerged"
        why = f"{app} {draft.new.short} was declined{at}; another version will be proposed again"
        return Skip(name, app, "declined", why)
    stands = next((item.new for item in wanted if (item.environment, item.app) == (name, app)), None)
    if stands is None:
        return draft
    if stands == draft.new:
        return replace(draft, is_standing=True)
    chooser = estates[name].apps[app].chooser
    if chooser is None or rules.allow_downgrade or draft.undone is not None:
        return draft
    sign = yield from chooser.compare(estates[name].apps[app].repositories, stands, draft.new)
    if isinstance(sign, int) and sign > 0:
        why = f"{app} {stands.short} is proposed already, and {draft.new.short} is older; --allow-downgrade replaces it"
        return Skip(name, app, "overtaken", why)
    return draft


def _declined(standing: Standing, environment: str, app: str) -> Version | None:
    """The version that a person has declined by closing its pull request unmerged (SEMANTICS 7.3)."""
    proposed, request = standing.proposed, standing.request
    if request is None or request.state != "closed" or request.is_done:
        return None
    said = [(item.environment, item.app, item.new) for item in proposed.carried] if proposed is not None else []
    told = said if proposed is not None and proposed.oid == request.head_oid else request.versions
    return next((version for there, its, version in told if (there, its) == (environment, app)), None)


def _again(
    estates: Mapping[str, Estate], wanted: Sequence[Carried], head: str, rules: Rules, before: Before
) -> Asking[tuple[list[Draft], list[Decision]]]:
    """What is proposed already, on the files as they are now; what has landed or cannot be any more leaves it.

    And what is to be told of it: what gates say by now, where they do not pass it any more (SEMANTICS 7.2).
    """
    known = [item for item in wanted if item.environment in estates and item.app in estates[item.environment].apps]
    decided = yield from abreast(
        {(item.environment, item.app): _once_more(estates, item, head, rules, before) for item in known}
    )
    drafts, told = list[Draft](), list[Decision]()
    for decision in decided.values():
        if not isinstance(decision, Draft):
            if isinstance(decision, Refusal) and decision.code in ("failed", "held"):
                told.append(decision)
            continue
        drafts.append(decision)
        stop = stopped(decision)
        told += [] if stop is None else [stop]
    return drafts, told


def _once_more(
    estates: Mapping[str, Estate], item: Carried, head: str, rules: Rules, before: Before
) -> Asking[Decision]:
    """A change that stands, before the gates again: it goes where one has failed, and stays where one only waits."""
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
    # It was looked up when it was proposed; that it must not be older than what runs by now still holds.
    decision = yield from settle(estates, item.environment, choice, Rules(verify_tag=False), before)
    if not isinstance(decision, Draft):
        return decision
    draft = replace(decision, is_standing=True, skipped_gates=item.skipped_gates, warnings=())
    if item.undone is not None:
        return draft  # gates are waived (8.1)
    draft = yield from judged(estates, draft, way, rules, before)
    stop = stopped(draft)
    return stop if isinstance(stop, Refusal) and stop.code == "failed" else draft


def _sources(estate: Estate, item: Carried) -> tuple[str, ...]:
    its = estate.environment
    return its.sources if its.needs_all or item.source is None else (item.source,)


def _merging(
    estates: Mapping[str, Estate], drafts: Sequence[Draft], head: str, rules: Rules, before: Before
) -> Asking[list[Draft]]:
    """The drafts of a branch with what the gates say that only hold back the merge (SEMANTICS 6.7)."""
    steps = {
        number: judged(estates, draft, Way((), head), rules, before, merging=True)
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
