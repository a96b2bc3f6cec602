"""Explicit targets: a file and a YAML path that hold an app's tag, where finding by image name is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from promote.image import Repository
from promote.sites.claim import Claim
from promote.sites.reading import MERGE, Bar, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import tag_and_digest, whole
from promote.sites.wanted import Wanted
from promote.text.yamlpath import Found, Step, resolve
from promote.tree.glob import Globs

FORMAT = "target"


@dataclass(frozen=True, slots=True)
class Aim:
    """One target, its placeholders filled in: the app, the files, the way to the tag.

    With an `expression` the steps say nothing. `shown` is the way as promote.yaml has it.
    """

    app: str
    files: Globs
    steps: tuple[Step, ...]
    repository: Repository
    expression: re.Pattern[bytes] | None = None
    shown: str = ""


def find(reading: Reading, aim: Aim) -> Iterator[Fragment | Barred]:
    """What stands at the path: a whole reference of the app's image, else its tag (with a digest behind `@`)."""
    only = Wanted((Claim(aim.app, (aim.repository,)),))
    bars = {spot.keys: spot.bar for spot in reading.walk()}
    for found in resolve(reading.document.root, aim.steps):
        bar = MERGE if found.behind == "merge-key" else bars.get(found.keys)
        identity = tuple(str(key) for key in found.keys)
        fragment = whole(reading, Spot(found.node, found.keys, bar), only, identity, bare=False)
        if fragment is None:
            fragment = _tag(reading, found, bar, identity)
        yield replace(fragment, format=FORMAT, repository=aim.repository, app=aim.app, identity=identity)


def _tag(reading: Reading, found: Found, bar: Bar | None, identity: tuple[str, ...]) -> Fragment | Barred:
    tag, digest = tag_and_digest(reading, found.node, found.keys, bar)
    if isinstance(tag, Bar):
        return reading.barred(found.node, tag, None)
    if isinstance(digest, Bar):
        return reading.barred(found.node, digest, None)
    return Fragment(reading.stream.path, FORMAT, identity, None, tag, digest)
