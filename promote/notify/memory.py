"""What was told before, so that a run every few minutes does not say it again. It decides nothing.

A small file for each branch of each repository, in the cache folder. It is replaced as a whole; one that cannot be read
counts as none. Two runs at once may both tell the same, and no more than that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from promote.cachefolder import cache_folder
from promote.errors import Refused
from promote.notify.event import Event, by_pair
from promote.ordinary import read_ordinary
from promote.place import Place
from promote.replacement import beside

Pair = tuple[str, str]
# By target, and by environment and app, what was said of it, as digests.
Told = Mapping[str, Mapping[Pair, frozenset[str]]]

_SCHEMA = 1
_MOST = 4 << 20
_PAIRS = 10_000  # of one target
# How long something has lasted, or is still to last, is another at every run.
_SPAN = re.compile(r"\b\d+(?:\.\d+)? ?(?:d|h|m|s|ms|days?|hours?|minutes?|seconds?|times?)(?:\d+[hms])*\b")


def _digest(event: Event) -> str:
    """What an event says, but for spans of time."""
    said = (event.kind, event.code, event.gate, event.until, _SPAN.sub("…", event.reason or ""))
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _standing(events: Sequence[Event]) -> dict[Pair, frozenset[str]]:
    lasting = tuple(event for event in events if event.kind != "promoted")
    return {pair: frozenset(map(_digest, each)) for pair, each in by_pair(lasting).items()}


@dataclass(frozen=True, slots=True)
class Memory:
    """What each target was told, as the runs before have left it; without a `path` there is no memory."""

    path: Path | None
    told: Told = field(default_factory=dict)

    def news(self, target: str, events: Sequence[Event]) -> tuple[Event, ...]:
        """The events that a target was not told when they were last looked at; what is promoted always is news.

        Without a memory what waits is never news, and all else is.
        """
        if self.path is None:
            return tuple(event for event in events if event.kind != "waiting-changed")
        known = self.told.get(target, {})
        return tuple(
            event
            for event in events
            if event.kind == "promoted" or _digest(event) not in known.get(event.pair, frozenset())
        )

    def after(self, target: str, events: Sequence[Event], looked_at: Collection[Pair], *, was_sent: bool) -> Memory:
        """The memory once a target was told of `events`, or could not be; of what was not looked at all stays."""
        before = self.told.get(target, {})
        kept = {pair: said for pair, said in before.items() if pair not in looked_at}
        for pair, said in _standing(events).items():
            left = said if was_sent else said & before.get(pair, frozenset())
            if left:
                kept[pair] = left
        bounded = dict(list(kept.items())[-_PAIRS:])
        return Memory(self.path, {**self.told, target: bounded})

    def keep(self, targets: Collection[str], log: Callable[[str], None]) -> None:
        """Write it for the next run, for these targets and no others; `log` hears why that cannot be done."""
        if self.path is None:
            return
        rows = {
            target: [[*pair, *sorted(said)] for pair, said in pairs.items()]
            for target, pairs in self.told.items()
            if target in targets
        }
        data = json.dumps({"schema": _SCHEMA, "told": rows}, separators=(",", ":")).encode()
        try:
            with ExitStack() as staged:
                beside(self.path, data, 0o600, staged).replace(self.path)
        except OSError as error:
            log(f"what was told is not remembered: {self.path}: {error.strerror}")
        except Refused as error:
            # Another run is just writing it: what that one knows is as good.
            log(f"what was told is not remembered: {self.path}: {error.what}")


def _read(data: bytes) -> Told:
    """ValueError, TypeError, KeyError or RecursionError where it is no memory of ours."""
    whole = json.loads(data)
    if whole["schema"] != _SCHEMA:
        raise ValueError("another schema")
    return {
        str(target): {
            (str(environment), str(app)): frozenset(map(str, said)) for environment, app, *said in rows[:_PAIRS]
        }
        for target, rows in whole["told"].items()
    }


def recall(place: Place, log: Callable[[str], None]) -> Memory:
    """What was told of this branch; without a cache folder there is no memory."""
    folder = cache_folder(log)
    if folder is None:
        return Memory(None)
    name = hashlib.sha256(f"{place.repo}\n{place.branch}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    path = folder / f"told-{name}.json"
    try:
        return Memory(path, _read(read_ordinary(path, _MOST)))
    except FileNotFoundError:
        return Memory(path)
    except OSError as error:
        log(f"what was told is not remembered: {path}: {error.strerror}")
        return Memory(path)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        log(f"what was told is not remembered: {path} is no memory of ours")
        return Memory(path)
