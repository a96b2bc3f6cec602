from __future__ import annotations

from pathlib import Path

import pytest

from promote.gitrepo.clone.workdir import Workdir, find
from promote.gitrepo.command.git import Git


@pytest.fixture
def git(environ: dict[str, str]) -> Git:
    return Git(environ, deadline_seconds=20)


def found(directory: Path, git: Git) -> Workdir:
    """The clone that a folder is in."""
    workdir = find(directory, git=git)
    assert workdir is not None
    return workdir
