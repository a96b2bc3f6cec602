"""A line on a terminal that says what is waited for; it comes after a second, and goes before anything else is said."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Mapping
from typing import TextIO

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN = "|/-\\"
_PATIENCE = 1.0
_PACE = 0.1


def is_wanted(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether somebody watches: a terminal that can take a line back, and no CI job, whose log would keep them all."""
    if stream is None or not stream.isatty():
        return False
    return environ.get("TERM", "dumb") != "dumb" and environ.get("CI", "").lower() in ("", "0", "false")


def _frames(stream: TextIO) -> str:
    try:
        _FRAMES.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return _PLAIN
    return _FRAMES


class Line:
    """What is under way now, drawn by a thread of its own; `tell` only notes it, and so may be called very often.

    Nothing is drawn before `patience` seconds have passed since the first word. Safe for threads.
    """

    def __init__(self, stream: TextIO | None, *, patience: float = _PATIENCE, pace: float = _PACE) -> None:
        self._stream = stream
        self._patience, self._pace = patience, pace
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._begun = False
        self._text = ""
        self._is_drawn = False

    @property
    def is_on(self) -> bool:
        """Whether anything is ever drawn."""
        return self._stream is not None

    def tell(self, text: str) -> None:
        """From now on this is what is under way; nothing is where the line is off."""
        self._text = text
        if not self.is_on:
            return
        with self._lock:
            if not self._begun and not self._over.is_set():
                self._begun = True
                threading.Thread(target=self._draw, name="promote-progress", daemon=True).start()

    def clear(self) -> None:
        """Takes the line away, since something else is about to be said; it comes back with the next word."""
        self._text = ""
        with self._lock:
            self._wipe()

    def end(self) -> None:
        """Takes it away for good."""
        self._over.set()
        self.clear()

    def _wipe(self) -> None:
        if self._is_drawn and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._is_drawn = False

    def _draw(self) -> None:
        stream = self._stream
        if stream is None:
            return
        frames, number = _frames(stream), 0
        wait = self._patience
        while not self._over.wait(wait):
            wait = self._pace
            with self._lock:
                text = self._text
                if not text or self._over.is_set():
                    continue
                number += 1
                room = shutil.get_terminal_size().columns - 4
                shown = "".join(char if char.isprintable() else "?" for char in text)[: max(room, 8)]
                try:
                    stream.write(f"\r\x1b[K{frames[number % len(frames)]} {shown}")
                    stream.flush()
                except (OSError, UnicodeError):  # the terminal is gone, or cannot show it: whoever speaks next tells
                    return
                self._is_drawn = True


def progress_line(*, quiet: bool, verbose: bool) -> Line:
    """The line of this run: off where nobody watches, where -q wants none, and where -v tells each request anyway."""
    stream = sys.stderr
    return Line(stream if not quiet and not verbose and is_wanted(stream, os.environ) else None)
