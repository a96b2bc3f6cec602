"""What every finder needs of a document: a walk that knows what is unsafe, values through aliases, and Parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from promote.image import Repository, Version
from promote.sites.site import Barred
from promote.text.document import Alias, Document, Mapping, Node, Pair, Scalar, Sequence, Stream
from promote.text.edit import Span
from promote.text.insert import part_for
from promote.text.part import Part, Style

Keys = tuple[str | int, ...]
_STYLES: dict[str, Style] = {"plain": "plain", "single": "single", "double": "double"}
_STR = "tag:yaml.org,2002:str"
_NULLS = frozenset({"~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a value is not to be edited: a stable code, a clause that ends "...: because it", and which value that is."""

    code: str
    why: str
    node: Node | None = field(default=None, compare=False, repr=False)


ANCHOR = Bar("anchor", "it is behind an anchor that other places of the file repeat")
ALIAS = Bar("alias", "it is an alias of another place")
MERGE = Bar("merge-key", "it comes from another mapping by a merge key (<<)")
DUPLICATE = Bar("duplicate-key", "a key above it stands twice in its mapping, and readers differ on which counts")
BLOCK = Bar("block-scalar", "it is written as a block scalar")
ESCAPED = Bar("escaped", "it is written over several lines or with escapes")
TEMPLATE = Bar("template", "it holds a template expression")
SOPS = Bar("sops", "the file is encrypted by SOPS, and a changed value breaks its MAC")
TAGGED = Bar("tagged", "it has an explicit YAML type that is not a string")
SHAPE = Bar("not-a-scalar", "it is a list or a mapping, not a value")


def is_template(text: str) -> bool:
    """Whether `text` is filled in by Helm, Flux or another program before anybody takes it as it stands."""
    return "{{" in text or "${" in text or "$(" in text


def _is_null(node: Scalar) -> bool:
    return node.style == "plain" and node.value in _NULLS


