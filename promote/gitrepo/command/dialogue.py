"""A child process that is asked again and again: a question written, an answer read, each within a deadline."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from promote.clock import REAL
from promote.errors import GitError, PromoteError
from promote.process import CHUNK, STDERR_CAP, Finished, end, start, undisturbed


class Ended(Exception):
    """The child has ended, or was ended, in the midst of an answer."""

    def __init__(self, finished: Finished) -> None:
        super().__init__("the child has ended")
        self.finished = finished


class Dialogue:
    """One child; whoever opens it closes it. `fault` is raised where it could not even be started."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None,
        env: Mapping[str, str],
        deadline_seconds: float,
        fault: type[PromoteError] = GitError,
    ) -> None:
        self._deadline_seconds = deadline_seconds
        self._stderr = bytearray()
        self._selector = selectors.DefaultSelector()
        child: subprocess.Popen[bytes] | None = None
        try:
            with undisturbed():
                child = self._child = start(argv, cwd, env, fed=True, fault=fault)
        except BaseException:
            self._selector.close()
            # ^C, which came as it was being started: nobody will ever close it.
            if child is not None:
                self._end()
            raise
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, selectors.EVENT_READ)
        if self._child.stdin is not None:
            os.set_blocking(self._child.stdin.fileno(), False)

    def ask(self, question: bytes, *, lines: int = 0, size: int = 0) -> bytes:
        """What the child answers, once that is at least `lines` lines and `size` bytes; Ended where it is not.

        The question is written while the answer is read: neither side can block the other.
        """
        until = REAL.monotonic() + self._deadline_seconds
        answer = bytearray()
        left, wanted = memoryview(question), lines
        stdin = self._child.stdin
        if left and stdin is not None:
            self._selector.register(stdin, selectors.EVENT_WRITE)
        try:
            while left or wanted > 0 or len(answer) < size:
                for key, _ in self._selector.select(max(0.0, until - REAL.monotonic())):
                    if key.fileobj is stdin:
                        left = self._feed(key.fd, left)
                        if not left:
                            self._selector.unregister(key.fileobj)
                        continue
                    data = self._taken(key)
                    answer += data
                    wanted -= data.count(b"\n") if lines else 0
                if REAL.monotonic() >= until:
                    raise Ended(self._finished(cut=True))
        finally:
            if left and stdin is not None:
                self._selector.unregister(stdin)
        return bytes(answer)

    def _feed(self, number: int, left: memoryview) -> memoryview:
        try:
            return left[os.write(number, left[:CHUNK]) :]
        except BrokenPipeError:
            return left[:0]  # its end is seen where it is read from
        except BlockingIOError:
            return left

    def _taken(self, key: selectors.SelectorKey) -> bytes:
        """What has come on stdout; what comes on stderr is kept for messages."""
        try:
            data = os.read(key.fd, CHUNK)
        except BlockingIOError:
            return b""
        if key.fileobj is self._child.stdout:
            if not data:
                raise Ended(self._finished(cut=False))
            return data
        if not data:
            self._selector.unregister(key.fileobj)
        self._stderr += data[: max(0, STDERR_CAP - len(self._stderr))]
        return b""

    def _finished(self, *, cut: bool) -> Finished:
        if self._child.stderr is not None:
            # What it had to say, if anything, was said before its output ended.
            with suppress(BlockingIOError):
                self._stderr += os.read(self._child.stderr.fileno(), CHUNK)
        return Finished(self._end() or 1, b"", bytes(self._stderr), "deadline" if cut else None)

    def _end(self) -> int:
        if self._child.returncode is None:  # else its number may be another's by now
            end(self._child, at_once=True)
        return self._child.returncode

    def close(self) -> None:
        """Ends the child, whatever it does."""
        self._selector.close()
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
