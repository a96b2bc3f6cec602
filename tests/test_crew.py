"""Many things at once, until they are answered or nobody waits for them any more."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from promote.clock import SystemClock
from promote.crew import at_once
from tests.clock import FakeClock


def test_nothing_asked_is_nothing_answered() -> None:
    assert list(at_once(str, [], jobs=4, clock=FakeClock())) == []


def test_what_is_not_answered_in_time_is_left_out() -> None:
    never = threading.Event()

    def ask(number: int) -> str:
        if number == 2:
            never.wait(20)
        return str(number)

    try:
        found = dict(at_once(ask, [1, 2, 3], jobs=2, clock=SystemClock(), seconds=0.3))
    finally:
        never.set()
    assert found == {1: "1", 3: "3"}


def test_what_has_not_begun_when_the_time_is_over_never_does() -> None:
    go = threading.Event()
    begun: list[int] = []

    def ask(number: int) -> None:
        begun.append(number)
        go.wait(20)

    threads = set(threading.enumerate())
    assert list(at_once(ask, [1, 2, 3], jobs=1, clock=SystemClock(), seconds=0.1)) == []
    go.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
    assert begun == [1]


def test_no_more_than_jobs_at_once() -> None:
    lock, busy, most = threading.Lock(), 0, 0

    def ask(_: int) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.005)
        with lock:
            busy -= 1

    assert len(list(at_once(ask, range(20), jobs=3, clock=SystemClock()))) == 20
    assert most == 3


@pytest.mark.parametrize("seconds", [5.0, 1e18])
def test_a_fault_is_raised_where_the_answer_is_waited_for(seconds: float) -> None:
    with pytest.raises(ZeroDivisionError):
        list(at_once(lambda number: 1 // number, [0], jobs=1, clock=SystemClock(), seconds=seconds))


def test_the_interpreter_does_not_wait_for_what_nobody_waits_for() -> None:
    script = (
        "import threading\nfrom promote.clock import SystemClock\nfrom promote.crew import at_once\n"
        "never = threading.Event()\n"
        "print(list(at_once(lambda _: never.wait(60), [1], jobs=1, clock=SystemClock(), seconds=0.1)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent.parent, capture_output=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == (b"[]\n", b"")
