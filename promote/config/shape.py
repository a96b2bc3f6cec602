"""What a type takes: the annotations of a Struct, read once into values that a walker can follow."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, UnsetType

_WORDS = {str: ("a string", "strings"), int: ("a whole number", "whole numbers"), float: ("a number", "numbers")}
_WORDS[bool] = ("true or false", "words true or false")


@dataclass(frozen=True, slots=True)
class Shape:
    """The kinds of values that are taken; `scalars` pairs each Python type with the hint that holds its constraints."""

    null: bool = False
    literals: tuple[str | int | bool, ...] = ()
    scalars: tuple[tuple[type, Any], ...] = ()
    item: Shape | None = None
    as_tuple: bool = False
    entry: Shape | None = None
    struct: type[Struct] | None = None

    def hint(self, kind: type) -> Any | None:
        """The hint of a scalar type that is taken, or None."""
        return next((hint for taken, hint in self.scalars if taken is kind), None)

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        parts = [_WORDS[kind][0] for kind, _ in self.scalars]
        if self.literals:
            words = [_spell(literal) for literal in self.literals]
            parts.append(words[0] if len(words) == 1 else f"one of {', '.join(words)}")
        if self.item is not None:
            parts.append(f"a list of {self.item.plural}")
        if self.struct is not None:
            parts.append(getattr(self.struct, "EXPECTED", "a mapping"))
        elif self.entry is not None:
            parts.append("a mapping")
        return " or ".join(parts)

    @property
    def plural(self) -> str:
        """The same for many."""
        parts = [_WORDS[kind][1] for kind, _ in self.scalars]
        parts += [_spell(literal) for literal in self.literals]
        if self.item is not None:
            parts.append("lists")
        if self.struct is not None or self.entry is not None:
            parts.append("mappings")
        return " or ".join(parts)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a Struct: its name in Python, whether it must be there, and what it takes."""

    name: str
    required: bool
    shape: Shape


def _spell(literal: str | int | bool) -> str:
    return str(literal).lower() if isinstance(literal, bool) else str(literal)


def _members(hint: Any, constraints: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *metas = get_args(hint)
        yield from _members(inner, (*constraints, *metas))
    elif origin is Union or origin is types.UnionType:
        for member in get_args(hint):
            yield from _members(member)
    else:
        yield hint, constraints


def shape_of(hint: Any) -> Shape:
    """The shape of a type annotation; TypeError for one that promote.yaml has no words for."""
    found: dict[str, Any] = {"scalars": (), "literals": ()}
    for member, constraints in _members(hint):
        origin = get_origin(member)
        if member is UnsetType:
            continue
        if member is type(None):
            found["null"] = True
        elif origin is Literal:
            found["literals"] += get_args(member)
        elif member in _WORDS:
            leaf = Annotated[member, *constraints] if constraints else member
            found["scalars"] += ((member, leaf),)
        elif origin is list or origin is tuple:
            found["item"] = shape_of(get_args(member)[0])
            found["as_tuple"] = origin is tuple
        elif origin is dict:
            found["entry"] = shape_of(get_args(member)[1])
        elif isinstance(member, type) and issubclass(member, Struct):
            found["struct"] = member
        else:
            raise TypeError(f"settings cannot hold {member!r}")
    return Shape(**found)


@cache
def keys_of(struct: type[Struct]) -> dict[str, Key]:
    """The keys of a Struct as promote.yaml writes them."""
    return {
        each.encode_name: Key(
            each.name, each.default is NODEFAULT and each.default_factory is NODEFAULT, shape_of(each.type)
        )
        for each in msgspec.structs.fields(struct)
    }
