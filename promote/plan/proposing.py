"""What becomes a pull request: this run's changes and those that are proposed already, the newest of each app (7.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from promote.config.request_branch import rollback_branch
from promote.errors import UsageError
from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.outcome import Failure, Refusal, Skip
from promote.place import Place
from promote.plan.draft import Decision, Draft
from promote.plan.holding import edited, unread
from promote.plan.intent import Before, Rules
from promote.plan.standing import again, merging
from promote.question import Asking, Carried, HoldChange, Proposed, Request, Standing, Stands, Unknown, abreast

# Of what is skipped only this is news to who reviews the rest: nothing is missing of what has it already.
_NEWS = frozenset({"declined", "source-moved"})


@dataclass(frozen=True, slots=True)
class Branch:
    """One promotion branch as it is to be: all of its drafts, the tip that it stands on, and where it stands now.

    `environment` is one of those in it, whose words on pull requests count. `is_pushed` is False where the branch holds
    all of it already. `request` is its pull request, if one is open, and `left` what this run left out of it.
    """

    base: Place
    place: Place
    environment: str
    tip: str
    expected: str | None
    drafts: tuple[Draft, ...]
    is_pushed: bool
    request: Request | None = None
    left: tuple[Skip | Refusal | Failure, ...] = ()

    def stands(self, environment: str, app: str) -> bool:
        """Whether that app was proposed before this run."""
        return any(draft.is_standing for draft in self.drafts if (draft.environment, draft.app) == (environment, app))


Key = tuple[Place, str]


def proposing(
    estates: Mapping[str, Estate], decisions: Iterable[Decision], rules: Rules, before: Before
) -> Asking[tuple[list[Decision], list[Branch]]]:
    """The decisions that are left to be told or pushed, and the branches that the others go to."""
    kept: list[Decision] = []
    mine: dict[Key, list[Decision]] = {}
    owners: dict[Key, str] = {}
    leaving: dict[Key, set[tuple[str, str]]] = {}
    ending: dict[Key, set[tuple[str, str]]] = {}
    for decision in decisions:
        estate = estates[decision.environment]
        name, app = decision.environment, decision.app
        is_rollback = isinstance(decision, Draft) and decision.undone is not None
        back = estate.place, rollback_branch(name)
        forward = estate.place, estate.environment.request_branch(app)
        if rules.proposes(estate) and estate.tip is not None:
            mine.setdefault(back if is_rollback else forward, []).append(decision)
            # What is rolled back is not carried forward at the same time; what is proposed to be is looked at again.
            for key in (back, forward):
                mine.setdefault(key, [])
                owners.setdefault(key, name)
            if is_rollback:
                leaving.setdefault(forward, set()).add((name, app))
        else:
            kept.append(decision)
            if is_rollback and estate.environment.deliver == "pull-request" and estate.tip is not None:
                ending.setdefault(back, set()).add((name, app))
    found = yield from abreast(
        {
            key: _branch(estates, key, each, owners[key], leaving.get(key, set()), rules, before)
            for key, each in mine.items()
        }
    )
    branches: list[Branch] = []
    for told, branch in found.values():
        kept += told
        branches += [] if branch is None else [branch]
    ended = yield from abreast({key: _ended(estates, key, apps) for key, apps in ending.items()})
    return kept, [*branches, *(branch for branch in ended.values() if branch is not None)]


def _ended(
    estates: Mapping[str, Estate], key: Key, pushed: Collection[tuple[str, str]]
) -> Asking[Branch | None]:
    """The branch of a rollback of which all is pushed at once: nothing is left to merge.

    With something else on it the next run builds it anew, on what this one pushes. That the forge does not answer
    keeps nobody from going back.
    """
    base, head = key
    environment = next(name for name, _ in pushed)
    question = Stands(base, head, environment, is_news=False)
    standing = (yield frozenset({question}))[question]
    tip = estates[environment].tip
    if not isinstance(standing, Standing) or standing.live is None or standing.opened is None or tip is None:
        return None
    left = {(item.environment, item.app) for item in standing.live.carried} - set(pushed)
    if left or not standing.live.is_ours:
        return None
    place = Place(base.repo, head)
    return Branch(base, place, environment, tip, standing.live.oid, (), is_pushed=False, request=standing.opened)


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
    if head == base.branch:
        raise UsageError(
            f"{head} is the branch that its pull requests go into",
            where=f"environment {environment}: pull_request: branch",
            cure="name another for them to come from",
        )
    drafts = [decision for decision in decisions if isinstance(decision, Draft)]
    told: list[Decision] = [decision for decision in decisions if not isinstance(decision, Draft)]
    question = Stands(base, head, environment, bool(drafts))
    standing = (yield frozenset({question}))[question]
    if isinstance(standing, Unknown):
        return [*told, *(unread(each.environment, each.app, standing) for each in drafts)], None
    if not isinstance(standing, Standing):
        raise TypeError(f"an answer of the wrong kind: {standing!r}")
    proposed, request, live = standing.proposed, standing.request, standing.live
    if live is not None and not live.is_ours:
        return [*told, *(edited(each.environment, each.app, head, request) for each in drafts)], None
    wanted = () if live is None else live.carried
    fresh: list[Draft] = []
    for draft in drafts:
        decision = yield from _met(estates, draft, wanted, standing, rules)
        if isinstance(decision, Draft):
            fresh.append(decision)
        else:
            told.append(decision)
    taken = {(draft.environment, draft.app) for draft in fresh} | set(leaving)
    known = {(each.environment, each.app) for each in told if isinstance(each, Refusal | Failure)}
    stood = yield from again(
        estates, [item for item in wanted if (item.environment, item.app) not in taken], head, before
    )
    if isinstance(stood, Failure):
        stuck = [stood] if (stood.environment, stood.app) not in known else []
        return [*told, *stuck, *(_stuck(each, head, stood) for each in fresh)], None
    standing_drafts, left = stood
    told += [each for each in left if (each.environment, each.app) not in known]
    if proposed is not None:
        standing_drafts = [replace(each, holding=_held_with(proposed, each)) for each in standing_drafts]
    everything = yield from merging(estates, [*fresh, *standing_drafts], head, before)
    fresh = everything[: len(fresh)]
    news = any(not draft.is_standing for draft in fresh)
    gone = len(wanted) != sum(draft.is_standing for draft in everything)
    tip = next(estate.tip for estate in estates.values() if estate.place == base and estate.tip is not None)
    if not everything and live is None and standing.opened is None:
        return told, None
    missing = tuple(each for each in told if _is_news(each))
    told += [_already(draft, head, standing.opened) for draft in fresh if draft.is_standing]
    expected = None if proposed is None else proposed.oid
    is_stale = standing.is_stale(estates[environment].holds.fingerprint)
    is_pushed = bool(everything) and (news or gone or is_stale or live is None)
    place = Place(base.repo, head)
    drafted = tuple(everything)
    return told, Branch(base, place, environment, tip, expected, drafted, is_pushed, standing.opened, missing)


def _is_news(told: Decision) -> TypeGuard[Skip | Refusal | Failure]:
    return isinstance(told, Refusal | Failure) or (isinstance(told, Skip) and told.code in _NEWS)


def _stuck(draft: Draft, head: str, why: Failure) -> Failure:
    told = f"branch {head} cannot be built anew, because of {why.app} of {why.environment}: {why.reason}"
    return Failure(draft.environment, draft.app, "proposal", why.exit_code, told)


def _held_with(proposed: Proposed, draft: Draft) -> tuple[HoldChange, ...]:
    """What a rollback that stands there holds back."""
    key = (draft.environment, draft.app)
    return tuple(each for each in proposed.holds if (each.environment, each.app) == key and draft.undone is not None)


def _already(draft: Draft, head: str, opened: Request | None) -> Skip:
    at = f"branch {head}" if opened is None else opened.url
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
