"""Which of two versions is the newer one for an app (SEMANTICS 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from promote.estate.estate import Estate
from promote.image import Version
from promote.question import Answers, Asking, Facts, Known, Question


@dataclass(frozen=True, slots=True)
class Ordered:
    """How a new version stands to the present one: 1 newer, 0 the same, -1 older, None unordered; and what told.

    `asked` is False where there was nothing to compare with; `versus` is the present version that was compared with.
    """

    sign: int | None
    how: str = ""
    asked: bool = True
    versus: Version | None = None


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
    """The least first: older, then unordered, then level or newer."""
    return -1 if ordered.sign is None else 2 * ordered.sign, not ordered.asked


def _against(estate: Estate, app: str, new: Version, present: Version, *, dates: bool) -> Asking[Ordered]:
    its = estate.apps[app]
    # `created` itself compares dates, and so asks the registry.
    if its.chooser is not None and its.policy is not None and (dates or its.policy.kind != "created"):
        sign = yield from its.chooser.compare(its.repositories, new, present)
        if sign is not None:
            return Ordered(sign, f"by its policy, {its.policy.kind}", versus=present)
    if new.tag == present.tag:
        return Ordered(None, asked=False)
    if not dates:
        return Ordered(None)
    repository = estate.sites(app)[0].repository
    facts = [Facts(repository, version.reference, frozenset({"created"})) for version in (new, present)]
    answers: Answers = yield frozenset[Question](facts)
    newer, older = (_date(answers[fact]) for fact in facts)
    if newer is None or older is None or newer == older:
        return Ordered(None)
    return Ordered(1 if newer > older else -1, "by the dates of the images", versus=present)


def _date(answer: object) -> datetime | None:
    """When the image was made, or None where that is not known; reproducible builds say 1970 and mean nothing."""
    created = answer.created if isinstance(answer, Known) else None
    return None if created is None or created.year <= 1970 else created
