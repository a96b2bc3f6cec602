"""One app's states, commit by commit, the newest first → the stretches between their changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.image import Repository, Version
from promote.question import State


@dataclass(frozen=True, slots=True)
class Ran:
    """What an app ran at one commit: its version or why it has none, and what each of its images ran."""

    runs: Version | State
    images: tuple[tuple[Repository, Version], ...]

    def continues(self, newer: Ran) -> bool:
        """Whether nothing had changed by the `newer` commit: neither the tag nor a digest (SEMANTICS 6.5)."""
        return self.runs == newer.runs and (len(newer.images) < 2 or self._digests == newer._digests)

    @property
    def _digests(self) -> frozenset[tuple[Repository, str | None]]:
        return frozenset((image, version.digest) for image, version in self.images)


UNREADABLE = Ran("unreadable", ())


def ran(estate: Estate, app: str) -> Ran:
    """What an app runs in an estate; where only a place that cannot be edited names it, what that says."""
    running: Version | State = estate.runs(app)
    if running == "absent":
        for bar in estate.barred(app):
            running = bar.version or "unreadable"
    images = sorted(estate.versions(app).items(), key=lambda item: str(item[0]))
    return Ran(running, tuple(images))


@dataclass(slots=True)
class _Open:
    ran: Ran
    begins: str | None = None


class Trail:
    """What was seen of one app so far; `least` stretches are wanted."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._found: list[_Open] = []

    def see(self, ran: Ran, *, newer: str | None) -> None:
        """What ran at the next older commit that matters; `newer` is the commit above it, None at the tip."""
        if self._found and ran.continues(self._found[-1].ran):
            return
        if self._found:
            self._found[-1].begins = newer
        self._found.append(_Open(ran))

    @property
    def is_long(self) -> bool:
        """Whether as many stretches as are wanted have been seen from their end to their beginning."""
        return sum(one.begins is not None for one in self._found) >= self._least

    def end(self, root: str | None) -> tuple[list[tuple[Ran, str | None]], bool]:
        """The stretches, each with the commit that it begins with, and whether they are all that there were.

        `root` is the branch's first commit, if that was reached: what was not there then has no beginning.
        """
        found = [(one.ran, one.begins) for one in self._found]
        if root is not None:
            oldest, _ = found.pop()
            found += [] if oldest.runs == "absent" else [(oldest, root)]
            return found[: self._least], len(found) <= self._least
        kept = found[: self._least] if self.is_long else found
        return kept, False
