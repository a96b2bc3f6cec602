"""One scalar as a shape wants it, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from promote.config.marks import meant, quoted
from promote.config.shape import Shape
from promote.text.document import Mapping, Node, Scalar, Sequence
from promote.text.scalar import meaning

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_PLAIN_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_WORDS = (
    ("Expected `str`", "expected a string"),
    ("Expected `int`", "expected a whole number"),
    ("Expected `float`", "expected a number"),
    (" of length >= ", " with a length of at least "),
    (" >= ", " of at least "),
    (" <= ", " of at most "),
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value, in words."""

    what: str


def found(node: Node) -> str:
    """What stands there, in words that tell nothing of its content."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    value = meaning(node) if isinstance(node, Scalar) else None
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return "a string" if isinstance(value, str) else "a number"


def has_control(text: str) -> bool:
    """Whether `text` holds a control character; line breaks are judged where the key's meaning is known."""
    return _CONTROL.search(text) is not None


def _in_words(said: str) -> str:
    """What msgspec says of a value, in the words of the other messages."""
    for theirs, ours in _WORDS:
        said = said.replace(theirs, ours)
    return said.replace("`", "")


def _checked(value: object, hint: Any) -> Any:
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as exc:
        return Wrong(_in_words(str(exc)))


def _literal(node: Scalar, said: object, shape: Shape) -> Any:
    for literal in shape.literals:
        if isinstance(literal, str):
            if node.value == literal:
                return literal
        elif type(said) is type(literal) and said == literal:
            return literal
    return None


def read(node: Scalar, shape: Shape) -> Any:
    """The value, or Wrong. Where a string is wanted, a plain scalar such as 1.10 or yes is its own text."""
    if node.tag not in _PLAIN_TAGS:
        return Wrong(f"the tag {quoted(node.tag or '')} means nothing here; write the value alone")
    said = meaning(node)
    if said is None:
        return None if shape.null else Wrong(f"expected {shape.expected}, found nothing")
    literal = _literal(node, said, shape)
    if literal is not None:
        return literal
    for kind in (bool, int, float):
        hint = shape.hint(kind)
        if hint is not None and (type(said) is kind or (kind is float and type(said) is int)):
            return _checked(said, hint)
    hint = shape.hint(str)
    if hint is not None:
        return Wrong("holds a control character") if has_control(node.value) else _checked(node.value, hint)
    words = [word for word in shape.literals if isinstance(word, str)]
    if not words:
        return Wrong(f"expected {shape.expected}, found {found(node)}")
    hint_at = meant(node.value.lower(), words)
    return Wrong(f"expected {shape.expected}, found {quoted(node.value)}{hint_at if hint_at.startswith(',') else ''}")
