"""Which layer a file stands in, and which values file overlays which (SEMANTICS 3.1)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promote.sites import chart
from promote.tree import Globs

Layers = tuple[Globs, ...]


def layer_of(layers: Layers, path: bytes) -> int | None:
    """The strongest layer that takes the file."""
    return next((number for number in reversed(range(len(layers))) if layers[number].matches(path)), None)


class Paths:
    """Sorted paths, for asking which of them globs could take without going through all of them."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._sorted = sorted(paths)

    def __contains__(self, path: bytes) -> bool:
        at = bisect_left(self._sorted, path)
        return self._sorted[at : at + 1] == [path]

    def near(self, *globs: Globs) -> list[bytes]:
        """The paths at or below the roots of these, sorted; all that they take are among them."""
        found: set[bytes] = set()
        for root in dict.fromkeys(root for each in globs for root in each.roots):
            if not root:
                return self._sorted
            at = bisect_left(self._sorted, root)
            found.update(path for path in self._sorted[at : at + 1] if path == root)
            below = slice(bisect_left(self._sorted, root + b"/"), bisect_left(self._sorted, root + b"0"))
            found.update(self._sorted[below])  # "0" follows "/"
        return sorted(found)


class Files:
    """The scanned paths, for asking which of them a layer takes without going through all of them."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._paths = Paths(path for path in paths if path.rpartition(b"/")[2] != chart.FILE)
        self._known: dict[Globs, tuple[bytes, ...]] = {}
        self._alike: dict[Globs, dict[bytes, list[bytes]]] = {}

    def __contains__(self, path: bytes) -> bool:
        return path in self._paths

    def of(self, layer: Globs) -> tuple[bytes, ...]:
        if layer not in self._known:
            self._known[layer] = tuple(path for path in self._paths.near(layer) if layer.matches(path))
        return self._known[layer]

    def like(self, layer: Globs, relative: bytes) -> Sequence[bytes]:
        """The files of a layer that have this path within it."""
        if layer not in self._alike:
            alike: dict[bytes, list[bytes]] = {}
            for path in self.of(layer):
                alike.setdefault(_relative(layer, path), []).append(path)
            self._alike[layer] = alike
        return self._alike[layer].get(relative, ())


def _relative(layer: Globs, path: bytes) -> bytes:
    root = next((root for root in layer.roots if path == root or path.startswith(root + b"/") or not root), b"")
    return path[len(root) :].lstrip(b"/")


@dataclass(frozen=True)
class Ties:
    """Which values file overlays which: they have the same path within their layers, or each is its layer's only one.

    The environment's `override` lies over all that is weaker.

    Anything looser would tie the tag of one chart to the image of another that happens to use the same key.
    """

    layers: Layers
    files: Files
    override: bytes | None = None

    def __call__(self, weak: bytes, strong: bytes) -> bool:
        below, above = layer_of(self.layers, weak), layer_of(self.layers, strong)
        if below is None or above is None:
            return False
        if strong == self.override:
            return True
        if _relative(self.layers[below], weak) == _relative(self.layers[above], strong):
            return True
        return self._alone(below) and self._alone(above)

    def _alone(self, number: int) -> bool:
        return len(self.files.of(self.layers[number])) == 1

    def overlays_of(self, weak: bytes) -> Iterable[bytes]:
        """The files of stronger layers that may overlay the values in `weak`."""
        below = layer_of(self.layers, weak)
        if below is None:
            return
        relative, alone = _relative(self.layers[below], weak), self._alone(below)
        for number in range(below + 1, len(self.layers)):
            layer = self.layers[number]
            found = self.files.of(layer) if alone and self._alone(number) else self.files.like(layer, relative)
            yield from (path for path in found if path != weak and layer_of(self.layers, path) == number)
        if self.override is not None and self.override in self.files and weak != self.override:
            yield self.override
