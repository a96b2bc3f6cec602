"""What a source environment runs, as the images of the target: a registry there may mirror another (SEMANTICS 5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from promote.config.model import App
from promote.estate.estate import Estate
from promote.image import Repository, Version


@dataclass(frozen=True, slots=True)
class Cargo:
    """Digests by the target's images; `unproven` are those that no site of the source names beside the tag.

    `origins` are the source's names of the images that are called otherwise in the target. With `judged` no environment
    is the source: a policy has looked at these digests, and the tag must still have them.
    """

    digests: Mapping[Repository, str] = field(default_factory=dict)
    unproven: frozenset[Repository] = frozenset()
    origins: Mapping[Repository, Repository] = field(default_factory=dict)
    judged: bool = False


def _called(app: App) -> Mapping[Repository, Repository]:
    """What each image is called in the app's environment, by what it is called without a `rewrite`."""
    return dict(zip(app.originals or app.repositories, app.repositories, strict=True))


def cargo(source: Estate, target: Estate, app: str) -> Cargo:
    """What `app` brings from `source` into `target`, image by image."""
    return _cargo(source, target, app, source.versions(app), source.unproven(app))


def carried(source: Estate, target: Estate, app: str, ran: Iterable[tuple[Repository, Version]]) -> Cargo:
    """What `app` would bring of what it `ran` in `source` at another time."""
    return _cargo(source, target, app, dict(ran), frozenset())


def _cargo(
    source: Estate, target: Estate, app: str, versions: Mapping[Repository, Version], unproven: frozenset[Repository]
) -> Cargo:
    there, here = _called(source.apps[app]), _called(target.apps[app])
    names = {image: here[original] for original, image in there.items() if original in here}
    return Cargo(
        {names.get(image, image): version.digest for image, version in versions.items() if version.digest},
        frozenset(names.get(image, image) for image in unproven),
        {names[image]: image for image in versions if names.get(image, image) != image},
    )