@dataclass(frozen=True, slots=True)
class Spot:
    """One node on the walk, the keys that lead to it, and what bars everything in it."""

    node: Node
    keys: Keys
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a mapping: its pair, and what bars it."""

    pair: Pair
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One document as finders see it."""

    stream: Stream
    document: Document
    format: str
    bar: Bar | None = None  # what bars all of it: the block scalar that it is the text of cannot be edited

    @property
    def root(self) -> Spot:
        """The document as a whole."""
        return Spot(self.document.root, (), self.bar or self._sealed())

    def child(self, spot: Spot, *keys: str | int) -> Spot | None:
        """What stands below `spot` under these keys, itself and not through an alias; None where nothing does."""
        for key in keys:
            bar, node = spot.bar or self._anchored(spot.node), spot.node
            if isinstance(node, Sequence) and isinstance(key, int) and key < len(node.items):
                spot = Spot(node.items[key], (*spot.keys, key), bar)
                continue
            own = [
                pair.value
                for pair in (node.pairs if isinstance(node, Mapping) else ())
                if isinstance(pair.key, Scalar) and pair.key.value == key
            ]
            if not own:
                return None
            spot = Spot(own[-1], (*spot.keys, key), DUPLICATE if len(own) > 1 else bar)
        return replace(spot, bar=spot.bar or self._anchored(spot.node))

    def every(self, spot: Spot, key: str) -> Iterator[Spot]:
        """What stands below `spot` under a key, each time where it stands there more than once."""
        last = self.child(spot, key)
        for pair in spot.node.pairs if isinstance(spot.node, Mapping) and last is not None else ():
            if isinstance(pair.key, Scalar) and pair.key.value == key and last is not None:
                yield Spot(pair.value, last.keys, last.bar or self._anchored(pair.value))

    def items(self, spot: Spot | None) -> Iterator[Spot]:
        """The items of a list, none where it is no list."""
        if spot is not None and isinstance(spot.node, Sequence):
            for place in range(len(spot.node.items)):
                found = self.child(spot, place)
                if found is not None:
                    yield found

    def walk(
        self, start: Spot | None = None, skip: Collection[Keys] = (), holds: Callable[[bytes], bool] | None = None
    ) -> Iterator[Spot]:
        """Every node from `start` on, in the order of the file, without following aliases; not what `skip` holds.

        With `holds` the collections are left out whose bytes it is asked about, and says no.
        """
        waiting = [start or self.root]
        while waiting:
            spot = waiting.pop()
            if skip and spot.keys in skip:
                continue
            bar = spot.bar or self._anchored(spot.node)
            spot = spot if bar is spot.bar else replace(spot, bar=bar)
            yield spot
            if not isinstance(spot.node, Scalar):
                below = _below(spot)
                if holds is not None:
                    below = [each for each in below if self._may(holds, each.node, spot.node)]
                below.reverse()
                waiting += below

    def _may(self, holds: Callable[[bytes], bool], node: Node, outer: Node) -> bool:
        # Only where it at least halves: no byte is looked at more often than its file can be halved.
        if isinstance(node, Scalar) or 2 * (node.end - node.start) > outer.end - outer.start:
            return True
        return holds(self.stream.data[node.start : node.end])

    def _sealed(self) -> Bar | None:
        root = self.document.root
        if not isinstance(root, Mapping):
            return None
        sops = root.get("sops")
        if not isinstance(sops, Mapping) or sops.get("mac") is None:
            return None
        only = sops.get("mac_only_encrypted")
        return None if isinstance(only, Scalar) and only.value == "true" else SOPS

    def _anchored(self, node: Node) -> Bar | None:
        if isinstance(node, Alias):
            return ALIAS
        return ANCHOR if node.anchor is not None and node.anchor in self.document.aliased else None

    def text(self, node: Node | None) -> str | None:
        """What a scalar says, through an alias too; None for anything else, and for a null that is spelled out."""
        if isinstance(node, Alias):
            node = node.target
        return node.value if isinstance(node, Scalar) and not _is_null(node) else None

    def fields(self, spot: Spot, among: frozenset[str]) -> dict[str, Field]:
        """The pairs that give the keys of `among` that the mapping at `spot` has, through merge keys too."""
        found: dict[str, Field] = {}
        waiting: list[tuple[Node, Bar | None]] = [(spot.node, spot.bar)]
        seen: set[int] = set()
        while waiting and len(found) < len(among):
            mapping, bar = waiting.pop()
            if not isinstance(mapping, Mapping) or id(mapping) in seen:
                continue  # a bomb of merge keys is walked once
            seen.add(id(mapping))
            own: dict[str, Field] = {}
            merges = False
            for pair in mapping.pairs:
                key = pair.key.value if isinstance(pair.key, Scalar) else None
                merges = merges or key == "<<"
                if key in among and key not in found:
                    own[key] = Field(pair, DUPLICATE if key in own and bar is not MERGE else bar)
            found.update(own)
            if merges:
                waiting += [(source, MERGE) for source in reversed(mapping.merged)]
        return found

    def field(self, spot: Spot, key: str) -> Field | None:
        """The pair that gives `key` in the mapping at `spot`, through merge keys too."""
        return self.fields(spot, frozenset((key,))).get(key)

    def _fit(self, node: Node, bar: Bar | None) -> Scalar | Bar:
        """The scalar itself where it may be edited, else what bars it."""
        bar = bar or self._anchored(node)
        if bar is not None:
            return bar
        if not isinstance(node, Scalar):
            # Without quotes a template reads as a mapping in a mapping.
            return TEMPLATE if self.stream.data.startswith(b"{{", node.start) else SHAPE
        # Not even `!`: it makes a string of `1.10` by the specification, and not to every reader.
        if node.tag not in (None, _STR):
            return TAGGED
        if node.style in ("literal", "folded"):
            return BLOCK
        return TEMPLATE if is_template(node.value) else node

    def said(self, spot: Spot, key: str) -> str | None:
        """What the scalar under a key says, through aliases and merge keys too; None for anything else."""
        found = self.field(spot, key)
        return None if found is None else self.text(found.pair.value)

    def part(self, node: Node, keys: Keys, bar: Bar | None, cut: Span | None = None) -> Part | Bar:
        """The whole scalar as a Part, or what bars it; `cut` are the bytes that go where the value is to go."""
        fit = self._fit(node, bar)
        if isinstance(fit, Bar):
            return replace(fit, node=node)
        node = fit
        span = self.stream.span(node.start, node.end)
        if node.start == node.end:
            return Part(self.stream.path, span, keys, "", "plain", node.start, (b" ", b""))
        value = "" if _is_null(node) else node.value
        # In JSON a string has its quotes, whatever it says.
        style = "double" if self.stream.path.endswith(b".json") else _STYLES[node.style]
        return Part(self.stream.path, span, keys, value, style, node.start, cut=cut)

    def inner(self, node: Node, keys: Keys, bar: Bar | None, start: int, end: int, before: str = "") -> Part | Bar:
        """Characters [start, end) of a scalar's value as a Part; with `before` they are inserted, behind that text."""
        fit = self._fit(node, bar)
        if isinstance(fit, Bar):
            return replace(fit, node=node)
        node = fit
        head = node.start if node.style == "plain" else node.start + 1
        tail = node.end if node.style == "plain" else node.end - 1
        if self.stream.data[head:tail] != node.value.encode():
            return ESCAPED
        first = head + len(node.value[:start].encode())
        last = head + len(node.value[:end].encode())
        insert = (before.encode(), b"") if before else None
        span = self.stream.span(first, last)
        # The sign before a piece goes with it: `:` before a tag, `@` before a digest.
        cut = self.stream.span(first - 1, last) if start and not before else None
        return Part(self.stream.path, span, keys, node.value[start:end], "inner", node.start, insert, cut=cut)

    def missing(self, spot: Spot, key: str, behind: Pair) -> Part | None:
        """A Part that inserts `key` behind a pair of this mapping, or None where there is no safe place."""
        if not isinstance(spot.node, Mapping) or spot.bar is not None or isinstance(behind.value, Alias):
            return None
        if not any(pair is behind for pair in spot.node.pairs):
            return None  # it came by a merge key, from a mapping that others use too
        if not all(isinstance(pair.key, Scalar) for pair in spot.node.pairs):
            return None  # a key that is an alias may be this very key
        return part_for(self.stream, spot.node, key, behind=behind, keys=spot.keys)

    def barred(self, node: Node, bar: Bar, repository: Repository | None, version: Version | None = None) -> Barred:
        at = bar.node or node
        span = self.stream.span(at.start, at.end)
        return Barred(self.stream.path, span, self.format, bar.code, bar.why, repository, None, version)


def _below(spot: Spot) -> list[Spot]:
    node, keys, bar = spot.node, spot.keys, spot.bar
    if isinstance(node, Sequence):
        return [Spot(item, (*keys, place), bar) for place, item in enumerate(node.items)]
    if not isinstance(node, Mapping):
        return []
    pairs = [(pair.key.value, pair.value) for pair in node.pairs if isinstance(pair.key, Scalar)]
    if len({key for key, _ in pairs}) == len(pairs):
        return [Spot(value, (*keys, key), bar) for key, value in pairs]
    times = Counter(key for key, _ in pairs)
    return [Spot(value, (*keys, key), DUPLICATE if times[key] > 1 else bar) for key, value in pairs]
