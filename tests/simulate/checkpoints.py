"""Runs that are killed at a place of one's choice: at the n-th start or end of a process, or step of promote's own.

Every program that promote or git starts is stood before by a script, which counts and kills; and promote's own steps on
the disk are counted by an audit hook. So nothing is left to timing: the n-th is the same one in each run.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Victim = Literal["leader", "group", "child", "interrupted", "terminated"]
_SECONDS = 60.0
_HELPERS = ("git-remote-http", "git-remote-https")

# A file a checkpoint, made by whoever gets there first: that counts without a lock. Descriptor 9 tells the test who is
# still alive: it is closed when the last of them has ended.
_STAND_IN = """#!/bin/sh
exec 9>{place}/alive
set -C
reach() {{
  n=1
  until {{ command : >{place}/$n; }} 2>/dev/null; do n=$((n + 1)); done
  [ "$n" = {at} ] || return 0
  case {victim} in
    leader) read -r leader <{place}/leader; kill -KILL "$leader" ;;
    group) read -r leader <{place}/leader; kill -KILL "$leader"; kill -KILL 0 ;;
    child) kill -KILL 0 ;;
    interrupted) read -r leader <{place}/leader; kill -INT "$leader" ;;
    terminated) read -r leader <{place}/leader; kill -TERM "$leader" ;;
  esac
}}
reach
{program} "$@"
code=$?
reach
exit $code
"""
_LEADER = 'echo $$ >"$0" && exec "$@"'
_OWN = """
import atexit, os, pathlib, runpy, signal, sys
at, reached = int(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
events = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree", "subprocess.Popen"}
count = 0
def hook(event, args):
    global count
    if event in events or event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
atexit.register(lambda: reached.write_text(str(count)))
sys.addaudithook(hook)
runpy.run_module("promote", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Stopped:
    """How a run ended, and how many checkpoints it reached."""

    code: int
    output: str
    reached: int


def _stand_ins(place: Path, at: int, victim: Victim) -> Path:
    """A folder with every program of git: those that can be started by name come with their checkpoints."""
    git = shutil.which("git")
    assert git is not None
    real = Path(subprocess.run([git, "--exec-path"], capture_output=True, check=True, text=True).stdout.strip())
    folder = place / "bin"
    folder.mkdir()
    for program in real.iterdir():
        (folder / program.name).symlink_to(program)
    for name, program in (("git", Path(git)), *((name, real / name) for name in _HELPERS)):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(_STAND_IN.format(place=place, at=at, victim=victim, program=program))
        (folder / name).chmod(0o755)
    return folder


def _all_ended(alive: int) -> None:
    """Waits until no program that the run started is alive."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        readable, _, _ = select.select([alive], [], [], 1.0)
        if readable and not os.read(alive, 1):
            return
    raise AssertionError("a process that the run started goes on")


def run_to_child(
    words: Sequence[str], place: Path, *, at: int, victim: Victim, environ: Mapping[str, str], cwd: Path
) -> Stopped:
    """`promote WORDS`, where at the `at`-th start or end of a process the `victim` is killed; 0 kills nobody.

    The victim is promote alone, promote with all that it started, or one child with what that started; or promote is
    sent a signal that it may answer. `place` is a new folder. It returns when all that the run started has ended.
    """
    place.mkdir()
    os.mkfifo(place / "alive")
    alive = os.open(place / "alive", os.O_RDONLY | os.O_NONBLOCK)
    # As long as this is open, the end of one process is not taken for that of all.
    held = os.open(place / "alive", os.O_WRONLY)
    folder = _stand_ins(place, at, victim)
    env = {**environ, "PATH": f"{folder}:{environ['PATH']}", "GIT_EXEC_PATH": str(folder)}
    try:
        child = subprocess.Popen(
            ["sh", "-c", _LEADER, str(place / "leader"), sys.executable, "-m", "promote", *words],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # What is in promote's own group is killed with it, and nothing else.
            start_new_session=True,
        )
        output = child.communicate(timeout=_SECONDS)[0].decode()
        os.close(held)
        held = -1
        _all_ended(alive)
    finally:
        os.close(alive)
        if held >= 0:
            os.close(held)
    reached = sum(path.name.isdecimal() for path in place.iterdir())
    shutil.rmtree(place)
    return Stopped(child.returncode, output, reached)


def run_to_step(words: Sequence[str], place: Path, *, at: int, environ: Mapping[str, str], cwd: Path) -> Stopped:
    """`promote WORDS`, killed before its own `at`-th step that changes the disk or starts a process; 0: never."""
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-B", "-c", _OWN, str(at), str(place / "reached"), *words],
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    told = place / "reached"
    reached = int(told.read_text()) if told.exists() else at
    shutil.rmtree(place)
    return Stopped(done.returncode, done.stdout.decode(), reached)


def was_killed(stopped: Stopped) -> bool:
    return stopped.code == -signal.SIGKILL
