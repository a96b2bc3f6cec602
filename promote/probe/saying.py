"""What servers and commands say, as it may stand in a reason: one line, of a length, without a secret."""

from __future__ import annotations

import re

from promote.transport import Veil

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_BREAK = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_LONGEST = 200


def said(text: str, veil: Veil, *, limit: int = _LONGEST) -> str:
    """`text` on one line; hidden before it is cut, for nobody knows the half of a secret."""
    # Half a character, which JSON lets a server say, could be written nowhere.
    whole = text.encode("utf-8", "replace").decode()
    shown = veil.hide(_BREAK.sub(" ", _ESCAPE.sub("", whole)).strip())
    return shown if len(shown) <= limit else f"{shown[:limit]}…"


def last_line(stdout: bytes, stderr: bytes) -> str:
    """The last line of what a program said: of its complaints, if it has any."""
    for output in (stderr, stdout):
        lines = [line for line in output.decode("utf-8", "replace").splitlines() if _BREAK.sub("", line)]
        if lines:
            return lines[-1]
    return ""
