"""Explicit targets: a file and a YAML path that hold an app's tag, where finding by image name is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promote.image import Repository
from promote.sites.claim import Claim
from promote.sites.lone import digest_beside, lone
from promote.sites.reading import MERGE, Bar, Keys, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import whole
from promote.sites.wanted import Wanted
from promote.text.yamlpath import Index, Step, resolve
from promote.tree.glob import Globs

FORMAT = "target"


@dataclass(frozen=True, slots=True)
class Aim:
    """One target, its placeholders filled in: the app, the files, the way to the tag.

    With an `expression` the steps say nothing. `shown` is the way as promote.yaml has it; `more` are the app's images
    besides the first.
    """

    app: str
    files: Globs
    steps: tuple[Step, ...]
    repository: Repository
    expression: re.Pattern[bytes] | None = None
    shown: str = ""
    more: tuple[Repository, ...] = ()

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """All images of the app, the first one first."""
        return (self.repository, *self.more)


def find(reading: Reading, aims: Sequence[Aim]) -> Iterator[tuple[Aim, Fragment | Barred]]:
    """What stands at the paths of `aims` in one document, an aim at a time: a whole reference to an image of the app's,
    else its tag or digest; aims with an expression find nothing here.
    """
    spots: dict[Keys, Spot] = {}
    index = Index()
    for aim in aims:
        if aim.expression is not None:
            continue
        own = Wanted((Claim(aim.app, aim.repositories),))
        for found in resolve(reading.document.root, aim.steps, index):
            # One walk for all aims: a file may hold a target for each app.
            spots = spots or {spot.keys: spot for spot in reading.walk()}
            bar = MERGE if found.behind == "merge-key" else spots[found.keys].bar
            yield aim, _hit(reading, aim, Spot(found.node, found.keys, bar), own, spots.get(found.keys[:-1]))


def _hit(reading: Reading, aim: Aim, spot: Spot, own: Wanted, around: Spot | None) -> Fragment | Barred:
    identity = tuple(str(key) for key in spot.keys)
    hit = whole(reading, spot, own, identity, bare=False)
    guessed = hit is None and len(aim.repositories) > 1
    if hit is None:
        hit = _lone(reading, spot, own, around)
    hit = replace(hit, format=FORMAT, repository=hit.repository or aim.repository, app=aim.app, identity=identity)
    return replace(hit, guessed=guessed) if isinstance(hit, Fragment) else hit


def _lone(reading: Reading, spot: Spot, own: Wanted, around: Spot | None) -> Fragment | Barred:
    found = lone(reading, spot, own)
    if isinstance(found, Bar):
        return reading.barred(spot.node, found, None)
    tag, digest = found
    beside = digest_beside(reading, around) if digest is None else None
    if isinstance(beside, Bar):
        return reading.barred(spot.node, beside, None)
    return Fragment(reading.stream.path, FORMAT, (), None, tag, digest or beside)
