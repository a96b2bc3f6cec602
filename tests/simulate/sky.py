"""What lies outside of the repository: releases, how they fare, statuses, and when none of it can be asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Literal

from promote.errors import ForgeUnreachable, RegistryUnreachable
from promote.image import Repository
from promote.question import Absent, Admitted, CommitStatus, Known, Quota, Said, What
from tests.simulate.ground import CONTEXT, FIRST, app_name, digest_of, rank

Kind = Literal["good", "sick", "late", "bad"]
_KINDS: tuple[Kind, ...] = ("good", "sick", "late", "bad")
Span = tuple[datetime, datetime]
_REGISTRIES = 3
_LATE = timedelta(hours=5, minutes=20)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Release:
    """A version: `sick` never answers, `late` only after a while, and a `bad` one is found out in `bad_in`."""

    tag: str
    at: datetime
    kind: Kind = "good"
    bad_in: str = ""
    bad_after: timedelta = timedelta()


class Sky:
    """All of it by one seed; what is asked is answered as it is at `moment`, which stands still during a run."""

    def __init__(self, seed: int, apps: int, start: datetime, days: int) -> None:
        self._seed = seed
        self.moment = start
        rng = random.Random(f"{seed} sky")
        end = start + timedelta(days=days)
        self.releases = {app_name(number): _releases(rng, start, end) for number in range(apps)}
        self._dark = [_outages(rng, start, end) for _ in range(_REGISTRIES)]
        self._deaf = _outages(rng, start, end)
        self._mute = _outages(rng, start, end)

    def _out(self, app: str) -> list[Release]:
        return [release for release in self.releases[app] if release.at <= self.moment]

    def newest(self, app: str) -> str:
        return max((release.tag for release in self._out(app)), key=rank)

    def release(self, app: str, tag: str) -> Release:
        return next(release for release in self.releases[app] if release.tag == tag)

    def is_dark(self, app: str) -> bool:
        """Whether the registry of an app does not answer."""
        return _within(self._dark[int(app[-2:]) % _REGISTRIES], self.moment)

    def is_healthy(self, app: str, tag: str) -> bool:
        """Whether what runs in dev answers; in an outage nothing does."""
        its = self.release(app, tag)
        late = its.kind == "late" and self.moment < its.at + _LATE
        return not self.is_deaf and its.kind != "sick" and not late

    @property
    def is_deaf(self) -> bool:
        return _within(self._deaf, self.moment)

    @property
    def is_mute(self) -> bool:
        """Whether the forge does not answer."""
        return _within(self._mute, self.moment)

    def status(self, oid: str, when: datetime) -> Literal["pending", "success", "failure"]:
        """What the pipeline says of a commit: some fail, and all take their time."""
        number = int(sha256(f"{self._seed} {oid}".encode()).hexdigest()[:8], 16)
        if self.moment < when + (number % 4) * _HOUR - _HOUR / 2:
            return "pending"
        return "failure" if number % 15 == 0 else "success"

    # For promote: a registry.
    def tags(self, repository: Repository) -> tuple[str, ...]:
        app = self._app(repository)
        tags = [release.tag for release in self._out(app)]
        return tuple(sorted([*tags, "latest", f"{tags[-1]}-rc.1", "main-0c1d2e3"]))

    def facts(
        self, repository: Repository, reference: str, what: frozenset[What], *, immutable: bool = False
    ) -> Known | Absent:
        app = self._app(repository)
        if what - {"digest"} or immutable:
            raise AssertionError(f"nothing of {repository} needs {what}")
        for release in self._out(app):
            if reference in (release.tag, digest_of(app, release.tag)):
                return Known(digest_of(app, release.tag))
        return Absent(f"there is no {reference}")

    def limits(self, repository: Repository) -> Quota | None:
        return None

    def admitted(self, repository: Repository) -> Admitted | None:
        return None

    def _app(self, repository: Repository) -> str:
        app = repository.path.rpartition("/")[2]
        if self.is_dark(app):
            raise RegistryUnreachable("does not answer", where=repository.host)
        return app

    # For promote: a forge.
    def said(self, oid: str, when: datetime) -> Said:
        if self.is_mute:
            raise ForgeUnreachable("does not answer", where="the forge")
        return Said((CommitStatus(CONTEXT, self.status(oid, when)), CommitStatus("lint", "failure")))


def _releases(rng: random.Random, start: datetime, end: datetime) -> list[Release]:
    """Some apps are released several times a day, others once a week."""
    out, at, number = [Release(FIRST, start - timedelta(days=60))], start, 0
    pause = rng.choice([6, 12, 24, 24, 48, 96])
    while (at := at + timedelta(hours=rng.uniform(0.3, 2.0) * pause, minutes=7)) < end:
        number += rng.choice([1, 1, 1, 3])
        kind = rng.choices(_KINDS, (75, 7, 6, 12))[0]
        bad_in = rng.choice(["dev", "test", "staging-eu", "staging-us", "prod", "prod"]) if kind == "bad" else ""
        out.append(Release(f"1.{number}.0", at, kind, bad_in, timedelta(hours=rng.uniform(0.5, 16))))
    return out


def _outages(rng: random.Random, start: datetime, end: datetime) -> list[Span]:
    out, at = [], start
    while (at := at + timedelta(hours=rng.uniform(20, 150))) < end:
        out.append((at, at + timedelta(hours=rng.uniform(1, 9))))
    return out


def _within(spans: list[Span], moment: datetime) -> bool:
    return any(start <= moment < end for start, end in spans)


@contextmanager
def answering(told: Callable[[], Sky]) -> Iterator[int]:
    """A server on loopback that tells how apps fare, at /APP/TAG; its port. In an outage it hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sky = told()
            app, tag = self.path.strip("/").split("/")
            if sky.is_deaf:
                self.close_connection = True
                return
            self.send_response(200 if sky.is_healthy(app, tag) else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
