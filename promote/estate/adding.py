"""Where an app that an environment does not have could be added (`--add`, SEMANTICS 6.3).

That is a kustomization of the environment that leads to a manifest which runs the app's image: a new entry of its
`images:` bears the name as the manifest writes it, since kustomize compares names as they are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from promote.config.model import Config, Environment
from promote.config.scope import claims_of, globs_for
from promote.estate.aims import Aims
from promote.estate.estate import Estate
from promote.estate.reach import reach
from promote.estate.scan import Scan, scan
from promote.image import split_reference
from promote.sites import kustomize
from promote.sites.pattern import Text
from promote.sites.site import Fragment, Site
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.text.edit import Span
from promote.text.part import Part
from promote.tree import Entry, Globs, Tree

# A path with one of these cannot be written as a pattern that takes it alone.
_SPECIAL = frozenset(b"*?!{}")


def _tops(tree: Tree, own: Globs) -> tuple[dict[bytes, Entry], dict[bytes, frozenset[bytes]]]:
    """The kustomizations of an environment that no other one of it leads to, and what each leads to."""
    listed = tree.list(own)
    entries = {entry.path: entry for entry in listed if entry.path.rpartition(b"/")[2] in kustomize.FILES}
    found = reach(Scan(tree, Wanted(()), entries, {}, {}, ()), entries)
    below = frozenset[bytes]().union(*found.values())
    return {path: entry for path, entry in entries.items() if path not in below}, found


def _images(tree: Tree, paths: Iterable[bytes], wanted: Wanted) -> Scan:
    """What the files that kustomizations lead to say of images."""
    plain = sorted(path.decode("utf-8", "replace") for path in paths if _SPECIAL.isdisjoint(path))
    return scan(tree, Globs(tuple(plain)), wanted, Aims((), Globs(())), Globs(()))


def _names(hits: Iterable[object], wanted: Wanted, app: str, path: bytes) -> Iterator[tuple[str, Fragment]]:
    for hit in hits:
        if not isinstance(hit, Fragment) or hit.joins != "object" or hit.repository is None or hit.name is None:
            continue
        if app in wanted.apps_of(hit.repository, path):
            yield split_reference(hit.name.value)[0], hit


def _place(stream: Stream, name: str, app: str, found: Fragment, layer: int) -> Site:
    """The entry that could be there: a site whose parts are still to be inserted."""
    root = stream.documents[0].root if stream.documents else None
    at = 0 if root is None else root.start
    span: Span = stream.span(at, at)

    def part(key: str) -> Part:
        return Part(stream.path, span, ("images", key), "", "plain", at, (b"", b""), key)

    identity = ("images", name)
    if found.repository is None:
        raise ValueError("a manifest that names no image")
    tag, digest = part("newTag"), part("digest")
    return Site(app, found.repository, kustomize.FORMAT, identity, layer, None, tag, digest, joins="entry")


def adding(config: Config, tree: Tree, environment: Environment, estate: Estate) -> Estate:
    """The estate with the places where each app that it lacks could be added, and the files that these are in."""
    wanted = Wanted(claims_of(config, environment))
    tops, found = _tops(tree, Globs.union(globs_for(config, environment)))
    lacking = [app for app in estate.apps if not estate.sites(app) and not estate.barred(app)]
    if not lacking or not tops:
        return replace(estate, addable={})
    seen = _images(tree, {path for top in tops for path in found[top]}, wanted)
    kept = Scan(tree, wanted, tops, {}, {}, ())
    kept.parse_more(tops)
    layer = len(environment.layers) - 1
    addable: dict[str, tuple[Site, ...]] = {}
    for app in lacking:
        places: dict[tuple[bytes, str], Site] = {}
        for top, stream in sorted(kept.streams.items()):
            if not isinstance(stream, Stream):
                continue
            for path in sorted(found[top]):
                for name, hit in _names(seen.found.get(path, ()), wanted, app, path):
                    places.setdefault((top, name), _place(stream, name, app, hit, layer))
        if places:
            addable[app] = tuple(places.values())
    streams: Mapping[bytes, Text] = {**kept.streams, **estate.streams}
    return replace(estate, addable=addable, streams=streams, entries={**tops, **estate.entries})
