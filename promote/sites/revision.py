"""The Git revision of a remote resource, `?ref=`, of a repository that an app says its own code is in (`refs`).

It moves with the tag where it reads the same; the join sees to that. Source: the kustomize reference, "Remote targets".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote

from promote.image import Repository
from promote.sites.reading import Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.part import Part

FORMAT = "revision"
_SCHEME = re.compile(r"\A(?:git::)?(?:[a-z+]+://)?(?:[^@/]*@)?")
_REF = re.compile(r"[?&]ref=([^&#]*)")


def repository_of(url: str) -> str:
    """`host/path` of the place that a remote resource names, its path within the repository behind it."""
    bare = _SCHEME.sub("", url.partition("?")[0], count=1)
    host, colon, path = bare.partition(":")
    if colon and "/" not in host and not path[:1].isdigit():
        bare = f"{host}/{path}"  # git@host:path, as scp writes it
    return re.sub(r"/+", "/", bare).removesuffix("/")


def find(reading: Reading, resources: Iterable[Spot], wanted: Wanted) -> Iterator[Fragment | Barred]:
    """The revision of each resource that lies in a repository of a wanted app's `refs`."""
    for spot in resources:
        text = reading.text(spot.node) or ""
        found = _REF.search(text)
        app = wanted.app_of_ref(repository_of(text)) if found is not None else None
        if found is None or app is None or unquote(found[1]) != found[1]:
            continue
        part = reading.inner(spot.node, spot.keys, spot.bar, *found.span(1))
        keys = tuple(str(key) for key in spot.keys)
        if isinstance(part, Part):
            repository = wanted.first_of(app) or Repository("", "")
            yield Fragment(reading.stream.path, FORMAT, keys, None, part, None, repository, app, joins="revision")
        else:
            yield replace(reading.barred(spot.node, part, None), app=app)
