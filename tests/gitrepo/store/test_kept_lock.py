"""Who holds the lock of a kept store: a run, and whatever it has started there, even where the run itself is killed."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from tests.gitrepo.person import Person
from tests.servers.githttp import Fault, GitHttp
from tests.servers.processes import wait_until

NOW = 1_800_000_000.0
RUN = """
import json, sys
from pathlib import Path
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.url import parse

url, cache, environ = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
git = Git(environ, deadline_seconds=60).to(parse(url, base=cache), secrets=frozenset())
with open_store(git, cache=cache, now=1_800_000_000.0) as store:
    store.need("main")
"""


@pytest.fixture
def remote(other: Person, server: GitHttp, reach: Callable[[str], Git]) -> Git:
    return reach(server.url("gitops.git"))


@pytest.fixture
def is_in_use(remote: Git, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[[], bool]:
    """Whether a run that begins now finds the store in use by another; it reads the branch in either case."""

    def ask() -> bool:
        caplog.clear()
        with caplog.at_level(logging.INFO, "promote.git"), open_store(remote, cache=tmp_path, now=NOW) as store:
            assert store.tip("main") is not None
        return any("is in use by another run" in record.getMessage() for record in caplog.records)

    return ask


def test_what_a_killed_run_has_started_keeps_others_out_until_it_ends(
    remote: Git, other: Person, server: GitHttp, tmp_path: Path, is_in_use: Callable[[], bool]
) -> None:
    assert not is_in_use()
    other.push({"README": b"new"})
    answered = threading.Event()
    # The third exchange with the remote is the fetch itself, after two looks at where the branches are.
    orders = [None, None, Fault("git-upload-pack", until=answered)]
    server.schedule = lambda method, target: orders.pop(0) if method == "POST" and orders else None
    killed = subprocess.Popen(
        [sys.executable, "-c", RUN, server.url("gitops.git"), str(tmp_path), json.dumps(dict(remote.environ))]
    )
    try:
        wait_until(lambda: not orders)
    finally:
        killed.kill()
        killed.wait()
    try:
        assert is_in_use()
    finally:
        answered.set()
    wait_until(lambda: not is_in_use())


def test_a_daemon_that_a_fetch_has_started_keeps_nobody_out(
    remote: Git, tmp_path: Path, is_in_use: Callable[[], bool]
) -> None:
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    # As git-credential-cache's daemon: with a session of its own, and all open files of the fetch.
    program.write_text(
        f'#!/bin/sh\nsetsid sleep 3 <&- >&- 2>&- &\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    haunted = replace(remote, environ={**remote.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"})
    with open_store(haunted, cache=tmp_path, now=NOW) as store:
        assert store.tip("main") is not None
    assert not is_in_use()
