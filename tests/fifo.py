"""Pipes that nobody writes to, in the place of files: whoever opens one as a file waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def fifo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def promptly(call: Callable[[], T], seconds: float = 20.0) -> T:
    """What `call` gives or raises; a call that waits fails the test."""
    values: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            values.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread of the test
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it waits for a pipe"
    if raised:
        raise raised[0]
    return values[0]
