"""The policy `created`: the newest build, by the dates that the images name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promote.errors import worst
from promote.image import Repository, Version
from promote.policy.candidates import candidates, distinct
from promote.policy.conditions import ANY_IMAGE, Conditions, Verdict
from promote.policy.contest import best_first, contest
from promote.policy.filter import Filter
from promote.policy.selection import Considered, Rejected, Selection
from promote.question import Asking, Facts, Unknown

_TOLD = 3
_FIRST = 16  # dates that are asked for in the first round


def _reference(version: Version, images: int) -> str | None:
    """What the images of a version are asked for by: its digest where it is the digest of the only one."""
    return version.reference or None if images == 1 else version.tag


def _failure(verdicts: Mapping[str, Verdict], all_tags: int) -> Unknown | None:
    """Any of those that are not known could be the newest (SEMANTICS 5.2)."""
    found = [each.failure for each in verdicts.values() if each.failure is not None]
    if not found:
        return None
    more = f"; and {len(found) - _TOLD} more of {all_tags}" if len(found) > _TOLD else ""
    whys = "; ".join(each.why for each in found[:_TOLD])
    return Unknown(f"{whys}{more}", worst({each.exit_code for each in found}))


@dataclass(frozen=True, slots=True)
class Created:
    """A filter, which end of time wins, and what the images must be like."""

    filter: Filter
    newest: bool = True
    conditions: Conditions = ANY_IMAGE

    def choose(self, repositories: Sequence[Repository], current: Version | None) -> Asking[Selection]:
        """The tag whose youngest image is the newest, of those that all of `repositories` have.

        The dates of all candidates are asked for until one is missing, their platforms only from the newest down.
        `current` decides only between tags of the same date.
        """
        images = distinct(repositories)
        found = yield from candidates(images, self._candidate)
        if isinstance(found, Unknown):
            return Selection(None, (), found)
        dates = replace(self.conditions, by_date=True, platforms=())
        verdicts: dict[str, Verdict] = {}
        tags, size = [tag for _, tag in found.accepted], _FIRST
        while len(verdicts) < len(tags):
            # Growing rounds: where a registry has stopped answering, thousands are not asked for in vain.
            asked = {tag: dates.questions(images, (tag,) * len(images)) for tag in tags[len(verdicts) :][:size]}
            answers = yield dates.clock.union(*asked.values())
            verdicts |= {tag: dates.verdict(facts, answers) for tag, facts in asked.items()}
            failure = _failure(verdicts, len(tags))
            if failure is not None:
                return Selection(None, (), failure)
            size *= 8
        dated: list[tuple[datetime, str]] = []
        unfit: list[Considered] = []
        for tag, verdict in verdicts.items():
            if verdict.why_not is not None or verdict.created is None:
                unfit.append(Considered(tag, False, verdict.why_not, verdict.created, verdict.digest))
            else:
                dated.append((verdict.created, tag))
        running = current.tag if current is not None else None
        ordered = best_first(dated, greatest=self.newest, current=running)
        rest = Conditions(self.conditions.platforms, immutable=self.conditions.immutable)
        return (yield from contest(ordered, rest, images, running, (*unfit, *found.rejected), verdicts))

    def compare(self, repositories: Sequence[Repository], a: Version, b: Version) -> Asking[int | Unknown | None]:
        """-1, 0 or 1 as `a` is older than, level with or newer than `b`; None where one has no usable date.

        Unknown where a date could not be had: an older version must not pass for that (SEMANTICS 5.2). A filter has no
        part in it: whatever runs has a date.
        """
        images = distinct(repositories)
        left, right = (_reference(version, len(images)) for version in (a, b))
        if left is None or right is None:
            return None
        dates = Conditions(by_date=True, immutable=self.conditions.immutable)
        asked: list[tuple[Facts, ...]] = [dates.questions(images, (each,) * len(images)) for each in (left, right)]
        answers = yield dates.clock.union(*asked)
        one, other = (dates.verdict(facts, answers) for facts in asked)
        if one.why_not or other.why_not:
            return None
        if one.failure or other.failure:
            return one.failure or other.failure
        if one.created is None or other.created is None:
            return None
        sign = (one.created > other.created) - (one.created < other.created)
        return sign if self.newest else -sign

    def _candidate(self, tag: str) -> Rejected | None:
        text = self.filter.read(tag)
        if isinstance(text, Rejected):
            return text
        why = self.filter.why_not(tag)
        return None if why is None else Rejected(why)
