"""Commit trailers: what a commit carried, for history, gates and pull requests to read.

One block an environment, its apps in it, in this order; every line is `Key: value`, as git-interpret-trailers(1) reads:

    Promote-Environment: prod
    Promote-From: test
    Promote-App: web
    Promote-Version: 1.5.0@sha256:…
    Promote-Digest: ghcr.io/acme/web@sha256:…    (one an image, where the app has several)
    Promote-Previous: 1.4.2
    Promote-Rollback: 1.5.1                      (the version that a rollback takes away)
    Promote-Skipped-Gate: soak: hotfix for #1234

Below them, one block a hold; what releases has its first line alone. `*` is every app, or every version:

    Promote-Hold: prod web 1.5.1
    Promote-Hold-Reason: it fails at night
    Promote-Hold-Until: 2026-12-01T00:00:00Z
    Promote-Hold-By: Ann <ann@example.com>
    Promote-Hold-At: 2026-11-25T10:00:00Z
    Promote-Release: prod api *

The commit of a pull request names the one that it was made on, first of all: `Promote-Base: OID`; and where it changes
what is held back, which file of holds that was: `Promote-Holds-On: FINGERPRINT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from promote.image import Version, parse_version
from promote.moment import parse_moment, show_moment
from promote.question import Carried, HoldChange

_LINE = re.compile(r"(Promote-[A-Za-z-]+): (.*)\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def _clean(text: str) -> str:
    """One line of it: a reason is typed by a person, and must not begin a trailer of its own."""
    return _CONTROL.sub(" ", text).strip()


def _of_hold(item: HoldChange) -> Iterator[str]:
    key = "Promote-Hold" if item.action == "held" else "Promote-Release"
    yield f"{key}: {_clean(item.environment)} {_clean(item.app)} {item.version or '*'}"
    if item.action == "released":
        return
    moments = {"Until": item.until, "At": item.at}
    texts = {"Reason": _clean(item.reason), "By": _clean(item.by)}
    texts |= {key: show_moment(moment) for key, moment in moments.items() if moment is not None}
    yield from (f"Promote-Hold-{key}: {text}" for key, text in texts.items() if text)


def trailers(
    carried: Iterable[Carried],
    *,
    base: str | None = None,
    holds: Iterable[HoldChange] = (),
    holds_on: str | None = None,
) -> str:
    """The trailer block for what a commit carries, holds back and releases, without a final newline."""
    lines: list[str] = [] if base is None else [f"Promote-Base: {base}"]
    lines += [] if base is None or holds_on is None else [f"Promote-Holds-On: {holds_on}"]
    last: tuple[str, str | None] | None = None
    for item in sorted(carried, key=lambda item: (item.environment, item.source or "", item.app)):
        if (item.environment, item.source) != last:
            last = (item.environment, item.source)
            lines.append(f"Promote-Environment: {_clean(item.environment)}")
            if item.source is not None:
                lines.append(f"Promote-From: {_clean(item.source)}")
        lines.append(f"Promote-App: {_clean(item.app)}")
        lines.append(f"Promote-Version: {item.new}")
        lines += [f"Promote-Digest: {image}@{digest}" for image, digest in item.digests]
        if item.old is not None:
            lines.append(f"Promote-Previous: {item.old}")
        if item.undone is not None:
            lines.append(f"Promote-Rollback: {item.undone}")
        lines += [f"Promote-Skipped-Gate: {_clean(name)}: {_clean(reason)}" for name, reason in item.skipped_gates]
    lines += [line for item in holds for line in _of_hold(item)]
    return "\n".join(lines)


class _Reader:
    """Lines in, what was carried out."""

    def __init__(self) -> None:
        self.done: list[Carried] = []
        self._environment: str | None = None
        self._source: str | None = None
        self._app: str | None = None
        self._new: Version | None = None
        self._old: Version | None = None
        self._gates: list[tuple[str, str]] = []
        self._digests: list[tuple[str, str]] = []
        self._undone: Version | None = None

    def line(self, key: str, value: str) -> None:
        if key == "Promote-Environment":
            self.close()
            self._environment, self._source = value, None
        elif key == "Promote-From":
            self._source = value
        elif key == "Promote-App":
            self.close()
            self._app = value
        elif key in ("Promote-Hold", "Promote-Release"):
            self.close()
        elif key == "Promote-Version":
            self._new = parse_version(value)
        elif key == "Promote-Previous":
            self._old = parse_version(value)
        elif key == "Promote-Rollback":
            self._undone = parse_version(value)
        elif key == "Promote-Digest":
            image, _, digest = value.partition("@")
            self._digests.append((image, digest))
        elif key == "Promote-Skipped-Gate":
            name, _, reason = value.partition(": ")
            self._gates.append((name, reason))

    def close(self) -> None:
        if self._environment is not None and self._app is not None and self._new is not None:
            gates, digests = tuple(self._gates), tuple(self._digests)
            self.done.append(
                Carried(self._environment, self._app, self._old, self._new, self._source, gates, digests, self._undone)
            )
        self._app = self._new = self._old = self._undone = None
        self._gates, self._digests = [], []


def _lines(message: str) -> Iterator[tuple[str, str]]:
    """The trailers of promote, (key, value) each."""
    for line in message.rstrip().rpartition("\n\n")[2].splitlines():
        found = _LINE.match(line)
        if found is not None:
            yield found[1], found[2]


def parse(message: str) -> Sequence[Carried]:
    """What a commit with this message carried, in the order of its trailers; empty where it has none.

    Only the last paragraph counts, so that a subject or a quoted message cannot pose as a trailer.
    """
    reader = _Reader()
    for key, value in _lines(message):
        reader.line(key, value)
    reader.close()
    return reader.done


def _moment(text: str) -> datetime | None:
    try:
        return parse_moment(text)
    except ValueError:
        return None  # nobody's but another program's: it holds without an end then


def parse_holds(message: str) -> tuple[HoldChange, ...]:
    """What a commit with this message held back and released, in the order of its trailers."""
    out: list[HoldChange] = []
    for key, value in _lines(message):
        if key in ("Promote-Hold", "Promote-Release"):
            environment, _, rest = value.partition(" ")
            app, _, text = rest.partition(" ")
            version = parse_version(text)
            if environment and app and (version is not None or text == "*"):
                out.append(HoldChange(environment, app, version, "held" if key == "Promote-Hold" else "released"))
        elif out and key == "Promote-Hold-Reason":
            out[-1] = replace(out[-1], reason=value)
        elif out and key == "Promote-Hold-By":
            out[-1] = replace(out[-1], by=value)
        elif out and key == "Promote-Hold-Until":
            out[-1] = replace(out[-1], until=_moment(value))
        elif out and key == "Promote-Hold-At":
            out[-1] = replace(out[-1], at=_moment(value))
    return tuple(out)


def base_of(message: str) -> str | None:
    """The commit that a promotion branch's commit was made on; None where its trailers name none."""
    return _one(message, "Promote-Base")


def holds_on_of(message: str) -> str | None:
    """The fingerprint of the file of holds that it was made on; None where it changes none."""
    return _one(message, "Promote-Holds-On")


def _one(message: str, wanted: str) -> str | None:
    return next((value.strip() for key, value in _lines(message) if key == wanted), "") or None
