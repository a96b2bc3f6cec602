"""Nothing that a command of a `run` check starts outlives it, however it leaves and however the command ends (10.2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.gates.run import RunCheck
from promote.probe import running
from tests.probe.conftest import QUESTION, Prober
from tests.servers.processes import is_alive, wait_until
from tests.shared import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans are nobody's to find")

# By each of them a child leaves: for its own session, without its variables, forked off twice, deaf to SIGTERM.
LEAVES = r"""
setsid sh -c 'echo $$ > 1.pid; exec sleep 60' &
env -i "PATH=$PATH" setsid sh -c 'echo $$ > 2.pid; exec sleep 60' > /dev/null 2>&1 &
(setsid sh -c 'sh -c "echo \$\$ > 3.pid; exec sleep 60" &' &)
setsid sh -c 'trap "" TERM HUP; echo $$ > 4.pid; for each in $(seq 300); do sleep 0.1; done' &
while ! test -s 1.pid -a -s 2.pid -a -s 3.pid -a -s 4.pid; do sleep 0.01; done
"""


def left(folder: Path) -> list[str]:
    pids = {name: int((folder / name).read_text()) for name in ("1.pid", "2.pid", "3.pid", "4.pid")}
    return [name for name, pid in pids.items() if is_alive(pid)]


def sh(script: str, seconds: float = 20.0) -> RunCheck:
    return RunCheck(("/bin/sh", "-c", script), timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("end", "seconds", "why"),
    [
        ("echo done", 20.0, "/bin/sh passed: done"),
        ("exit 3", 20.0, "/bin/sh failed with exit code 3"),
        ("kill -SEGV $$", 20.0, "/bin/sh failed with signal 11"),
        ("yes", 20.0, "/bin/sh said more than 16 MiB"),
        ("sleep 60", 1.5, "/bin/sh did not end within 1s; raise `timeout` if it needs longer"),
    ],
)
def test_10_2_what_leaves_ends_with_the_command(end: str, seconds: float, why: str, prober: Prober) -> None:
    """A child that called setsid survived the time-out of its gate."""
    probed = prober(sh(f"{LEAVES}{end}", seconds))
    assert (probed.why, left(prober.folder)) == (why, [])


def test_a_command_is_given_time_to_clean_up(prober: Prober) -> None:
    probed = prober(sh("trap 'echo cleaned > mark; exit 1' TERM; while :; do sleep 0.05; done", 1.0))
    assert "did not end within 1s" in probed.why
    assert (prober.folder / "mark").read_text() == "cleaned\n"


def test_a_command_that_is_deaf_to_sigterm_ends_after_its_grace(
    prober: Prober, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_GRACE", 0.2)
    began = time.monotonic()
    prober(sh(f"trap '' TERM; {LEAVES} for each in $(seq 600); do sleep 0.05; done", 1.0))
    assert time.monotonic() - began < 4
    assert left(prober.folder) == []


def test_what_leaves_ends_with_the_session(prober: Prober) -> None:
    probes = prober.open()
    question = replace(QUESTION, settings=sh(f"{LEAVES} touch ready; sleep 60"))
    thread = threading.Thread(target=probes.probe, args=(question,))
    thread.start()
    wait_until((prober.folder / "ready").exists)
    prober.stack.close()
    assert left(prober.folder) == []
    thread.join(5)


def test_what_leaves_ends_with_a_promote_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\nfrom promote.probe.running import Running\n"
        f"Running().run(('/bin/sh', '-c', {LEAVES + 'touch ready; sleep 60'!r}), cwd=Path({str(tmp_path)!r}),"
        f" env={{'PATH': {os.environ['PATH']!r}}}, seconds=60, cap_bytes=1, guarded=True)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        wait_until((tmp_path / "ready").exists)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_until(lambda: left(tmp_path) == [], seconds=10)


def test_what_is_no_program_says_so(prober: Prober) -> None:
    path = prober.folder / "smoke"
    path.write_text("echo without a first line\n")
    path.chmod(0o755)
    probed = prober(RunCheck(("./smoke",)))
    assert probed.why == "./smoke failed with exit code 126: ./smoke cannot be started: Exec format error"
