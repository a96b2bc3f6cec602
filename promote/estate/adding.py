"""Where an app that an environment does not have could be added (`--add`, SEMANTICS 6.3).

That is a kustomization of the environment that leads to a manifest which runs the app's image: a new entry of its
`images:` bears the name as the manifest writes it, since kustomize compares names as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from promote.config.model import Config, Environment
from promote.config.scope import claims_of, globs_for
from promote.estate.estate import Estate, Unaddable
from promote.estate.leaving import Leaving, images
from promote.estate.reach import reach
from promote.estate.scan import Scan
from promote.estate.sharing import reached
from promote.image import Repository
from promote.sites import kustomize
from promote.sites.pattern import Text
from promote.sites.site import Site
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.text.edit import Span
from promote.text.part import Part
from promote.tree import Entry, Globs, Tree, show


def _tops(tree: Tree, own: Globs) -> tuple[dict[bytes, Entry], dict[bytes, frozenset[bytes]]]:
    """The kustomizations of an environment that no other one of it leads to, and what each leads to."""
    listed = tree.list(own)
    entries = {entry.path: entry for entry in listed if entry.path.rpartition(b"/")[2] in kustomize.FILES}
    found = reach(Scan(tree, Wanted(()), entries, {}, {}, ()), entries)
    below = frozenset[bytes]().union(*found.values())
    return {path: entry for path, entry in entries.items() if path not in below}, found


def _place(stream: Stream, name: str, app: str, repository: Repository, layer: int) -> Site:
    """The entry that could be there: a site whose parts are still to be inserted."""
    root = stream.documents[0].root if stream.documents else None
    at = 0 if root is None else root.start
    span: Span = stream.span(at, at)

    def part(key: str) -> Part:
        return Part(stream.path, span, ("images", key), "", "plain", at, (b"", b""), key)

    identity = ("images", name)
    tag, digest = part("newTag"), part("digest")
    return Site(app, repository, kustomize.FORMAT, identity, layer, None, tag, digest, joins="entry")


def _runners(config: Config, tree: Tree, others: Sequence[Environment]) -> Callable[[bytes], list[str]]:
    """The environments that run a kustomization: by their paths, or because one of theirs leads to it."""
    takes = {each.name: Globs.union(globs_for(config, each)) for each in others}
    led = reached(config, tree, others) if others else {}
    return lambda path: sorted(name for name in takes if takes[name].matches(path) or path in led[name])


def adding(
    config: Config, tree: Tree, environment: Environment, estate: Estate, others: Sequence[Environment]
) -> Estate:
    """The estate with the places where each app that it lacks could be added, and the files that these are in.

    `others` are the environments of the same place: what one of them runs too is not written on behalf of this one.
    """
    wanted = Wanted(claims_of(config, environment))
    tops, found = _tops(tree, Globs.union(globs_for(config, environment)))
    lacking = [app for app in estate.apps if not estate.sites(app) and not estate.barred(app)]
    if not lacking or not tops:
        return replace(estate, addable={})
    seen = images(tree, {path for top in tops for path in found[top]}, wanted)
    kept = Scan(tree, wanted, tops, {}, {}, ())
    kept.parse_more(tops)
    runners = _runners(config, tree, [each for each in others if each.name not in environment.shared_with])
    streams: Mapping[bytes, Text] = {**kept.streams, **estate.streams}
    read, hits = {**seen.streams, **streams}, {**seen.found, **kept.found}
    addable: dict[str, tuple[Site, ...]] = {}
    unaddable: dict[str, Unaddable] = {}
    for app in lacking:
        leaving = Leaving(read, hits, app, wanted)
        places = list(_places(environment, app, wanted, {top: leaving.names(top) for top in sorted(tops)}, streams))
        faults = [place for place in places if isinstance(place, Unaddable)]
        faults += [
            Unaddable("shared-site", f"{show(top)}: {', '.join(names)} runs this kustomization too")
            for top in dict.fromkeys(place.anchor.path for place in places if isinstance(place, Site))
            if (names := runners(top))
        ]
        if faults:
            unaddable[app] = faults[0]
        elif places:
            addable[app] = tuple(place for place in places if isinstance(place, Site))
    entries = {**tops, **estate.entries}
    return replace(estate, addable=addable, unaddable=unaddable, streams=streams, entries=entries)


def _places(
    environment: Environment,
    app: str,
    wanted: Wanted,
    named: Mapping[bytes, Iterable[str]],
    streams: Mapping[bytes, Text],
) -> Iterator[Site | Unaddable]:
    """An entry for each name by which a kustomization has the app's image, or why none would be the app's."""
    for top, names in named.items():
        stream = streams.get(top)
        if not isinstance(stream, Stream):
            continue
        for name in names:
            repository = wanted.match(name)
            if repository is None or app not in wanted.apps_of(repository, top):
                why = f"kustomize has renamed the image to {name} by then, and no image of {app} is called so"
                yield Unaddable("nowhere-to-add", f"{show(top)}: {why}: set the tag where it is renamed")
            else:
                yield _place(stream, name, app, repository, len(environment.layers) - 1)
