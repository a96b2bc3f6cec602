"""Each module can be imported first, without a warning; and start-up imports only what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.modules import modules
from tests.shared import ROOT

# What --help can do without: each of them costs 0.06 to 0.2 s.
HEAVY = ("git", "requests", "rich", "jinja2")

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
