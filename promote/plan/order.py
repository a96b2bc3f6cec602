"""Which of two versions is the newer one for an app (SEMANTICS 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.image import Version
from promote.policy.created import Created
from promote.policy.filter import Filter
from promote.question import Asking, Unknown


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


def order(estate: Estate, app: str, new: Version, *, dates: bool) -> Asking[Ordered]:
    """By the app's policy if that ranks both, else by the images' `dates` if they may be asked for, else not at all.

    What the environment ran before its present version will come between the two when history is built.
    """
    present = {site.version for site in estate.sites(app) if site.version.reference}
    running = estate.runs(app)
    if isinstance(running, Version):
        present = {running} if running.reference else set()
    least: Ordered | None = None
    for version in sorted(present, key=str):
        one = yield from _against(estate, app, new, version, dates=dates)
        # Of sites that differ the newest is what must not be lost.
        least = one if least is None or _rank(one) < _rank(least) else least
    return least or Ordered(None, asked=False)


def _rank(ordered: Ordered) -> tuple[int, bool]:
    """The least first: older, then not known, then unordered, then level or newer."""
    if ordered.failure is not None:
        return -2, False
    return {-1: -3, None: -1, 0: 0, 1: 2}[ordered.sign], not ordered.asked


def _against(estate: Estate, app: str, new: Version, present: Version, *, dates: bool) -> Asking[Ordered]:
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
    return Ordered(None) if sign is None or sign == 0 else _told(sign, "by the dates of the images", present)


def _told(sign: int | Unknown, how: str, present: Version) -> Ordered:
    if isinstance(sign, Unknown):
        return Ordered(None, how, versus=present, failure=sign)
    return Ordered(sign, how, versus=present)
