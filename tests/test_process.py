from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import promote.process
from promote.errors import GitError, RegistryError
from promote.process import Finished, run
from tests.servers.processes import interrupted_at_start, is_alive, wait_until

ENV = {"PATH": os.environ["PATH"]}


def sh(script: str, *, stdin: bytes | None = None, seconds: float = 10, cap: int = 1 << 20) -> Finished:
    return run(["sh", "-c", script], cwd=None, env=ENV, stdin=stdin, deadline_seconds=seconds, cap_bytes=cap)


def assert_ends(pid: int) -> None:
    wait_until(lambda: not is_alive(pid), seconds=5)


def test_a_missing_program_is_the_callers_error() -> None:
    with pytest.raises(RegistryError, match="no program 'no-such-program'; install it"):
        run(["no-such-program"], cwd=None, env=ENV, deadline_seconds=1, cap_bytes=1, fault=RegistryError)


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a folder that is there"):
        run(["true"], cwd=tmp_path / "gone", env=ENV, deadline_seconds=1, cap_bytes=1)


def test_arguments_that_cannot_be_passed_on_are_an_error_of_ours() -> None:
    with pytest.raises(GitError, match="cannot be started"):
        run(["true", "a\0b"], cwd=None, env=ENV, deadline_seconds=1, cap_bytes=1)


def test_code_and_both_outputs() -> None:
    assert sh("echo out; echo err >&2; exit 3") == Finished(3, b"out\n", b"err\n")


def test_nothing_is_read_from_our_stdin() -> None:
    assert sh("cat").stdout == b""


def test_large_input_and_output_do_not_block_each_other() -> None:
    data = os.urandom(1 << 19)
    assert sh("cat", stdin=data).stdout == data


def test_a_child_that_does_not_read_its_input() -> None:
    assert sh("exec 0<&-; exit 4", stdin=b"x" * (1 << 20)).code == 4


def test_the_environment_is_the_callers_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAK", "1")
    assert b"LEAK" not in sh("env").stdout


def test_too_much_output_ends_the_child() -> None:
    finished = sh("yes", cap=1000)
    assert finished.cut == "too much output"
    assert finished.code != 0


def test_much_on_stderr_is_dropped_and_no_fault() -> None:
    finished = sh("yes | head -c 1000000 >&2")
    assert (finished.code, len(finished.stderr)) == (0, 64 << 10)


def test_a_deadline_ends_the_child_and_what_it_started() -> None:
    began = time.monotonic()
    finished = sh("sleep 60 & echo $!; wait", seconds=0.3)
    assert (finished.cut, finished.code != 0) == ("deadline", True)
    assert time.monotonic() - began < 3
    assert_ends(int(finished.stdout))


def test_a_deadline_is_kept_though_sigterm_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.process._GRACE_SECONDS", 0.2)
    finished = sh("trap '' TERM; echo $$; while :; do sleep 0.05; done", seconds=0.3)
    assert finished.cut == "deadline"
    assert_ends(int(finished.stdout))


def test_a_child_that_closed_its_outputs_has_a_deadline_too() -> None:
    assert sh("exec >&- 2>&-; sleep 60", seconds=0.3).cut == "deadline"


def test_a_clean_exit_leaves_nothing_running_behind() -> None:
    began = time.monotonic()
    finished = sh("sleep 60 & echo $!")
    assert finished.code == 0
    assert time.monotonic() - began < 3
    assert_ends(int(finished.stdout))


def test_interrupt_leaves_no_child(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
from promote.process import run
run(["sh", "-c", "echo $$ > {note}.part; mv {note}.part {note}; sleep 60"], cwd=None, env={ENV!r},
    deadline_seconds=60, cap_bytes=1)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.DEVNULL, cwd=Path(__file__).parent.parent
    )
    try:
        wait_until(note.exists, seconds=10)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(timeout=10) != 0
    finally:
        parent.kill()
        parent.wait()
    assert_ends(int(note.read_text()))


def test_last_words_are_heard_that_come_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    # The pipes were silent, then the child spoke and ended, then it was looked whether it has ended.
    ended = promote.process._ended

    def late(child: subprocess.Popen[bytes]) -> bool:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        return ended(child)

    monkeypatch.setattr("promote.process._ended", late)
    assert sh("sleep 0.2; echo said; echo also >&2") == Finished(0, b"said\n", b"also\n")


def test_an_interrupt_as_a_child_starts_leaves_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """^C that came while a child was being started left it running, and known to nobody."""
    handler = signal.getsignal(signal.SIGINT)
    started = interrupted_at_start(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(["sleep", "60"], cwd=None, env={"PATH": os.environ["PATH"]}, deadline_seconds=30, cap_bytes=1)
    assert not is_alive(started[0])
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupt_as_a_child_fails_to_start_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: Any, **kwargs: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "Popen", failing)
    with pytest.raises(KeyboardInterrupt):
        run(["nothing"], cwd=None, env=ENV, deadline_seconds=30, cap_bytes=1)


@pytest.mark.parametrize("script", ["echo $$; sleep 60", "echo $$; exec >&- 2>&-; sleep 60"])
def test_a_child_is_ended_when_somebody_says_stop(script: str) -> None:
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    finished = run(["sh", "-c", script], cwd=None, env=ENV, deadline_seconds=30, cap_bytes=100, stop=stop)
    timer.join()
    assert (finished.cut, finished.code != 0) == ("stopped", True)
    assert_ends(int(finished.stdout))
