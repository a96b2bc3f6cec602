"""What an environment holds back: `.promote/holds/ENV.yaml` at its tip (SEMANTICS 8.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from promote.image import Version
from promote.moment import show_minute
from promote.question import Reason
from promote.text.document import Stream

FOLDER = b".promote/holds"
# As much as promote.yaml may have: some eight thousand holds. Each change of the file is proven by a second parser.
MOST_BYTES = 1 << 20
KEY = "holds"
EVERY = "*"


def path_of(environment: str) -> bytes:
    """The file in which the holds of an environment stand."""
    return FOLDER + b"/" + environment.encode() + b".yaml"


def fingerprint(data: bytes | None) -> str:
    """What tells one state of the file from another; `none` where there is no such file."""
    return "none" if data is None else sha256(data).hexdigest()[:16]


def shown(version: Version | None) -> str:
    """A version as the file and messages write it; `*` for all of them."""
    return EVERY if version is None else str(version)


@dataclass(frozen=True, slots=True)
class Hold:
    """One version of one app that is not to be brought in; `app` is `*` for every app, `version` None for every one.

    `until` is when it ends by itself, `where` what says so: FILE:LINE:COLUMN, a pull request's address, or a branch.
    """

    app: str
    version: Version | None
    by: str = ""
    at: datetime | None = None
    reason: str = ""
    until: datetime | None = None
    where: str = ""

    def lasts(self, now: datetime | None) -> bool:
        """Whether it still holds; `now` may be None where there is no `until`."""
        return self.until is None or now is None or now < self.until

    def covers(self, version: Version) -> bool:
        """Whether it holds this version, or may: a tag or a digest that is not known could be the one that is held."""
        own = self.version
        if own is not None and own.digest is not None and version.digest is not None:
            return own.digest == version.digest
        return own is None or own.tag is None or version.tag is None or own.tag == version.tag

    def surely_covers(self, version: Version) -> bool:
        """Whether it holds this version whatever else is learned of it."""
        own = self.version
        if own is not None and own.digest is not None:
            return own.digest == version.digest
        return own is None or own.tag == version.tag

    @property
    def subject(self) -> str:
        """What it holds back, in words."""
        what = "every version" if self.version is None else str(self.version)
        return f"{what} of {'every app' if self.app == EVERY else self.app}"

    @property
    def sentence(self) -> str:
        """Why, by whom, since when, until when, and where that is said."""
        told = [f"by {self.by}"] if self.by else []
        told += [f"since {show_minute(self.at)}"] if self.at is not None else []
        told += [f"until {show_minute(self.until)}"] if self.until is not None else []
        told += [self.where] if self.where else []
        return f"{self.reason or 'no reason is given'} ({', '.join(told)})"


@dataclass(frozen=True)
class Holds:
    """The holds of one environment in the order of their file, which is `stream`; None where there is no such file.

    `fault` says why the file cannot be understood: then nothing is brought in at all.
    """

    path: bytes
    items: tuple[Hold, ...] = ()
    fault: Reason | None = None
    mode: int = 0o100644
    stream: Stream | None = field(default=None, repr=False)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """Where the holds of each app stand in `items`: every app asks, and there may be thousands of both."""
        found: dict[str, list[int]] = {}
        for place, each in enumerate(self.items):
            found.setdefault(each.app, []).append(place)
        return found

    def _speaking_of(self, app: str) -> Sequence[Hold]:
        places = sorted((*self._places.get(app, ()), *self._places.get(EVERY, ())))
        return [self.items[place] for place in places]

    @property
    def fingerprint(self) -> str:
        """That of the file as it is."""
        return fingerprint(None if self.stream is None else self.stream.data)

    def asks_for_the_time(self, app: str) -> bool:
        return any(each.until is not None for each in self._speaking_of(app))

    def of(self, app: str, now: datetime | None) -> Sequence[Hold]:
        """The holds that count for an app."""
        return [each for each in self._speaking_of(app) if each.lasts(now)]
