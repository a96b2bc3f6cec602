"""Whether what promote.yaml says of notifications fits together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import UNSET

from promote.config.marks import Marks, Path, meant, quoted
from promote.config.notify_settings import NotifySettings
from promote.config.settings import Settings
from promote.placeholder import placeholders
from promote.secret import SecretSettings, fault_of, name_of

MAX_TARGETS = 20
# A field name of RFC 9110, section 5.1.
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
# Those that the request itself needs, or that promote writes.
_OURS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection", "promote-signature"})


def _secrets(said: NotifySettings, path: Path) -> Iterator[tuple[Path, SecretSettings]]:
    for name, simple in (("slack", said.slack), ("teams", said.teams)):
        if simple is not UNSET:
            yield (*path, name, "url"), simple.url
    hook = said.webhook
    if hook is not UNSET:
        yield (*path, "webhook", "url"), hook.url
        if hook.secret is not UNSET:
            yield (*path, "webhook", "secret"), hook.secret
        for header, value in hook.headers.items():
            yield (*path, "webhook", "headers", header), value


def _headers(path: Path, marks: Marks) -> None:
    seen: set[str] = set()
    for header in marks.names(*path):
        lowered = header.lower()
        if _HEADER.match(header) is None:
            marks.at_key((*path, header), f"{quoted(header)} is no name of a header")
        elif lowered in _OURS:
            marks.at_key((*path, header), f"{quoted(header)} is written by promote itself; leave it out")
        elif lowered in seen:
            marks.at_key((*path, header), f"{quoted(header)} stands here twice: case does not count")
        seen.add(lowered)


def _environments(said: NotifySettings, path: Path, marks: Marks) -> None:
    if said.environments is UNSET:
        return
    if not marks.has(*path, 0):
        marks.at_value(path, "expected the name of an environment, or a glob of some; leave it out for all")
    names = marks.names("environments")
    # What a template stands for, only the folders tell.
    if any(placeholders(name) for name in names):
        return
    for way, pattern in marks.items(path, said.environments):
        if not any(name == pattern or fnmatchcase(name, pattern) for name in names):
            marks.at_value(way, f"there is no environment {quoted(pattern)}{meant(pattern, names)}")


def _apps(said: NotifySettings, path: Path, marks: Marks) -> None:
    if said.apps is UNSET:
        return
    if not marks.has(*path, 0):
        marks.at_value(path, "expected the name of an app, or a glob of some; leave it out for all")
    names = marks.names("apps")
    for way, pattern in marks.items(path, said.apps):
        # Which members a family has, only the files tell.
        if any(each in pattern for each in "*?[") and any("*" in name for name in names):
            continue
        if not any(name == pattern or fnmatchcase(name, pattern) or fnmatchcase(pattern, name) for name in names):
            marks.at_value(way, f"there is no app {quoted(pattern)}{meant(pattern, names)}")


def check_notify(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """Secrets that may not be named, headers that cannot be sent, targets that are told of nothing."""
    if len(settings.notify) > MAX_TARGETS:
        marks.at_key(("notify",), f"more than {MAX_TARGETS} targets stand here")
        return
    for path, said in marks.items(("notify",), settings.notify):
        for way, secret in _secrets(said, path):
            if (wrong := fault_of(secret, environ)) is not None:
                key, name = name_of(secret)
                marks.at_value((*way, key), f"{quoted(name)} {wrong}")
        _headers((*path, "webhook", "headers"), marks)
        if marks.has(*path, "on") and not marks.has(*path, "on", 0):
            marks.at_value((*path, "on"), "expected at least one of promoted, waiting-changed, refused, failed")
        _environments(said, (*path, "environments"), marks)
        _apps(said, (*path, "apps"), marks)
