"""Print the release notes of a version: its section of CHANGELOG.md, without the heading.

Usage: notes.py [VERSION]; without one, the version of this checkout, or, if that has no section, what is not released.
Exit 1, with a sentence, where there is no such section or nothing in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from promote import __version__

ROOT = Path(__file__).resolve().parent.parent


def sections(text: str) -> dict[str, str]:
    """The body of each `## ` section by the version that its heading names."""
    parts = re.split(r"^## +\[?([^\]\s]+)\]?.*$", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def main(arguments: list[str]) -> str:
    """The notes; SystemExit with a sentence where there are none."""
    if len(arguments) > 1:
        raise SystemExit("usage: notes.py [VERSION]")
    known = sections((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    wanted = arguments[0].removeprefix("v") if arguments else __version__
    name = wanted if wanted in known or arguments else "Unreleased"
    if name not in known:
        raise SystemExit(f"CHANGELOG.md: there is no section `## {name}`; write one, or name one of {', '.join(known)}")
    if not known[name]:
        raise SystemExit(f"CHANGELOG.md: the section `## {name}` is empty; say what a user will notice")
    return known[name]


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1:])}\n")
