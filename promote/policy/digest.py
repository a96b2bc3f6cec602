"""The policy `digest`: what one tag that moves means now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promote.image import Repository, Version
from promote.policy.candidates import distinct
from promote.policy.conditions import ANY_IMAGE, Conditions, located
from promote.policy.selection import Considered, Selection
from promote.question import Absent, Asking, Unknown


@dataclass(frozen=True, slots=True)
class Digest:
    """The tag that is followed, and what its image must be like. No list of tags is asked for."""

    tag: str
    conditions: Conditions = ANY_IMAGE

    def choose(
        self, repositories: Sequence[Repository], current: Version | None  # noqa: ARG002  the tag decides
    ) -> Asking[Selection]:
        """The tag, with its digest where there is one image; no winner where its image is not as it must be.

        A tag that is not there is a failure: it is the one thing that was asked for.
        """
        images = distinct(repositories)
        asked = self.conditions.questions(images, (self.tag,) * len(images))
        answers = yield self.conditions.clock.union(asked)
        for fact in asked:
            answer = answers[fact]
            if isinstance(answer, Absent):
                return Selection(None, (), Unknown(located(fact, answer.why), 4))
        verdict = self.conditions.verdict(asked, answers)
        if verdict.failure is not None:
            return Selection(None, (), verdict.failure)
        fits = verdict.why_not is None
        only = Considered(self.tag, fits, verdict.why_not, verdict.created, verdict.digest)
        judged = tuple(zip(images, verdict.digests, strict=True)) if fits else ()
        return Selection(Version(self.tag, verdict.digest) if fits else None, (only,), judged=judged, listed=False)

    def compare(
        self, repositories: Sequence[Repository], a: Version, b: Version  # noqa: ARG002  a digest has no order
    ) -> Asking[int | Unknown | None]:
        """0 where both are the same tag and digest, else None: of two digests neither is the newer one."""
        yield from ()
        return 0 if a == b and a.reference else None
