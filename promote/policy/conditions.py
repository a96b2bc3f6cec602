"""What an image itself must be like to be a candidate: its platforms, its age, that it has a date at all.

The facts of an image are asked for only where they can decide something (SEMANTICS 5.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promote.duration import show_duration
from promote.errors import worst
from promote.image import Repository
from promote.moment import show_minute
from promote.policy.selection import Rejected
from promote.question import Absent, Answer, Answers, Facts, Known, Now, Question, Unknown, Unreadable, What, time_of

AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answers say of one version: `why_not` keeps it out, `failure` leaves it open, else it may win.

    `created` is the date of its youngest image, where all are known; `digests` are those of its images.
    """

    why_not: str | None = None
    failure: Unknown | None = None
    created: datetime | None = None
    digests: tuple[str, ...] = ()

    @property
    def digest(self) -> str | None:
        """The digest of a version of one image: several have none in common."""
        return self.digests[0] if len(self.digests) == 1 else None


def dated(known: Known, now: datetime) -> datetime | Rejected:
    """When the image was made, or why its date is none to judge by."""
    created = known.created
    if created is None:
        return Rejected(known.undated or "the image names no date")
    if created.year <= 1970:
        return Rejected(f"the image is dated {created:%Y-%m-%d}, as reproducible builds are, and that is no date")
    if created > now + AHEAD:
        return Rejected(f"the image is dated {show_minute(created)}, which is in the future")
    return created


def located(fact: Facts, why: str) -> str:
    """The reason, with what it speaks of where it does not say so itself."""
    return why if str(fact.repository) in why else f"{fact.image}: {why}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """`platforms` that must all be there, the least age, and whether a date is needed in any case (`by_date`)."""

    platforms: tuple[str, ...] = ()
    min_age: timedelta | None = None
    by_date: bool = False
    immutable: bool = False

    @property
    def needs_date(self) -> bool:
        return self.by_date or self.min_age is not None

    @property
    def needs_facts(self) -> bool:
        return self.needs_date or bool(self.platforms)

    @property
    def clock(self) -> frozenset[Question]:
        """The question for the time, where ages or dates are judged."""
        return frozenset({Now()} if self.needs_date else ())

    def questions(self, repositories: Sequence[Repository], references: Sequence[str]) -> tuple[Facts, ...]:
        """What must be known of one version, image by image."""
        what: set[What] = {"digest"}
        if self.needs_date:
            what.add("created")
        if self.platforms:
            what.add("platforms")
        return tuple(
            Facts(repository, reference, frozenset(what), self.immutable)
            for repository, reference in zip(repositories, references, strict=True)
        )

    def verdict(self, asked: Sequence[Facts], answers: Answers) -> Verdict:
        """What came of the questions: one image that is surely wrong keeps a version out, whatever is not known."""
        known: list[Known] = []
        failures: list[tuple[str, int]] = []
        wrong: list[str] = []
        for fact in asked:
            answer = answers[fact]
            several = fact.repository.path if len(asked) > 1 else ""
            if isinstance(answer, Known):
                known.append(answer)
                why = self._why_not(answer, answers)
                wrong += [] if why is None else [f"{several}: {why}" if several else why]
            elif isinstance(answer, Absent | Unreadable):
                wrong.append(answer.why)
            elif isinstance(answer, Unknown):
                failures.append((located(fact, answer.why), answer.exit_code))
            else:
                raise TypeError(f"the facts of {fact.repository} were answered with {type(answer).__name__}")
        digests = tuple(each.digest for each in known) if len(known) == len(asked) else ()
        created = self._youngest(known) if len(known) == len(asked) else None
        failure: Unknown | None = None
        if failures and not wrong:
            failure = Unknown("; ".join(why for why, _ in failures), worst({code for _, code in failures}))
        return Verdict("; ".join(wrong) or None, failure, created, digests)

    def _why_not(self, known: Known, answers: Mapping[Question, Answer]) -> str | None:
        if self.needs_date:
            now = time_of(answers)
            created = dated(known, now)
            if isinstance(created, Rejected):
                return created.why
            age = now - created
            if self.min_age is not None and age < self.min_age:
                wanted = show_duration(self.min_age)
                # A builder's clock may be ahead, within AHEAD.
                span = show_duration(abs(age), parts=2)
                dated_so = f"created {span} ago" if created <= now else f"dated {span} ahead"
                return f"too young: {dated_so}, wants {wanted}"
        lacking = [platform for platform in self.platforms if platform not in known.platforms]
        return f"lacks {', '.join(lacking)}" if lacking else None

    def _youngest(self, known: Sequence[Known]) -> datetime | None:
        dates = [each.created for each in known]
        return max((each for each in dates if each is not None), default=None) if None not in dates else None


ANY_IMAGE = Conditions()
