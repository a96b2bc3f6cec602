"""The promote.yaml that `init` proposes, as values: to be looked at, asked about, and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promote.policy.settings import PolicySettings
from promote.survey.stage import Stage, is_last


@dataclass(frozen=True, slots=True)
class Keys:
    """What an app takes over of another tool, and what that says besides; each of `lost` is a comment.

    Where no tool says a policy, it may be guessed from the tags in use, `guessed`.
    """

    policy: PolicySettings | None = None
    imagepolicy: str | None = None
    told: str = ""
    lost: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class App:
    """One app, or the family of `members`."""

    name: str
    image: str
    keys: Keys = Keys()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """`beneath` is what it builds on and shares with others; `overrides` are keys of apps that differ here."""

    name: str
    stage: Stage | None
    told: str
    paths: tuple[str, ...]
    excludes: tuple[str, ...] = ()
    from_: str | None = None
    fed: bool = True
    deliver: str = "commit"
    branch: str | None = None
    within: str | None = None
    override: str | None = None
    beneath: tuple[str, ...] = ()
    overrides: Mapping[str, Keys] = field(default_factory=dict)

    @property
    def is_last(self) -> bool:
        """Whether this is production, at the end of the pipeline."""
        return is_last(self.stage)


@dataclass(frozen=True, slots=True, order=True)
class Target:
    app: str
    file: str
    path: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """All of it; `notes` are sentences of what was found and left out."""

    environments: tuple[Environment, ...]
    apps: tuple[App, ...]
    targets: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()
