"""One pass over the files of a repository: their paths, the objects of other tools, and setter markers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from promote.config import FILE, fault
from promote.config.scope import layer_globs
from promote.errors import UsageError
from promote.sites import argocd, fleet
from promote.sites.finders import is_scanned
from promote.sites.flux import KUSTOMIZATION
from promote.survey import flux, updater
from promote.text.document import Stream, parse
from promote.tree import NOT_FILES, Entry, Tree
from promote.tree.glob import is_literal

# More files than this are several repositories in one, or no GitOps repository; all of them would be read.
MAX_FILES = 100_000
_GROUPS = (flux.GROUP, updater.PREFIX, KUSTOMIZATION, f"{argocd.GROUP}/")
_TOLD = tuple(group.encode() for group in _GROUPS)


@dataclass(frozen=True, slots=True)
class Look:
    """What one revision holds: the files that finders look into, of them those that tell of other tools.

    `unnamed` counts the files that promote.yaml could not name: with wildcards in their paths, or what is no text.
    """

    tree: Tree
    entries: Mapping[str, Entry]
    streams: Mapping[str, Stream]
    markers: Mapping[str, tuple[str, ...]]
    unnamed: int = 0

    @property
    def paths(self) -> Collection[str]:
        """The files by their paths, sorted."""
        return self.entries.keys()


def is_named(path: bytes) -> bool:
    """Whether promote.yaml can name a file: its path is text, and none of it means anything else there."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return False
    return is_literal(path) and text.isprintable() and fault.of_path(text) is None


def look(tree: Tree) -> Look:
    """What `tree` holds; a link is not followed. UsageError where it is too much to be read."""
    globs = layer_globs(FILE, ".", (), {})
    entries = [each for each in tree.list(globs) if is_scanned(each.path) and each.mode not in NOT_FILES]
    if len(entries) > MAX_FILES:
        what = f"there are {len(entries)} YAML files, and init reads at most {MAX_FILES}"
        raise UsageError(what, cure="write promote.yaml by hand; docs/configuration.md begins with a small one")
    named = [each for each in entries if is_named(each.path)]
    streams: dict[str, Stream] = {}
    markers: dict[str, tuple[str, ...]] = {}
    for entry, data in tree.read(named):
        if not isinstance(data, bytes):
            continue
        path = entry.path.decode()
        found = flux.markers(data)
        if found:
            markers[path] = found
        if entry.path.rpartition(b"/")[2] in fleet.FILES or any(word in data for word in _TOLD):
            stream = parse(entry.path, data)
            if isinstance(stream, Stream):
                streams[path] = stream
    return Look(tree, {each.path.decode(): each for each in named}, streams, markers, len(entries) - len(named))
