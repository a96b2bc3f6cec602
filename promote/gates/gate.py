"""What every gate is, and what it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from promote.image import Repository, Version
from promote.place import Place
from promote.policy import Policy
from promote.question import Asking
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Origin:
    """An environment that the version comes from: its branch at a commit, and what it runs there now.

    `tip` is None for working files. `present` is None where it runs no one version.
    """

    environment: str
    place: Place
    tip: str | None
    present: Version | None


@dataclass(frozen=True, slots=True)
class Case:
    """One version of one app on its way into `environment`; `old` is what runs there now.

    `images` is the version image by image, as the environment calls them. `origins` are empty where it comes from a
    registry. `values` is what placeholders stand for. `chooser` is the app's policy, if it has one. `head` is the
    branch of a pull request that proposes it, if one does, and `base` the place that it is proposed to.
    """

    environment: str
    app: str
    version: Version
    images: tuple[tuple[Repository, Version], ...] = ()
    origins: tuple[Origin, ...] = ()
    old: Version | None = None
    chooser: Policy | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    base: Place | None = None
    head: str | None = None


class Gate(Protocol):
    """One condition. It asks in one round what it can, and answers `unknown` where a fact is."""

    @property
    def name(self) -> str: ...

    @property
    def is_live(self) -> bool:
        """Whether it can only judge what runs at the source right now (SEMANTICS 6.4)."""
        ...

    def judge(self, case: Case) -> Asking[Verdict]: ...
