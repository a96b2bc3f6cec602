"""Which of two versions is the newer one for an app (SEMANTICS 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from promote.estate.estate import Estate
from promote.image import Version
from promote.policy import build
from promote.question import Answers, Asking, Facts, Known, Question


@dataclass(frozen=True, slots=True)
class Ordered:
    """How a new version stands to the present one: 1 newer, 0 the same, -1 older, None unordered; and what told.

    `asked` is False where there was nothing to compare with.
    """

    sign: int | None
    how: str = ""
    asked: bool = True


def order(estate: Estate, app: str, new: Version) -> Asking[Ordered]:
    """By the app's policy if that ranks both, else by the images' dates, else not at all.

    What the environment ran before its present version will come between the two when history is built.
    """
    present = estate.runs(app)
    if not isinstance(present, Version) or (present.tag is None and present.digest is None):
        return Ordered(None, asked=False)
    policy = estate.apps[app].policy
    if policy is not None:
        sign = build(policy).compare(new, present)
        if sign is not None:
            return Ordered(sign, f"by its policy, {policy.kind}")
    if new.tag == present.tag:
        return Ordered(None, asked=False)
    repository = estate.sites(app)[0].repository
    facts = [Facts(repository, version.reference, frozenset({"created"})) for version in (new, present)]
    answers: Answers = yield frozenset[Question](facts)
    dates = [_date(answers[fact]) for fact in facts]
    if dates[0] is None or dates[1] is None or dates[0] == dates[1]:
        return Ordered(None)
    return Ordered(1 if dates[0] > dates[1] else -1, "by the dates of the images")


def _date(answer: object) -> datetime | None:
    """When the image was made, or None where that is not known; reproducible builds say 1970 and mean nothing."""
    created = answer.created if isinstance(answer, Known) else None
    return None if created is None or created.year <= 1970 else created
