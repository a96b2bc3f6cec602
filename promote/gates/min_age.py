"""`min_age`: every image of the version is so old, by the date that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from promote.duration import show_duration
from promote.gates.gate import Case
from promote.gates.origins import joined
from promote.policy.conditions import dated, located
from promote.policy.selection import Rejected
from promote.question import Absent, Answer, Asking, Facts, Known, Now, Unknown, Unreadable, time_of
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class MinAge:
    """Waits until the youngest image is `least` old; an image without a usable date fails it."""

    least: timedelta

    @property
    def name(self) -> str:
        return "min_age"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:
        asked = [
            Facts(repository, version.reference, frozenset({"created"}))
            for repository, version in case.images
            if version.reference
        ]
        if not asked or len(asked) < len(case.images):
            return Verdict(self.name, "failed", f"no tag and no digest tells which images {case.app} would run")
        answers = yield frozenset({Now(), *asked})
        now = time_of(answers)
        return joined(self.name, [self._of(fact, answers[fact], now) for fact in asked])

    def _of(self, fact: Facts, answer: Answer, now: datetime) -> Verdict:
        if isinstance(answer, Unknown):
            return Verdict(self.name, "unknown", located(fact, answer.why), exit_code=answer.exit_code)
        if isinstance(answer, Absent | Unreadable):
            return Verdict(self.name, "failed", located(fact, answer.why))
        if not isinstance(answer, Known):
            raise TypeError(f"the facts of {fact.repository} were answered with {type(answer).__name__}")
        created = dated(answer, now)
        if isinstance(created, Rejected):
            return Verdict(self.name, "failed", located(fact, created.why))
        age, wanted = show_duration(now - created, parts=2), show_duration(self.least)
        if now - created < self.least:
            return Verdict(self.name, "waiting", f"{fact.image} is {age} old, of {wanted}", created + self.least)
        return Verdict(self.name, "passed", f"{fact.image} is {age} old")
