"""Under which names images leave a kustomization: what an entry over it must match (SEMANTICS 6.3).

kustomize compares names as they are written, and an entry with `newName` has renamed what it matched by the time that
the entries behind it, and those of the kustomizations above, are looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from promote.estate.aims import Aims
from promote.estate.scan import Readings, Scan, scan
from promote.image import split_reference
from promote.sites import kustomize
from promote.sites.pattern import Text
from promote.sites.site import Fragment
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.text.node import Mapping as Pairs
from promote.text.node import Scalar
from promote.text.node import Sequence as Items
from promote.tree import Globs, Tree
from promote.tree.glob import is_literal


def images(tree: Tree, paths: Iterable[bytes], wanted: Wanted) -> Scan:
    """What the files that kustomizations lead to say of images, and all kustomizations among them."""
    plain = sorted(path.decode("utf-8", "replace") for path in paths if is_literal(path))
    seen = scan(tree, Globs(tuple(plain)), wanted, Aims((), Globs(())), Globs(()), Readings())
    seen.parse_more(path for path in seen.entries if path.rpartition(b"/")[2] in kustomize.FILES)
    return seen


class Leaving:
    """The names by which kustomize knows the images of one app, kustomization by kustomization."""

    def __init__(
        self, streams: Mapping[bytes, Text], found: Mapping[bytes, Iterable[object]], app: str, wanted: Wanted
    ) -> None:
        self._streams = streams
        self._found = found
        self._app = app
        self._wanted = wanted

    def names(self, path: bytes, above: frozenset[bytes] = frozenset()) -> dict[str, Fragment]:
        """The names that leave the file at `path`, each with a place that is known by it; of a manifest its own."""
        out = self._own(path)
        stream = self._streams.get(path)
        if not isinstance(stream, Stream) or path.rpartition(b"/")[2] not in kustomize.FILES or path in above:
            return out
        way = above | {path}
        roots = [each.root for each in stream.documents if isinstance(each.root, Pairs)]
        # A component changes what was gathered before it, and its own resources.
        parts = [step for root in roots for step in self._steps(path, root, "components")]
        for root in roots:
            for key in ("resources", "bases", "patches", "patchesStrategicMerge", "patchesJson6902"):
                for step in self._steps(path, root, key):
                    out.update(self.names(step, way))
        for part in parts:
            out.update(self.names(part, way))
            _rename(out, self._roots(part))
        _rename(out, roots)
        return out

    def _own(self, path: bytes) -> dict[str, Fragment]:
        """What the file itself names: images of objects, and what its entries put in their place."""
        out: dict[str, Fragment] = {}
        for hit in self._found.get(path, ()):
            if isinstance(hit, Fragment) and hit.joins in ("object", "entry") and hit.name is not None:
                name = split_reference(hit.name.value)[0]
                fresh = hit.joins == "object" or hit.identity[-1] != name
                if fresh and hit.repository is not None and self._app in self._wanted.apps_of(hit.repository, path):
                    out.setdefault(name, hit)
        return out

    def _roots(self, path: bytes) -> list[Pairs]:
        stream = self._streams.get(path)
        documents = stream.documents if isinstance(stream, Stream) else ()
        return [each.root for each in documents if isinstance(each.root, Pairs)]

    def _steps(self, path: bytes, root: Pairs, key: str) -> Iterator[bytes]:
        """The files that one list of a kustomization names: manifests, or the kustomization of a folder."""
        items = root.get(key)
        for item in items.items if isinstance(items, Items) else ():
            named = item.get("path") if isinstance(item, Pairs) else item
            if not isinstance(named, Scalar) or "\n" in named.value:
                continue
            folder = path.rpartition(b"/")[0].decode("utf-8", "replace")
            step = posixpath.normpath(posixpath.join(folder, named.value)).encode()
            prefix = b"" if step == b"." else step + b"/"
            inside = (prefix + name for name in sorted(kustomize.FILES))
            yield from (each for each in (step, *inside) if each in self._found or each in self._streams)


def _rename(names: dict[str, Fragment], roots: Iterable[Pairs]) -> None:
    """What the entries of a kustomization make of the names, one after the other."""
    for root in roots:
        entries = root.get("images")
        for entry in entries.items if isinstance(entries, Items) else ():
            if not isinstance(entry, Pairs):
                continue
            name, new = entry.get("name"), entry.get("newName")
            if isinstance(name, Scalar) and isinstance(new, Scalar) and name.value in names and new.value:
                names[new.value] = names.pop(name.value)
