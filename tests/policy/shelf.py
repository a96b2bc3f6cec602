"""A registry in the tests' memory: what a policy asks is answered from tables, and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promote.image import Repository, Version
from promote.policy import Policy
from promote.policy.selection import Selection
from promote.question import Absent, Answer, Answers, Facts, Known, Now, Question, Tags, Unknown, drive
from tests.clock import NOON

WEB = Repository("ghcr.io", "acme/web")
MIGRATE = Repository("ghcr.io", "acme/web-migrate")


def digest(tag: str) -> str:
    return f"sha256:{tag.encode().hex():0>64}"


def image(tag: str, age: timedelta | None = None, *platforms: str, undated: str = "") -> Known:
    """The facts of an image that was made so long before noon."""
    return Known(digest(tag), None if age is None else NOON - age, platforms, undated=undated)


@dataclass(frozen=True)
class Shelf:
    """Answers by repository and tag, listed as they stand; what is asked goes into `asked`, a set a round."""

    images: Mapping[Repository, Mapping[str, Answer]]
    now: datetime = NOON
    asked: list[frozenset[Question]] = field(default_factory=list)

    def gather(self, questions: frozenset[Question]) -> Answers:
        self.asked.append(questions)
        return {question: self._answer(question) for question in questions}

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, Now):
            return self.now
        assert isinstance(question, Tags | Facts)
        here = self.images[question.repository]
        if isinstance(question, Tags):
            return tuple(here)
        by_digest = {known.digest: known for known in here.values() if isinstance(known, Known)}
        return here.get(question.reference) or by_digest.get(question.reference) or Absent("there is no such image")

    def choose(self, policy: Policy, current: str | None = None) -> Selection:
        running = None if current is None else Version(current)
        return drive(policy.choose(tuple(self.images), running), self.gather)

    def compare(self, policy: Policy, a: Version, b: Version) -> int | Unknown | None:
        return drive(policy.compare(tuple(self.images), a, b), self.gather)

    def references(self) -> list[set[str]]:
        """Of each round the tags and digests whose facts were asked for."""
        return [{each.reference for each in asked if isinstance(each, Facts)} for asked in self.asked]

    def facts(self) -> set[Facts]:
        return {each for asked in self.asked for each in asked if isinstance(each, Facts)}


def reasons(selection: Selection) -> list[tuple[str, str | None]]:
    return [(one.tag, one.reason) for one in selection.considered]


def web(images: Mapping[str, Answer] | Sequence[str]) -> Shelf:
    """A shelf of one repository; images that are only named have facts that say nothing."""
    return Shelf({WEB: images if isinstance(images, Mapping) else {tag: image(tag) for tag in images}})
