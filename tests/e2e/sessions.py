"""Pages of the documents that are one session from top to bottom: files that are there, commands, what they print.

A block with a `title` is a file of the repository, `REPOSITORY: PATH` one of another; under `<!-- now reads -->` it is
what the file has become. A `sh` or `console` block is commands; what stands below a command of a `console` block is all
that it prints, `…` standing for anything. `<!-- exits N -->` stands above a block whose last command ends so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^(?:<!-- (?:exits (?P<exits>\d+)|(?P<now>now reads)) -->\n\n?)?"
    r"```(?P<language>\w+)(?: title=\"(?P<title>[^\"\n]+)\")?\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
HOME = "gitops"


@dataclass(frozen=True)
class Written:
    """A file of a repository, as the page has it; `now` is what it must have become by itself."""

    line: int
    repository: str
    path: str
    body: str
    now: bool


@dataclass(frozen=True)
class Command:
    """One command, and what it prints, None where the page does not say; it ends with `exits`."""

    line: int
    text: str
    printed: str | None
    exits: int = 0


def _commands(line: int, language: str, body: str, exits: int) -> Iterator[Command]:
    joined = re.sub(r" *\\\n *", " ", body)
    found: list[tuple[str, str | None]]
    if language == "sh":
        found = [(text, None) for text in joined.splitlines() if text.strip() and not text.startswith("#")]
    else:
        parts = re.split(r"^\$ (.+)\n", joined, flags=re.MULTILINE)
        assert not parts[0], f"line {line}: no command stands above {parts[0]!r}"
        found = [(text, printed or None) for text, printed in zip(parts[1::2], parts[2::2], strict=True)]
    for number, (text, printed) in enumerate(found, 1):
        yield Command(line, text, printed, exits if number == len(found) else 0)


def steps(text: str) -> Iterator[Written | Command]:
    """What the page says, in its order."""
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["title"]:
            repository, colon, path = found["title"].partition(": ")
            yield Written(
                line,
                repository if colon else HOME,
                path if colon else repository,
                found["body"],
                found["now"] is not None,
            )
        elif found["language"] in ("sh", "console"):
            yield from _commands(line, found["language"], found["body"], int(found["exits"] or 0))


def pages(docs: Path) -> list[Path]:
    """The pages that are sessions."""
    return sorted((docs / "guides").glob("*.md"))


def says(pattern: str, *outputs: str) -> bool:
    """Whether one of `outputs` is `pattern`, in which `…` stands for anything."""
    wanted = re.compile(".*?".join(map(re.escape, pattern.rstrip().split("…"))), re.DOTALL)
    return any(wanted.fullmatch("\n".join(line.rstrip() for line in each.strip().splitlines())) for each in outputs)
