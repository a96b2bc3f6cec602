"""Policies: which tag of a registry an app should run, and which of two versions is newer.

A policy is pure. It yields the questions whose answers it needs and answers with a Selection. A new order is one file
with `rank` and `why_not`, its settings, and a line in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from promote.image import Repository, Version
from promote.policy.constraint_parse import parse_range
from promote.policy.numeric import Numeric
from promote.policy.ranked import Ranked
from promote.policy.selection import Selection
from promote.policy.semver_range import SemverRange
from promote.policy.settings import PolicySettings
from promote.question import Asking


class Policy(Protocol):
    def choose(self, repositories: Sequence[Repository], current: Version | None) -> Asking[Selection]:
        """The best tag that all of `repositories` have, and for every other tag why not."""
        ...

    def compare(self, repositories: Sequence[Repository], a: Version, b: Version) -> Asking[int | None]:
        """-1, 0 or 1 as `a` is older than, level with or newer than `b`; None: they have no order."""
        ...


def _semver(settings: PolicySettings) -> Policy:
    order = SemverRange(parse_range(settings.range or "*"), settings.prereleases)
    return Ranked(settings.filter.compile(), order, settings.direction == "asc")


def _numeric(settings: PolicySettings) -> Policy:
    return Ranked(settings.filter.compile(), Numeric(), settings.direction == "asc")


POLICIES: Mapping[str, Callable[[PolicySettings], Policy]] = {"semver": _semver, "numeric": _numeric}


def build(settings: PolicySettings, *, immutable: bool = False) -> Policy:  # noqa: ARG001
    """The policy of these settings; with `immutable` what is known of a tag need not be asked again."""
    return POLICIES[settings.kind](settings)
