"""A message before it has a format: lines of runs of text, whose text is other people's and means nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from promote.notify.event import Event


@dataclass(frozen=True, slots=True)
class Run:
    """Some text to be shown as it is; with `url`, which is one that we made or a forge gave, a link."""

    text: str
    url: str | None = None
    is_strong: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What one target is told of one run: `events` for programs, and a headline with lines for people.

    `more` is how many lines were left out to make it fit.
    """

    repo: str
    sent: datetime
    events: tuple[Event, ...]
    headline: str
    lines: tuple[Line, ...]
    more: int = 0

    def cut(self, most: int) -> Message:
        """The same with at most `most` lines."""
        if len(self.lines) <= most:
            return self
        return replace(self, lines=self.lines[:most], more=self.more + len(self.lines) - most)

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines, and one that counts those that were left out."""
        return (*self.lines, (Run(f"… and {self.more} more lines"),)) if self.more else self.lines
