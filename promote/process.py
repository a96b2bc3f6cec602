"""The one place that starts child processes: no shell, the caller's environment and no other, a deadline, a cap.

(Of the commands of `run` checks it starts the warden, which starts them: promote/probe/warden.py.)

A child gets a session of its own, so that it has no terminal to ask questions at and so that whatever it starts can be
ended with it. Nothing of that session is left behind: not after a time-out, not after ^C, not after a clean exit.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Literal, Self

from promote.clock import REAL
from promote.errors import GitError, PromoteError

# What a child says on stderr is for messages: the beginning is enough, the rest is read and dropped.
STDERR_CAP = 64 << 10
CHUNK = 1 << 16
# How long a child may take to clean up (git removes its lock files) between SIGTERM and SIGKILL.
_GRACE_SECONDS = 2.0


Cut = Literal["deadline", "too much output", "stopped"]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended, after how many `seconds`; `cut` says why not by itself, and then `code` is never 0."""

    code: int
    stdout: bytes
    stderr: bytes
    cut: Cut | None = None
    seconds: float = field(default=0.0, compare=False)


def _ended(child: subprocess.Popen[bytes]) -> bool:
    # WNOWAIT leaves a zombie that keeps the group's number taken: the group can still be signalled without a race.
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody but the zombie is left; macOS says that with EPERM


def _over(until: float, stop: threading.Event | None) -> Cut | None:
    if stop is not None and stop.is_set():
        return "stopped"
    return "deadline" if REAL.monotonic() >= until else None


def _await_end(child: subprocess.Popen[bytes], until: float, stop: threading.Event | None = None) -> bool:
    pause = 0.0005
    while not _ended(child):
        if _over(until, stop) is not None:
            return False
        REAL.sleep(pause)
        pause = min(pause * 2, 0.02)
    return True


def end(child: subprocess.Popen[bytes], *, at_once: bool, grace: float | None = None) -> int:
    """The exit code of a child, which is gone now with all that it started; it is given time unless `at_once`."""
    try:
        if not at_once:
            _signal_group(child, signal.SIGTERM)
            _await_end(child, REAL.monotonic() + (_GRACE_SECONDS if grace is None else grace))
    finally:
        _signal_group(child, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
    return child.returncode


class _Pipes:
    """The three ends of a child, none of which can block us."""

    def __init__(self, child: subprocess.Popen[bytes], stdin: bytes | None, cap: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self._cap = cap
        self._left = memoryview(stdin or b"")
        self._selector = selectors.DefaultSelector()
        for pipe, event in (
            (child.stdin, selectors.EVENT_WRITE),
            (child.stdout, selectors.EVENT_READ),
            (child.stderr, selectors.EVENT_READ),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, event, pipe is child.stdout)

    def _feed(self, key: selectors.SelectorKey) -> None:
        try:
            self._left = self._left[os.write(key.fd, self._left[:CHUNK]) :]
        except BrokenPipeError:
            self._left = self._left[:0]  # the child has heard enough; its exit code says whether that is a fault
        except BlockingIOError:
            return
        if not self._left:
            self._close(key)

    def _take(self, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._close(key)
        elif key.data:
            self.stdout += data
        else:
            self.stderr += data[: max(0, STDERR_CAP - len(self.stderr))]

    def _close(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fileobj)
        if not isinstance(key.fileobj, int):
            key.fileobj.close()  # type: ignore[attr-defined]  # it is one of Popen's pipes

    def pump(self, seconds: float) -> bool:
        """Moves what can be moved within `seconds`; whether anything moved."""
        ready = self._selector.select(max(0.0, seconds))
        for key, event in ready:
            if event & selectors.EVENT_WRITE:
                self._feed(key)
            else:
                self._take(key)
        return bool(ready)

    def drain(self, until: float) -> None:
        """Takes what is there by now."""
        while self.pump(0) and not self.full and REAL.monotonic() < until:
            pass

    @property
    def open(self) -> bool:
        return bool(self._selector.get_map())

    @property
    def full(self) -> bool:
        return len(self.stdout) > self._cap

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()


def _converse(child: subprocess.Popen[bytes], pipes: _Pipes, until: float, stop: threading.Event | None) -> Cut | None:
    while pipes.open:
        if pipes.full:
            return "too much output"
        cut = _over(until, stop)
        if cut is not None:
            return cut
        # A grandchild may hold a pipe open (ssh's ControlPersist does): the child's own end is what counts.
        if not pipes.pump(min(until - REAL.monotonic(), 0.05)) and _ended(child):
            # What it said between these two looks, as its last words, is still in the pipes.
            pipes.drain(until)
            break
    if pipes.full:
        return "too much output"
    return None if _await_end(child, until, stop) else _over(until, stop)


@contextmanager
def undisturbed() -> Iterator[None]:
    """^C and its like wait for the end of this: of a child whose start they broke off nobody would know."""
    if threading.current_thread() is not threading.main_thread():
        yield  # they only ever reach the main thread
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda told, frame: came.append((told, frame)))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        # Here, so that they are not lost where the start failed.
        for told, frame in came:
            ours[signal.Signals(told)](told, frame)


def missing(program: str, fault: type[PromoteError]) -> PromoteError:
    """The error for a program that is not there."""
    return fault(f"there is no program {program!r}", cure="install it, or put its folder on PATH")


def start(
    argv: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str],
    *,
    fed: bool,
    fault: type[PromoteError],
    inherits: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """A child with a session of its own, three pipes (no stdin unless `fed`), and no other environment than `env`.

    Of our open files it and what it starts have those that it `inherits`, and no others.
    """
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            pass_fds=tuple(inherits),
        )
    except FileNotFoundError as exc:
        if cwd is not None and not cwd.is_dir():
            raise fault("is not a folder that is there", where=str(cwd), cure="name another") from exc
        raise missing(argv[0], fault) from exc
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "its arguments cannot be passed on"
        raise fault(f"{argv[0]!r} cannot be started: {why}") from exc


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None,
    env: Mapping[str, str],
    stdin: bytes | None = None,
    deadline_seconds: float,
    cap_bytes: int,
    fault: type[PromoteError] = GitError,
    stop: threading.Event | None = None,
    inherits: Sequence[int] = (),
    grace: float | None = None,
) -> Finished:
    """What became of `argv`, which saw `env` and nothing else; `fault` is raised where it could not even be started.

    It is ended when `stop` is set: ^C reaches the main thread alone, and this may be another one. To clean up when it
    is told to end it is given `grace` seconds, or what all are given.
    """
    began = REAL.monotonic()
    until = began + deadline_seconds
    child: subprocess.Popen[bytes] | None = None
    at_once = False
    code = 0
    try:
        with undisturbed():
            child = start(argv, cwd, env, fed=stdin is not None, fault=fault, inherits=inherits)
        with _Pipes(child, stdin, cap_bytes) as pipes:
            cut = _converse(child, pipes, until, stop)
            at_once = cut is None
    finally:
        # Also on ^C.
        if child is not None:
            code = end(child, at_once=at_once, grace=grace)
    if cut is not None:
        code = code or -signal.SIGTERM  # it may have ended well while it was being ended
    return Finished(code, bytes(pipes.stdout), bytes(pipes.stderr), cut, REAL.monotonic() - began)
