"""How names, paths and settings are spelled in a promote.yaml, so that they are read as what they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from textwrap import wrap

from promote.text.scalar import spell
from promote.tree import show

# Of a line of comments.
_WIDTH = 116


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 1 << 16 else f"\\U{ord(char):08x}"


def spelled(text: str) -> str:
    """A scalar: plain where nobody can misread it, in a flow collection too, else in quotes."""
    if not text.isprintable():
        return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))
    if '"' in text and "'" not in text and "\\" not in text:
        return spell(text, "single").decode()
    return spell(text, "double" if ":" in text else "plain").decode()


def flow(value: object) -> str:
    """A value in flow style: texts, true and false, lists and mappings of them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{spelled(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else spelled(str(value))


def comment(text: str, indent: str = "") -> list[str]:
    """Lines of a comment, whatever the text holds."""
    words = " ".join(show(text.encode("utf-8", "backslashreplace")).split())
    lead = f"{indent}# "
    return wrap(
        words, _WIDTH, initial_indent=lead, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False
    )


def several(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence has them: `a, b and 3 more`."""
    every = list(names)
    if len(every) > most:
        every = [*every[: most - 1], f"{len(every) - most + 1} more"]
    return f"{', '.join(every[:-1])} and {every[-1]}" if len(every) > 1 else "".join(every)
