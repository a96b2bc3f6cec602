"""A YAML document into Structs, driven by the Structs' own annotations: every mistake is collected, none ends the walk.

Nothing here knows a key of promote.yaml. A new Struct is converted as it stands; a choice by key, such as
`{soak: 24h}` among gates, is a Struct of optional keys with `ONE_OF`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar, cast

from msgspec import UNSET, Struct

from promote.config import leaf
from promote.config.marks import Marks, Path, meant, quoted
from promote.config.shape import Key, Shape, keys_of
from promote.text.document import Alias, Document, Mapping, Node, Scalar, Sequence, Stream

S = TypeVar("S", bound=Struct)

# An alias repeats what stands elsewhere: more often than this is no person's work.
MAX_REPEATED = 10_000


class _Failed:
    """Stands for a value that has a mistake of its own."""


_FAILED = _Failed()


def _twice(name: str, line: int) -> str:
    return f"{quoted(name)} stands here twice, first in line {line}"


def _unknown(name: str, known: dict[str, Key]) -> str:
    """The mistake, with what was meant: a value of one of the keys, a key below one of them, or one that is close."""
    for key, each in known.items():
        if name in each.shape.literals:
            return f"unknown key {quoted(name)}, did you mean {quoted(f'{key}: {name}')}?"
        if each.shape.struct is not None and name in keys_of(each.shape.struct):
            return f"unknown key {quoted(name)}, did you mean {quoted(f'{key}: {{{name}: …}}')}?"
    return f"unknown key {quoted(name)}{meant(name, known)}"


class _Walker:
    def __init__(self, document: Document, marks: Marks) -> None:
        self._anchors = document.anchors
        self._marks = marks
        self._inside = 0
        self._repeated = 0

    def _target(self, alias: Alias) -> Node | None:
        # An anchor that ends behind its alias stands around it, or was written again later: neither has one meaning.
        node = self._anchors.get(alias.name)
        if node is None or node.end > alias.start:
            self._marks.at(alias.start, f"the alias {quoted('*' + alias.name)} has no single anchor before it")
            return None
        return node

    def value(self, node: Node, shape: Shape, path: Path) -> Any:
        if isinstance(node, Alias):
            target = self._target(node)
            if target is None:
                return _FAILED
            self._inside += 1
            try:
                return self.value(target, shape, path)
            finally:
                self._inside -= 1
        if self._inside:
            self._repeated += 1
            if self._repeated > MAX_REPEATED:
                if self._repeated == MAX_REPEATED + 1:
                    self._marks.at(node.start, f"aliases repeat more than {MAX_REPEATED} values")
                return _FAILED
        if isinstance(node, Mapping):
            if shape.struct is not None:
                return self.struct(node, shape.struct, path)
            if shape.entry is not None:
                return self._dict(node, shape.entry, path)
        elif isinstance(node, Sequence):
            if shape.item is not None:
                return self._list(node, shape.item, path, as_tuple=shape.as_tuple)
        else:
            return self._scalar(node, shape)
        return self._wrong(node, shape)

    def _wrong(self, node: Node, shape: Shape) -> Any:
        self._marks.at(node.start, f"expected {shape.expected}, found {leaf.found(node)}")
        return _FAILED

    def _scalar(self, node: Scalar, shape: Shape) -> Any:
        value = leaf.read(node, shape)
        if isinstance(value, leaf.Wrong):
            self._marks.at(node.start, value.what)
            return _FAILED
        return value

    def _list(self, node: Sequence, item: Shape, path: Path, *, as_tuple: bool) -> Any:
        out = []
        for place, child in enumerate(node.items):
            here = (*path, place)
            self._marks.stand(here, None, child.start)
            value = self.value(child, item, here)
            if value is not _FAILED:
                self._marks.keep(path, place)
                out.append(value)
        return tuple(out) if as_tuple else out

    def _pairs(self, node: Mapping, path: Path) -> list[tuple[str, Scalar, Node]]:
        out: list[tuple[str, Scalar, Node]] = []
        seen: dict[str, int] = {}
        for pair in node.pairs:
            key = pair.key
            if not isinstance(key, Scalar):
                self._marks.at(key.start, "expected a plain key")
            elif key.style == "plain" and key.value == "<<":
                self._marks.at(key.start, "merge keys (<<) are not read here; write the keys out")
            elif key.value == "" or leaf.has_control(key.value) or "\n" in key.value:
                self._marks.at(key.start, "expected a name as key")
            elif key.value in seen:
                self._marks.at(key.start, partial(_twice, key.value, seen[key.value]))
            else:
                out.append((key.value, key, pair.value))
                here = (*path, key.value)
                self._marks.stand(here, key.start, pair.value.start)
                seen[key.value] = self._marks.line(here)
        return out

    def _dict(self, node: Mapping, entry: Shape, path: Path) -> Any:
        out: dict[str, Any] = {}
        for name, _, child in self._pairs(node, path):
            value = self.value(child, entry, (*path, name))
            if value is not _FAILED:
                out[name] = value
        return out

    def struct(self, node: Mapping, kind: type[Struct], path: Path, *, partly: bool = False) -> Any:
        """The Struct; where a key that must be there fails, `partly` leaves it UNSET instead of giving up the whole."""
        known = keys_of(kind)
        given: dict[str, Any] = {}
        seen: set[str] = set()
        for name, key, child in self._pairs(node, path):
            seen.add(name)
            if name not in known:
                self._marks.at(key.start, partial(_unknown, name, known))
            else:
                value = self.value(child, known[name].shape, (*path, name))
                if value is not _FAILED:
                    given[known[name].name] = value
        flawed = len(given) < len(node.pairs)
        self._one_of(kind, node, seen)
        complete = True
        for name, wanted in known.items():
            if wanted.required and name not in seen:
                self._marks.at(node.start, f"{quoted(name)} is missing; expected {wanted.shape.expected}")
            if wanted.required and wanted.name not in given:
                complete = False
                given[wanted.name] = UNSET
        return self._build(kind, given, node, path, flawed=flawed) if complete or partly else _FAILED

    def _one_of(self, kind: type[Struct], node: Mapping, seen: set[str]) -> None:
        choice: tuple[str, ...] = getattr(kind, "ONE_OF", ())
        there = [name for name in choice if name in seen]
        if choice and not there:
            self._marks.at(node.start, f"one of {', '.join(map(quoted, choice))} is missing")
        elif len(there) > 1:
            self._marks.at(node.start, f"only one of {', '.join(map(quoted, there))} may be given")

    def _build(self, kind: type[Struct], given: dict[str, Any], node: Mapping, path: Path, *, flawed: bool) -> Any:
        try:
            return kind(**given)
        except ValueError as exc:
            culprit = _culprit(kind, given, str(exc))
            if culprit is not None:
                self._marks.at_value((*path, culprit), str(exc))
            elif not flawed:  # else what is missing may only be missing because of a mistake that is told already
                self._marks.at(node.start, str(exc))
            return _FAILED


def _culprit(kind: type[Struct], given: dict[str, Any], what: str) -> str | None:
    """The key that alone brings out the same complaint, or None where it takes several, or none at all."""
    known = keys_of(kind)
    base = {key.name: given[key.name] for key in known.values() if key.required and key.name in given}

    def complains(values: dict[str, Any]) -> bool:
        try:
            kind(**values)
        except ValueError as exc:
            return str(exc) == what
        return False

    if complains(base):
        return next(iter(name for name, key in known.items() if key.required), None) if len(base) == 1 else None
    return next(
        (
            name
            for name, key in known.items()
            if key.name in given and key.name not in base and complains(base | {key.name: given[key.name]})
        ),
        None,
    )


def convert(stream: Stream, kind: type[S]) -> tuple[S | None, Marks]:
    """The Struct that a file's one document holds, with marks and mistakes; where there are mistakes it is partial.

    None where there is nothing to look at further: no document, several, or no mapping.
    """
    marks = Marks(stream)
    if len(stream.documents) != 1:
        if not stream.documents:
            marks.at(0, "is empty; expected a mapping")
        else:
            marks.at(stream.documents[1].start, "a second document begins here; expected one")
        return None, marks
    document = stream.documents[0]
    root = document.root
    marks.stand((), None, root.start)
    if not isinstance(root, Mapping):
        marks.at(root.start, f"expected a mapping, found {leaf.found(root)}")
        return None, marks
    built = _Walker(document, marks).struct(root, kind, (), partly=True)
    return (None if built is _FAILED else cast(S, built)), marks
