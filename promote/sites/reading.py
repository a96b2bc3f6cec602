"""What every finder needs of a document: a walk that knows what is unsafe, values through aliases, and Parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
    """Whether `text` is filled in by Helm, Flux or another program before anybody reads it as YAML."""
    return "{{" in text or "${" in text


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

    def walk(self, start: Spot | None = None, skip: Collection[Keys] = ()) -> Iterator[Spot]:
        """Every node from `start` on, in the order of the file, without following aliases; not what `skip` holds."""
        waiting = [start or self.root]
        while waiting:
            spot = waiting.pop()
            if spot.keys in skip:
                continue
            bar = spot.bar or self._anchored(spot.node)
            yield Spot(spot.node, spot.keys, bar)
            below: list[Spot] = []
            if isinstance(spot.node, Sequence):
                below = [Spot(item, (*spot.keys, place), bar) for place, item in enumerate(spot.node.items)]
            elif isinstance(spot.node, Mapping):
                twice = _repeated(spot.node)
                for pair in spot.node.pairs:
                    if isinstance(pair.key, Scalar):
                        here = DUPLICATE if pair.key.value in twice else bar
                        below.append(Spot(pair.value, (*spot.keys, pair.key.value), here))
            waiting += reversed(below)

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
        """What a scalar says, through an alias too; None for anything else."""
        if isinstance(node, Alias):
            node = node.target
        return node.value if isinstance(node, Scalar) else None

    def field(self, spot: Spot, key: str) -> Field | None:
        """The pair that gives `key` in the mapping at `spot`, through merge keys too."""
        if not isinstance(spot.node, Mapping):
            return None
        waiting: list[tuple[Mapping, Bar | None]] = [(spot.node, spot.bar)]
        seen: set[int] = set()
        while waiting:
            mapping, bar = waiting.pop()
            if id(mapping) in seen:
                continue  # a bomb of merge keys is walked once
            seen.add(id(mapping))
            own = [pair for pair in mapping.pairs if isinstance(pair.key, Scalar) and pair.key.value == key]
            if own:
                return Field(own[-1], DUPLICATE if len(own) > 1 and bar is not MERGE else bar)
            waiting += [(source, MERGE) for source in reversed(mapping.merged)]
        return None

    def _fit(self, node: Node, bar: Bar | None) -> Scalar | Bar:
        """The scalar itself where it may be edited, else what bars it."""
        bar = bar or self._anchored(node)
        if bar is not None:
            return bar
        if not isinstance(node, Scalar):
            # Without quotes a template reads as a mapping in a mapping.
            return TEMPLATE if self.stream.data.startswith(b"{{", node.start) else SHAPE
        if node.tag not in (None, _STR, "!"):
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
        return Part(self.stream.path, span, keys, node.value, _STYLES[node.style], node.start, cut=cut)

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
        return part_for(self.stream, spot.node, key, behind=behind, keys=spot.keys)

    def barred(self, node: Node, bar: Bar, repository: Repository | None, version: Version | None = None) -> Barred:
        at = bar.node or node
        span = self.stream.span(at.start, at.end)
        return Barred(self.stream.path, span, self.format, bar.code, bar.why, repository, None, version)


def _repeated(mapping: Mapping) -> frozenset[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for pair in mapping.pairs:
        if isinstance(pair.key, Scalar):
            (twice if pair.key.value in seen else seen).add(pair.key.value)
    return frozenset(twice)

