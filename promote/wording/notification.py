"""Notifications in words: a headline that counts, and below the name of each environment a line an app.

Names, tags and reasons are other people's text. They go into runs of their own, which every format shows as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from promote.notify.event import Event
from promote.notify.kind import Kind
from promote.notify.message import Line, Message, Run
from promote.wording.markdown import visible

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("promoted", "promoted"),
    ("waiting-changed", "waiting"),
    ("refused", "refused"),
    ("failed", "failed"),
)
_LONGEST = 300


def _text(text: str) -> str:
    clean = visible(text)
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"


def _headline(repo: str, events: Sequence[Event]) -> str:
    name = repo.rstrip("/").rpartition("/")[2].removesuffix(".git")
    counted = ((sum(event.kind == kind for event in events), word) for kind, word in _KINDS)
    return f"{_text(name)}: {', '.join(f'{count} {word}' for count, word in counted if count)}"


def _promoted(event: Event) -> Line:
    old = "new" if event.old is None else _text(event.old.short)
    new = "" if event.new is None else _text(event.new.short)
    runs = [Run(f"{_text(event.app)} {old} → {new}")]
    if event.source is not None:
        runs.append(Run(f", from {_text(event.source)}"))
    if event.pull_request is not None:
        runs += [Run(", proposed: "), Run("pull request", event.pull_request)]
    elif event.is_proposed:
        runs.append(Run(f", proposed on {_text(event.branch or '')}"))
    if event.commit is not None:
        runs += [Run(", "), Run(f"commit {event.commit[:12]}", event.page)]
    return tuple(runs)


def _line(event: Event) -> Line:
    if event.kind == "promoted":
        return _promoted(event)
    word = next(word for kind, word in _KINDS if kind == event.kind)
    until = f" until {_text(event.until)}" if event.until is not None else ""
    code = f", {event.code}" if event.kind != "waiting-changed" or event.code != "waiting" else ""
    return (Run(f"{_text(event.app)} {word}{until}{code}: {_text(event.reason or '')}"),)


def notification(repo: str, events: Sequence[Event], sent: datetime) -> Message:
    """The message that tells of these events, in their order within each environment and kind; `repo` has no secret."""
    order = [kind for kind, _ in _KINDS]
    lines: list[Line] = []
    for environment in dict.fromkeys(event.environment for event in events):
        mine = [event for event in events if event.environment == environment]
        lines.append((Run(_text(environment), is_strong=True),))
        lines += [_line(event) for event in sorted(mine, key=lambda event: order.index(event.kind))]
    return Message(repo, sent, tuple(events), _headline(repo, events), tuple(lines))
