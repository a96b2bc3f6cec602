"""Each module can be imported first, without a warning; and start-up imports only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.modules import modules
from tests.shared import ROOT

# What --help can do without: each of them costs 0.06 to 0.2 s.
HEAVY = ("git", "requests", "rich", "jinja2")
# What `find` can do without where there is no repository: what plans, asks registries or pushes.
WRITING = ("git", "requests", "jinja2", "promote.plan", "promote.publish", "promote.gather", "promote.gitrepo.remote")

HELP = f"""
import sys
sys.argv = ["promote", "--help"]
from promote.cli.main import main
code = 0
try:
    code = main()
except SystemExit as stop:
    code = stop.code
heavy = [name for name in {HEAVY!r} if name in sys.modules]
sys.stderr.write("exit %r, imported %r" % (code or 0, heavy))
"""

FIND = HELP.replace('"--help"', '"find", "-C", sys.argv[1]').replace(repr(HEAVY), repr(WRITING))


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("name", modules())
def test_imports_alone_without_a_warning(name: str) -> None:
    ran = _python("-W", "error", "-c", f"import {name}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_help_imports_nothing_heavy() -> None:
    ran = _python("-c", HELP)
    assert ran.stderr == "exit 0, imported []"
    assert "Usage: promote" in ran.stdout


def test_find_outside_of_a_repository_imports_nothing_that_writes(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("image: ghcr.io/acme/web:1.0\n")
    ran = _python("-c", FIND, str(tmp_path))
    assert ran.stderr == "exit 0, imported []"
    assert "ghcr.io/acme/web" in ran.stdout
