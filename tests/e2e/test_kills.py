"""Runs that are killed: nothing is half-done, the next run completes, and nothing piles up.

Here at some of the checkpoints of each way of writing; `make simulate` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers.githttp import GitHttp
from tests.simulate.checkpoints import Victim
from tests.simulate.kills import Ground, How


@pytest.mark.parametrize(
    ("how", "victim", "count"),
    [
        # kill -9 of promote and all that it started, as when a container is stopped
        ("repo", "group", 3),
        ("cache", "group", 2),
        ("no-push", "group", 2),
        # of promote alone: what it started goes on
        ("repo", "leader", 2),
        ("clone", "leader", 2),
        # of a git under it: promote says so, or tries again
        ("repo", "child", 2),
        # ^C, and what a cancelled job is sent
        ("repo", "interrupted", 2),
        ("repo", "terminated", 2),
        # before a step of promote's own: each file is the old one or the new one
        ("write-only", None, 4),
    ],
)
def test_a_killed_run_leaves_the_old_state_or_the_new_one(
    how: How, victim: Victim | None, count: int, server: GitHttp, environ: Mapping[str, str], tmp_path: Path
) -> None:
    ground = Ground(how, tmp_path, server, environ)
    checkpoints = ground.checkpoints(victim)
    # From the last one back: there a push arrives and is told of.
    chosen = checkpoints[:: -max(1, len(checkpoints) // count)]
    assert len(chosen) >= 2
    killed = [ground.killed_at(at, victim) for at in chosen]
    assert any(killed)
