"""Telling the targets of promote.yaml what is new of a delivery, all at once and within one deadline."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial

from msgspec import UNSET, UnsetType

from promote.api.projects import commit_page
from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.clock import Clock
from promote.config.model import Config
from promote.config.notify_settings import NotifySettings
from promote.errors import NotifyError, UsageError
from promote.notify.event import Event, covered, events_of
from promote.notify.memory import Memory, recall
from promote.notify.send import Target, send
from promote.outcome import Commit, Delivery
from promote.secret import SecretSettings, resolve_secret
from promote.transport import Transport
from promote.wording.notification import notification

_HTTP = logging.getLogger("promote.http")
_CACHE = logging.getLogger("promote.cache")
_SECONDS = 10.0


def _name(number: int, said: NotifySettings) -> str:
    """What a target is called in messages and in the memory: its address is a secret."""
    kind = next(kind for kind in NotifySettings.ONE_OF if getattr(said, kind) is not UNSET)
    return f"notify[{number}].{kind}"


def _target(said: NotifySettings, environ: Mapping[str, str]) -> Target:
    """The target with its secrets; UsageError where one is not to be had."""

    def had(secret: SecretSettings) -> str:
        # The end of a line, as files and `echo` leave it, is no part of it.
        return resolve_secret(secret, environ).strip()

    if said.slack is not UNSET:
        return Target("slack", had(said.slack.url))
    if said.teams is not UNSET:
        return Target("teams", had(said.teams.url))
    if said.webhook is UNSET:  # promote.yaml is checked for it
        raise AssertionError(said)
    hook = said.webhook
    headers = {name: had(value) for name, value in hook.headers.items()}
    return Target("webhook", had(hook.url), headers, None if hook.secret is UNSET else had(hook.secret))


def lacks(config: Config, environ: Mapping[str, str]) -> Iterator[tuple[str, UsageError | None]]:
    """Each target by what it is called, with what keeps it from being told anything; None where nothing is known to."""
    for number, said in enumerate(config.notify):
        try:
            _target(said, environ)
        except UsageError as exc:
            yield _name(number, said), exc
        else:
            yield _name(number, said), None


def _fits(name: str, patterns: list[str] | UnsetType) -> bool:
    return patterns is UNSET or any(fnmatchcase(name, pattern) for pattern in patterns)


def _wanted(said: NotifySettings, events: Sequence[Event]) -> tuple[Event, ...]:
    """The events that a target asks for."""
    return tuple(
        event
        for event in events
        if event.kind in said.on and _fits(event.environment, said.environments) and _fits(event.app, said.apps)
    )


def _page(config: Config, environment: str, commit: Commit) -> str | None:
    return commit_page(config, environment, commit.place.repo, commit.oid)


def notify(opened: Opened, done: Delivery, *, environ: Mapping[str, str], clock: Clock, cache: bool) -> tuple[str, ...]:
    """A warning for each target that could not be told.

    What was told before is left out, but for a run without `cache`, which cannot know it.
    """
    config, trees = opened.config, opened.trees
    if config is None or isinstance(trees, FolderTrees):
        return ()
    home = trees.home
    events = events_of(done, partial(_page, config))
    memory = recall(home, _CACHE.info) if cache else Memory(None)
    named = {_name(number, said): said for number, said in enumerate(config.notify)}
    asked = {name: _wanted(said, events) for name, said in named.items()}
    news = {name: memory.news(name, wanted) for name, wanted in asked.items()}
    deadline = clock.monotonic() + _SECONDS

    def tell(name: str) -> str | None:
        try:
            target = _target(named[name], environ)
            message = notification(home.repo, news[name], clock.now())
            send(target, message, transport, clock, seconds=deadline - clock.monotonic())
        except (NotifyError, UsageError) as exc:
            return f"{name}: {exc}"
        return None

    due = [name for name in named if news[name]]
    faults: dict[str, str | None] = {}
    if due:
        with Transport(clock, timeout=_SECONDS, log=_HTTP.info) as transport, ThreadPoolExecutor(len(due)) as threads:
            faults = dict(zip(due, threads.map(tell, due), strict=True))
    looked_at = covered(done)
    for name, wanted in asked.items():
        memory = memory.after(name, wanted, looked_at, was_sent=faults.get(name) is None)
    memory.keep(named, _CACHE.info)
    return tuple(fault for fault in faults.values() if fault is not None)
