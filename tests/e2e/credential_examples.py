"""What stands under the titles of a page's chapter on credentials: settings, and commands to run with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.shared import ROOT

_TITLE = re.compile(r"^### (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(yaml|sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """What stands under one title: a part of a promote.yaml, if there is one before it, and commands."""

    title: str
    config: str
    script: str


def examples(page: str, until: str) -> Iterator[Example]:
    """The examples of docs/PAGE between its chapter on credentials and the chapter `until`."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    credentials = text[text.index("\n## Credentials\n") : text.index(f"\n## {until}\n")]
    pieces = _TITLE.split(credentials)
    for title, below in zip(pieces[1::2], pieces[2::2], strict=True):
        config = ""
        for kind, body in _BLOCK.findall(below):
            if kind == "yaml":
                config = body
            elif kind == "sh" or re.search(r"^promote ", body, re.MULTILINE):
                yield Example(title, config, body)
