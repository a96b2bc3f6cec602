"""Tables of Markdown, whatever stands in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """`text` as code of one line, in which a table sees no end of a cell and Markdown no mark of its own."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "|`*_{}[]\\":
        escaped = escaped.replace(sign, f"&#{ord(sign)};")
    return f"<code>{escaped}</code>"


def prose(text: str) -> str:
    """`text` as words of one line: what looks like HTML or the end of a cell is neither."""
    out = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for sign in "|*_\\":
        out = out.replace(sign, f"&#{ord(sign)};")
    return out


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The lines of a table; cells come from `code` and `prose`."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
