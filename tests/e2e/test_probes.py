"""Probes as a session opens them: scripts and keys are the default branch's, whatever branch is written (10.1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from promote.api import Where, open_session
from promote.clock import SystemClock
from promote.gates.run import RunCheck
from promote.image import Version
from promote.question import Probe, Probed
from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops

CONFIG = b"version: 1\napps: {web: {image: ghcr.io/acme/web}}\nenvironments: {dev: {path: dev}}\n"
QUESTION = Probe(RunCheck(("./smoke.sh",)), "dev", "web", Version("1.5.0"))


@pytest.fixture
def scripted(create: Create) -> Gitops:
    """A repository with a script and what it needs; on another branch the script is somebody's own."""
    made = create({"promote.yaml": CONFIG, "ci/lib.sh": b"echo ours\n", "lib": "ci/lib.sh"})
    for branch, text in (("main", b". ./lib\n"), ("feature", b"echo theirs\n")):
        if branch != "main":
            made.git("branch", branch, "main")
        script = b"#!/bin/sh\n" + text
        stream = (
            f"commit refs/heads/{branch}\ncommitter A <a@example.com> 1767614500 +0000\ndata 1\nm\n"
            f"from refs/heads/{branch}^0\nM 100755 inline smoke.sh\ndata {len(script)}\n"
        )
        made.raw("fast-import", "--quiet", stdin=stream.encode() + script + b"\n")
    return made


def probed(where: Where, environ: Mapping[str, str], *, allow_run: bool = True) -> object:
    with open_session(where, environ=environ, clock=SystemClock(), allow_run=allow_run) as session:
        return session.ask(frozenset({QUESTION}))[QUESTION]


@pytest.mark.parametrize("branch", [None, "feature"])
@pytest.mark.parametrize("named", [True, False])
def test_10_1_scripts_are_those_of_the_default_branch(
    branch: str | None,
    named: bool,
    scripted: Gitops,
    environ: Mapping[str, str],
    tmp_path: Path,
    leftovers: Callable[[], list[str]],
) -> None:
    (tmp_path / "other.yaml").write_bytes(CONFIG)
    where = Where(tmp_path, scripted.url, branch, tmp_path / "other.yaml" if named else None)
    assert probed(where, environ) == Probed("passed", "./smoke.sh passed: ours")
    assert leftovers() == []


def test_10_1_a_clone_runs_what_was_pushed(scripted: Gitops, environ: Mapping[str, str]) -> None:
    clone = scripted.clone()
    (clone / "smoke.sh").write_text("#!/bin/sh\necho mine\n")
    assert probed(Where(clone), environ) == Probed("passed", "./smoke.sh passed: ours")
    assert probed(Where(clone, files=True), environ) == Probed("passed", "./smoke.sh passed: mine")


def test_10_2_nothing_is_run_or_fetched_without_leave(
    scripted: Gitops, environ: Mapping[str, str], tmp_path: Path
) -> None:
    told = probed(Where(tmp_path, scripted.url), environ, allow_run=False)
    assert told == Probed("failed", "the command ./smoke.sh needs --allow-run; without it none is started")
    assert os.listdir(environ["TMPDIR"]) == []  # noqa: PTH208 (names are enough)
