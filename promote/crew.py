"""A crew of threads: many things are asked at once, and what comes is handed on as it comes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from promote.clock import Clock

T = TypeVar("T")
R = TypeVar("R")


def at_once(
    ask: Callable[[T], R], things: Sequence[T], *, jobs: int, clock: Clock, seconds: float = math.inf
) -> Iterator[tuple[T, R]]:
    """Each thing with what `ask` says of it, in the order of the answers; fewer where the `seconds` are over by then.

    What `ask` raises is raised here. Nobody waits for what is still open then, or after ^C: not even the interpreter,
    when it ends.
    """
    until = clock.monotonic() + seconds
    waiting: SimpleQueue[T] = SimpleQueue()
    done: SimpleQueue[tuple[T, R] | BaseException] = SimpleQueue()
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                thing = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put((thing, ask(thing)))
            except BaseException as exc:  # noqa: BLE001 (it is raised where the answer is waited for)
                done.put(exc)

    for thing in things:
        waiting.put(thing)
    for number in range(min(jobs, len(things))):
        threading.Thread(target=work, name=f"promote-crew-{number}", daemon=True).start()
    try:
        for _ in things:
            left = max(until - clock.monotonic(), 0.0)
            try:
                told = done.get(timeout=None if left > threading.TIMEOUT_MAX else left)
            except Empty:
                return
            if isinstance(told, BaseException):
                raise told
            yield told
    finally:
        over.set()
