"""The built program as users run it: a process of its own, with an environment that holds what a test gives it."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promote.cli.main import main

TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Result:
    """How one run ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The JSON that is alone on stdout."""
        return json.loads(self.stdout)

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def messages(self) -> list[str]:
        """What is told on stderr, without the usage that stands above a mistake in the words."""
        return [line for line in self.stderr.splitlines() if line and not line.startswith(("Usage: ", "Try '"))]


def _ended(argv: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Result:
    done = subprocess.run(
        argv, cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert TRACEBACK not in result.output, result.output
    return result


def in_a_shell(command: str, cwd: Path, environ: Mapping[str, str]) -> Result:
    """How a line of bash ends."""
    return _ended(["bash", "-c", command], cwd, environ)


def words_of(command: str) -> list[str] | None:
    """What promote is given by a line of a shell; None where the line is more than one command of promote's."""
    if not command.startswith("promote ") or re.search(r"[$><|&;`]", re.sub(r"'[^']*'", "", command)):
        return None
    return shlex.split(command, comments=True)[1:]


@dataclass(frozen=True)
class Program:
    """Runs `promote` with `environ` and nothing else."""

    environ: Mapping[str, str]
    cwd: Path

    def __call__(self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
        argv = [sys.executable, "-m", "promote", *map(str, words)]
        return _ended(argv, cwd or self.cwd, {**self.environ, **(env or {})})

    def start(
        self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """The same, under way; whoever asks for it waits for its end."""
        return subprocess.Popen(
            [sys.executable, "-m", "promote", *map(str, words)],
            cwd=cwd or self.cwd,
            env={**self.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def on_a_terminal(self, *words: str | Path, cwd: Path | None = None, typed: str | None = None) -> Result:
        """The same, where stderr is a terminal, and stdin too where somebody has typed this."""
        ours, theirs = pty.openpty()
        if typed is not None:
            os.write(ours, typed.encode())
        seen = b""
        try:
            with subprocess.Popen(
                [sys.executable, "-m", "promote", *map(str, words)],
                cwd=cwd or self.cwd,
                env={**self.environ, "TERM": "xterm"},
                stdin=subprocess.DEVNULL if typed is None else theirs,
                stdout=subprocess.PIPE,
                stderr=theirs,
            ) as child:
                os.close(theirs)
                patience = threading.Timer(60, child.kill)
                patience.start()
                # So Linux says that the other side is closed.
                with suppress(OSError):
                    while more := os.read(ours, 4096):
                        seen += more
                stdout, _ = child.communicate()
                patience.cancel()
        finally:
            os.close(ours)
        result = Result(child.returncode, stdout.decode(), seen.decode())
        assert TRACEBACK not in result.output, result.output
        return result

    def ok(self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
        """The same, where anything but exit 0 is a fault."""
        result = self(*words, cwd=cwd, env=env)
        assert result.code == 0, result
        return result


@dataclass(frozen=True)
class Inside:
    """The same program within the test's own process: for tables of many runs."""

    environ: Mapping[str, str]
    cwd: Path

    def __call__(self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
        stdout, stderr = io.StringIO(), io.StringIO()
        logger = logging.getLogger("promote")
        on_term, threshold = signal.getsignal(signal.SIGTERM), gc.get_threshold()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
            patch.setattr(sys, "argv", ["promote", *map(str, words)])
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in {**self.environ, **(env or {})}.items():
                patch.setenv(name, value)
            patch.chdir(cwd or self.cwd)
            try:
                main()
            except SystemExit as end:
                code = end.code
            finally:
                signal.signal(signal.SIGTERM, on_term)
                gc.unfreeze()
                gc.set_threshold(*threshold)
                # -v asks for logs, for the whole of a process.
                logger.handlers.clear()
                logger.setLevel(logging.NOTSET)
        assert isinstance(code, int)
        result = Result(code, stdout.getvalue(), stderr.getvalue())
        assert TRACEBACK not in result.output, result.output
        return result

    def ok(self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
        """The same, where anything but exit 0 is a fault."""
        result = self(*words, cwd=cwd, env=env)
        assert result.code == 0, result
        return result
