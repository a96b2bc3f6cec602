"""Whose a place is, in one environment: by its image, by a marker, by a target (SEMANTICS 2.1, 2.4, 2.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from promote.errors import UsageError
from promote.estate.aims import Aims, Own, starts_of
from promote.estate.ties import Layers, layer_of
from promote.sites import target
from promote.sites.site import Barred, Fragment, where
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.text.part import Part
from promote.text.yamlpath import Step, resolve


def is_meant(claimed: str, named: Mapping[str, None]) -> bool:
    """Whether an app or a family is, or may hold, one of those that are named."""
    return claimed in named or ("*" in claimed and any(fnmatchcase(name, claimed) for name in named))


@dataclass(frozen=True, slots=True)
class Owners:
    """What tells whose a place is; `named` are the apps that are asked for, None for all."""

    wanted: Wanted
    aims: Aims
    named: Mapping[str, None] | None
    layers: Callable[[str], Layers]

    def of(self, path: bytes, hit: Fragment | Barred, own: frozenset[Own]) -> tuple[str, ...]:
        """The app that a hit belongs to here, if any; `own` tells the hits of the environment's own targets.

        Raises UsageError where two apps claim it (2.1).
        """
        if hit.app is not None:
            # What another environment's target found in the same file is not this one's.
            aimed = _is_own(hit, own) if hit.format == target.FORMAT else hit.app in self.aims.apps_at(path)
            if not aimed:
                self._check_marker(path, hit, hit.app)
                if not self._claims(path, hit, hit.app):
                    return ()
            return (hit.app,) if self._is_asked(hit.app) else ()
        claiming = self._claiming(path, hit)
        if len(claiming) < 2 and not any(map(self._is_asked, claiming)):
            # Nobody asks, and it cannot be a mistake: where each of thousands of apps lives is not looked up for it.
            return ()
        apps = self._living(claiming, path)
        if len(apps) > 1:
            raise _two(hit, apps[0], apps[1], "give one of them a `path` that tells them apart")
        return tuple(app for app in apps if self._is_asked(app))

    def _is_asked(self, app: str) -> bool:
        return self.named is None or app in self.named

    def _claiming(self, path: bytes, hit: Fragment | Barred) -> tuple[str, ...]:
        """The apps that claim a hit by its image, of all that there are: a mistake is one whoever is asked for."""
        return () if hit.repository is None else self.wanted.whole.apps_of(hit.repository, path)

    def _living(self, apps: Iterable[str], path: bytes) -> tuple[str, ...]:
        """Those of `apps` that the file is a layer of."""
        return tuple(app for app in apps if layer_of(self.layers(app), path) is not None)

    def _claims(self, path: bytes, hit: Fragment | Barred, app: str) -> bool:
        """Whether a hit that names its app by itself stands in that app's part of the environment."""
        return (
            hit.format != target.FORMAT
            and any(claim.covers(path) for claim in self.wanted.claims_of(app))
            and layer_of(self.layers(app), path) is not None
        )

    def _check_marker(self, path: bytes, hit: Fragment | Barred, app: str) -> None:
        """UsageError where a marker gives one app a place that names the image of others alone."""
        if hit.format == target.FORMAT:
            return
        owners = self._living(self._claiming(path, hit), path)
        if owners and app not in owners:
            raise _two(hit, app, owners[0], "let the marker name the image's own app, or remove it")


def _two(hit: Fragment | Barred, one: str, other: str, cure: str) -> UsageError:
    place = where(hit if isinstance(hit, Barred) else _first(hit))
    return UsageError(f"{hit.repository} belongs to two apps here, {one} and {other}", where=place, cure=cure)


def _first(fragment: Fragment) -> Part:
    return next(part for part in (fragment.tag, fragment.digest, fragment.name) if part is not None)


def _is_own(hit: Fragment | Barred, own: frozenset[Own]) -> bool:
    return hit.format == target.FORMAT and any((hit.app, start) in own for start in starts_of(hit))


def within(
    steps: tuple[Step, ...] | None, stream: object, hits: Iterable[Fragment | Barred], own: frozenset[Own]
) -> Iterable[Fragment | Barred]:
    """The hits in one part of a file (1.4), all of them without steps; what bars a file as a whole is everywhere.

    What the environment's own targets find, told by `own`, is its own wherever it stands.
    """
    if steps is None or not isinstance(stream, Stream):
        return hits
    found = [each.node for document in stream.documents for each in resolve(document.root, steps)]
    return [hit for hit in hits if _is_own(hit, own) or any(node.start <= _at(hit) < node.end for node in found)]


def _at(hit: Fragment | Barred) -> int:
    return starts_of(hit)[0]
