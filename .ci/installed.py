"""What is installed here of the project and of all that it needs, as packages themselves tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "gitops-promote"


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution, and the canonical names of those that it needs with the extras that were asked for."""

    dist: Distribution
    wants: set[str] = field(default_factory=set)


def _needs(dist: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for text in dist.requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted


def closure(name: str = PROJECT, extras: Iterable[str] = ()) -> dict[str, Installed]:
    """The distribution and all that it needs, by canonical names; PackageNotFoundError where one is not installed."""
    found: dict[str, Installed] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    left = [(name, tuple(extras))]
    while left:
        each = left.pop()
        if each in seen:
            continue
        seen.add(each)
        here = found.setdefault(each[0], Installed(distribution(each[0])))
        wanted = [(canonicalize_name(want.name), tuple(sorted(want.extras))) for want in _needs(here.dist, each[1])]
        here.wants.update(want for want, _ in wanted if want != each[0])
        left += wanted
    return dict(sorted(found.items()))
