"""Which of two versions is the newer one for an app (SEMANTICS 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.image import Version, agree
from promote.plan.intent import Before
from promote.policy.created import Created
from promote.policy.filter import Filter
from promote.question import Asking, Past, Ran, Unknown

# How far back it is looked for what ran before: to know that a version never ran, all of a history would be read.
_LOOKED_BACK = 300


@dataclass(frozen=True, slots=True)
class Ordered:
    """How a new version stands to the present one: 1 newer, 0 the same, -1 older, None unordered; and what told.

    `asked` is False where there was nothing to compare with; `versus` is the present version that was compared with.
    `failure` is what could not be had: then nothing is known of the order, and that is no leave to go back (5.2).
    """

    sign: int | None
    how: str = ""
    asked: bool = True
    versus: Version | None = None
    failure: Unknown | None = None


def order(estate: Estate, app: str, new: Version, before: Before, *, dates: bool) -> Asking[Ordered]:
    """By the app's policy if that ranks both, else by the images' `dates`, else by what the environment ran before.

    Without `dates` nobody is asked: what the policy does not rank has no order then.
    """
    present = {site.version for site in estate.sites(app) if site.version.reference}
    running = estate.runs(app)
    if isinstance(running, Version):
        present = {running} if running.reference else set()
    least: Ordered | None = None
    for version in sorted(present, key=str):
        one = yield from _against(estate, app, new, version, before.tip(estate, app), dates=dates)
        # Of sites that differ the newest is what must not be lost.
        least = one if least is None or _rank(one) < _rank(least) else least
    return least or Ordered(None, asked=False)


def _rank(ordered: Ordered) -> tuple[int, bool]:
    """The least first: older, then not known, then unordered, then level or newer."""
    if ordered.failure is not None:
        return -2, False
    return {-1: -3, None: -1, 0: 0, 1: 2}[ordered.sign], not ordered.asked


def _against(
    estate: Estate, app: str, new: Version, present: Version, tip: str | None, *, dates: bool
) -> Asking[Ordered]:
    its = estate.apps[app]
    policy = its.chooser
    # `created` itself compares dates, and so asks the registry.
    if policy is not None and its.policy is not None and (dates or its.policy.kind != "created"):
        sign = yield from policy.compare(its.repositories, new, present)
        if sign is not None:
            return _told(sign, f"by its policy, {its.policy.kind}", present)
    if new.tag == present.tag:
        return Ordered(None, asked=False)
    if not dates:
        return Ordered(None)
    sign = yield from Created(Filter()).compare(its.repositories, new, present)
    # Two images of one moment have no order by it.
    if sign is not None and sign != 0:
        return _told(sign, "by the dates of the images", present)
    # Last, since it costs most: a repository of its own, with hundreds of commits, for every `set`.
    earlier = yield from _ran_before(estate, app, new, present, tip)
    if not earlier:
        return Ordered(None)
    return _told(earlier if isinstance(earlier, Unknown) else -1, "it ran there before", present)


def _ran_before(
    estate: Estate, app: str, new: Version, present: Version, tip: str | None
) -> Asking[bool | Unknown]:
    """Whether the environment ran `new` before `present`; working files have no past that could tell."""
    if tip is None:
        return False
    question = Ran(estate.place, tip, estate.environment.name, app, commits=_LOOKED_BACK)
    past = (yield frozenset({question}))[question]
    if not isinstance(past, Past):
        return past if isinstance(past, Unknown) else False
    earlier = (each.runs for each in past.stretches if isinstance(each.runs, Version))
    return any(agree(each, new) and not agree(each, present) for each in earlier)


def _told(sign: int | Unknown, how: str, present: Version) -> Ordered:
    if isinstance(sign, Unknown):
        return Ordered(None, how, versus=present, failure=sign)
    return Ordered(sign, how, versus=present)
