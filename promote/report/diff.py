"""A plan as a unified diff of its files, as git shows one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from promote.outcome import Plan
from promote.place import Place
from promote.text.edit import FileChange
from promote.tree import show


def _lines(data: bytes | None) -> list[str]:
    """Lines with their newlines; other control characters are shown as signs, since a terminal would obey them."""
    text = (data or b"").decode("utf-8", "backslashreplace")
    return ["".join(map(_visible, line)) for line in re.split(r"(?<=\n)", text) if line]


def _visible(char: str) -> str:
    if char in "\n\t" or char.isprintable():
        return char
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else f"\\u{ord(char):04x}"


def _whole(plan: Plan) -> dict[tuple[Place, bytes], tuple[FileChange, bytes | None]]:
    """Each file with its change from before the first commit to after the last."""
    out: dict[tuple[Place, bytes], tuple[FileChange, bytes | None]] = {}
    for step in plan.steps:
        for change in step.files:
            first = out.get((step.place, change.path), (change, None))[0]
            out[step.place, change.path] = (first, change.after)
    return out


def unified(plan: Plan) -> Iterator[str]:
    """The lines of the diff, each with its newline, files in the order of their paths."""
    for (_, path), (first, after) in sorted(_whole(plan).items(), key=lambda item: item[0]):
        name = show(path)
        for line in difflib.unified_diff(_lines(first.before), _lines(after), f"a/{name}", f"b/{name}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
