"""Lines for people within the width of a terminal; what is no terminal gets them as they are, for programs to read."""

from __future__ import annotations

import os
from typing import TextIO

_INDENT = "    "
_LEAST = 40


def said_columns() -> int | None:
    """The width that COLUMNS says; None where it says none."""
    said = os.environ.get("COLUMNS", "")
    return int(said[:4]) or None if said.isascii() and said.isdigit() else None


def _columns(stream: TextIO | None) -> int | None:
    """How wide a terminal is: as COLUMNS says, else as it says itself; None where there is none, or it does not say."""
    if stream is None or not stream.isatty():
        return None
    try:
        return said_columns() or os.get_terminal_size(stream.fileno()).columns or None
    except OSError:  # one that is none of the system's has no width
        return None


def folded(text: str, stream: TextIO | None) -> str:
    """Each line folded at its blanks, with an indent; a word stays whole: it may be a URL that is to be copied."""
    width = _columns(stream)
    if width is None or all(len(line) <= width for line in text.split("\n")):
        return text
    from textwrap import wrap

    room = max(width, _LEAST)
    return "\n".join(
        "\n".join(wrap(line, room, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)) or line
        for line in text.split("\n")
    )
