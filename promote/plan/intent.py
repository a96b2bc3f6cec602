"""What was asked for, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from promote.config.model import Environment
from promote.config.request_settings import Deliver
from promote.config.settings import Group
from promote.estate.estate import Estate
from promote.image import Repository, Version

Said = frozenset[tuple[Repository, Version]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the command line decides beside the intent itself; `skipped_gates` are (name, reason).

    `deliver` is None where each environment decides. No more than `most` apps of an environment may change.
    """

    allow_downgrade: bool = False
    verify_tag: bool = True
    skipped_gates: tuple[tuple[str, str], ...] = ()
    group: Group = "environment"
    deliver: Deliver | None = None
    most: int | None = None

    def proposes(self, estate: Estate) -> bool:
        """Whether changes of this environment become a pull request."""
        return (self.deliver or estate.environment.deliver) == "pull-request"

    def skips(self, gate: str) -> bool:
        return any(name == gate for name, _ in self.skipped_gates)


@dataclass(frozen=True, slots=True)
class Set:
    """Write these versions into one environment; all of them or none (SEMANTICS 6.1).

    With `add` an app that the environment does not have is added (6.3).
    """

    environment: str
    versions: tuple[tuple[str, Version], ...]
    add: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """The newest version by policy, from the registry; `apps` empty means all."""

    environments: tuple[str, ...]
    apps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """The environments that one takes from: any of them will do, or with `needs_all` what all of them have had."""

    names: tuple[str, ...]
    needs_all: bool = False

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Those that its `from` names."""
        return cls(environment.sources, environment.needs_all)


@dataclass(frozen=True, slots=True)
class Promote:
    """What `sources` run, into `environment`; `apps` empty means all. With `add` those that it lacks too (6.3)."""

    environment: str
    sources: Sources
    apps: tuple[str, ...] = ()
    add: bool = False


# What a rollback of every app tells of those that it does not mean: not there, nothing before it, not come since.
UNMEANT = frozenset({"absent", "no-earlier-version", "came-before"})


@dataclass(frozen=True, slots=True)
class Rollback:
    """The version before the present one, of each app by itself; `to` is the one to go back to, of one app.

    `apps` empty means all that the environment runs. What is taken away is held back, for this `reason`. With `since`
    it is what ran before that time, of those apps alone that run something else since then.
    """

    environment: str
    apps: tuple[str, ...] = ()
    to: Version | None = None
    reason: str = ""
    by: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Auto:
    """Whatever `update` and `to` would bring into these environments, one hop of each version; of a shard's apps only.

    `shard` is (number, of how many), counted from 0.
    """

    environments: tuple[str, ...]
    apps: tuple[str, ...] = ()
    shard: tuple[int, int] = (0, 1)


@dataclass(frozen=True, slots=True)
class Hold:
    """A version of these apps is not to be brought into `environment`, until `until` if that is given.

    `apps` empty means every app at once, `version` None every version.
    """

    environment: str
    apps: tuple[str, ...] = ()
    version: Version | None = None
    reason: str = ""
    until: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """What `Hold` has done, undone; `version` None means whatever is held of each app."""

    environment: str
    apps: tuple[str, ...] = ()
    version: Version | None = None


Intent = Set | Update | Promote | Rollback | Hold | Release | Auto


@dataclass(frozen=True, slots=True)
class Before:
    """What each app's sites said when the run started, and at which tips: what later plannings compare with."""

    said: Mapping[tuple[str, str], Said] = field(default_factory=dict)
    tips: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, estates: Mapping[str, Estate]) -> Before:
        said = {(name, app): estate.said(app) for name, estate in estates.items() for app in estate.apps}
        return cls(said, {name: estate.tip for name, estate in estates.items()})

    def tip(self, estate: Estate, app: str) -> str | None:
        """The tip to ask of the app's past at: the first one, while nobody has changed the app since.

        What was learned there still holds, so planning again after a lost race reads no history again.
        """
        return estate.tip if self.moved(estate, app) else self.tips.get(estate.environment.name, estate.tip)

    def moved(self, estate: Estate, app: str) -> bool:
        """Whether somebody else has changed the app in this environment since the run started."""
        key = (estate.environment.name, app)
        return key in self.said and self.said[key] != estate.said(app)
