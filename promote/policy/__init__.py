"""Policies: which tag of a registry an app should run, and which of two versions is newer.

A policy is pure. It yields the questions whose answers it needs and answers with a Selection. A new order of tags is
one file with `rank` and `why_not`, its settings, and a line in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from promote.image import Repository, Version
from promote.policy.alphabetical import Alphabetical
from promote.policy.calver import Calver
from promote.policy.calver_format import parse_format
from promote.policy.conditions import Conditions
from promote.policy.constraint_parse import parse_range
from promote.policy.created import Created
from promote.policy.digest import Digest
from promote.policy.numeric import Numeric
from promote.policy.ranked import Order, Ranked
from promote.policy.selection import Selection
from promote.policy.semver_range import SemverRange
from promote.policy.settings import PolicySettings
from promote.question import Asking, Unknown


class Policy(Protocol):
    def choose(self, repositories: Sequence[Repository], current: Version | None) -> Asking[Selection]:
        """The best tag that all of `repositories` have, and for every other tag why not."""
        ...

    def compare(self, repositories: Sequence[Repository], a: Version, b: Version) -> Asking[int | Unknown | None]:
        """-1, 0 or 1 as `a` is older than, level with or newer than `b`; None: they have no order.

        Unknown where a fact that would tell could not be had.
        """
        ...


def _by(order: Callable[[PolicySettings], Order[Any]]) -> Callable[[PolicySettings, Conditions], Policy]:
    def ranked(settings: PolicySettings, conditions: Conditions) -> Policy:
        return Ranked(settings.filter.compile(), order(settings), settings.direction == "asc", conditions)

    return ranked


def _created(settings: PolicySettings, conditions: Conditions) -> Policy:
    return Created(settings.filter.compile(), settings.direction == "asc", conditions)


def _digest(settings: PolicySettings, conditions: Conditions) -> Policy:
    return Digest(settings.argument, conditions)


POLICIES: Mapping[str, Callable[[PolicySettings, Conditions], Policy]] = {
    "semver": _by(lambda settings: SemverRange(parse_range(settings.argument), settings.prereleases)),
    "numeric": _by(lambda _: Numeric()),
    "calver": _by(lambda settings: Calver(parse_format(settings.argument), settings.prereleases)),
    "alphabetical": _by(lambda _: Alphabetical()),
    "created": _created,
    "digest": _digest,
}


def build(settings: PolicySettings, *, immutable: bool = False) -> Policy:
    """The policy of these settings; with `immutable` what is known of a tag need not be asked again.

    A tag whose digest is followed moves, whatever is said of the others.
    """
    moves = settings.kind == "digest"
    return POLICIES[settings.kind](settings, replace(settings.conditions, immutable=immutable and not moves))
