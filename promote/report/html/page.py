"""A board → the page: the template is filled, and what it may load, which is nothing, is written into its head.

The policy is that of Content Security Policy Level 3, section 3.3 (`meta`) and 2.3.1 (hashes of what stands inline).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from promote.moment import show_minute, show_moment
from promote.report.html.view import page
from promote.wording.links import Link

if TYPE_CHECKING:
    from promote.board import Board


def _part(name: str) -> str:
    return files("promote.report.html").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def board(drawn: Board, *, title: str, links: Sequence[Link] = ()) -> str:
    """The whole page (`status -o html`); other people's text in it does nothing."""
    from jinja2 import Environment, StrictUndefined

    style, script = _part("board.css"), _part("board.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["minute"] = show_minute
    made.filters["moment"] = show_moment
    return made.from_string(_part("board.html.jinja")).render(
        page=page(drawn, title, links),
        policy=policy,
        style=style,
        script=script,
    )
