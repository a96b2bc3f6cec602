"""How names, paths and settings are spelled in a promote.yaml, so that they are read as what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from promote.tree import show

# Read as this text by every reader of YAML, in a flow collection too.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?::[0-9]+/[A-Za-z0-9_./-]+)?\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def spelled(text: str) -> str:
    """A scalar: plain where nobody can misread it, else in double quotes with escapes."""
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    if text.isprintable() and "\\" not in text and '"' in text and "'" not in text:
        return f"'{text}'"
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return "".join(_escaped(char) for char in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 1 << 16 else f"\\U{ord(char):08x}"


def flow(value: object) -> str:
    """A value in flow style: texts, true and false, lists and mappings of them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{spelled(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else spelled(str(value))


def comment(text: str, indent: str = "", *, width: int = 116) -> Iterable[str]:
    """Lines of a comment, whatever the text holds."""
    line = ""
    for word in show(text.encode("utf-8", "backslashreplace")).split():
        if line and len(indent) + 2 + len(line) + 1 + len(word) > width:
            yield f"{indent}# {line}"
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield f"{indent}# {line}"


def several(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence has them: `a, b and 3 more`."""
    every = list(names)
    if len(every) > most:
        every = [*every[: most - 1], f"{len(every) - most + 1} more"]
    return f"{', '.join(every[:-1])} and {every[-1]}" if len(every) > 1 else "".join(every)
