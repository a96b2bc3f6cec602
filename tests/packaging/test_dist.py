"""The wheel, the source distribution and the single file: what is in them, and that they run where nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from promote import __version__
from promote.demo.sandbox import build
from tests.packaging.conftest import READ_BY_BUILD, Built
from tests.shared import ROOT

STEM = f"gitops_promote-{__version__}"
CODE = {
    str(path.relative_to(ROOT))
    for path in (ROOT / "promote").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
EVERY_MODULE = """
import importlib, pkgutil, promote
names = [each.name for each in pkgutil.walk_packages(promote.__path__, "promote.")]
for name in names:
    if name != "promote.__main__":
        importlib.import_module(name)
print(promote.__file__, len(names))
"""


def test_what_is_in_the_wheel(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.startswith(f"{STEM}.dist-info/")}
    assert "promote/py.typed" in CODE
    assert names - about == CODE
    assert f"{STEM}.dist-info/licenses/LICENSE" in about


def test_what_is_in_the_source_distribution(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {each.name.removeprefix(f"{STEM}/") for each in archive if each.isfile()}
    own = {name for name in names if not name.startswith("gitops_promote.egg-info/")}
    assert own == {*CODE, *READ_BY_BUILD, "PKG-INFO", "setup.cfg"}


def test_the_wheel_runs_in_an_environment_that_has_what_it_asks_for_and_nothing_else(
    built: Built, tmp_path: Path, closure: Callable[..., dict[str, Any]]
) -> None:
    venv, needed = tmp_path / "venv", tmp_path / "needed"
    _run(sys.executable, "-m", "venv", "--without-pip", venv)
    _run(sys.executable, "-m", "pip", f"--python={venv}/bin/python", "install", "--no-deps", "--no-index", built.wheel)
    needed.mkdir()
    for name, each in closure().items():
        if name != "gitops-promote":
            for top in {file.parts[0] for file in each.dist.files if file.parts[0] != ".."}:
                if not (needed / top).exists():
                    (needed / top).symlink_to(each.dist.locate_file(top))
    (packages,) = (venv / "lib").glob("python*/site-packages")
    (packages / "needed.pth").write_text(f"{needed}\n")
    assert _run(venv / "bin" / "promote", "--version") == f"promote, version {__version__}\n"
    where, count = _run(venv / "bin" / "python", "-I", "-c", EVERY_MODULE).split()
    assert where == str(packages / "promote" / "__init__.py")
    assert int(count) > 300


def test_the_single_file_runs(built: Built, tmp_path: Path) -> None:
    made = Path(_run(sys.executable, ROOT / ".ci" / "pyz.py", built.wheel, tmp_path / "dist").strip())
    version = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert made.name.startswith(f"promote-{__version__}-{version}-")
    assert os.access(made, os.X_OK)
    # The Python below this environment knows nothing of promote, nor of what it needs.
    python = Path(sys.base_prefix) / "bin" / "python3"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SHIV_ROOT": str(tmp_path / "unpacked")}
    assert _run(python, made, "--version", env=environ) == f"promote, version {__version__}\n"
    clone = build(tmp_path / "sandbox", {}).clone
    shown = _run(python, made, "set", "dev", "web=1.5.0", "--dry-run", cwd=clone, env=environ)
    assert "1.5.0" in shown
    assert "dry run: nothing was written" in shown
    assert list((tmp_path / "unpacked").glob(f"{made.name}_*/site-packages/promote/cli/main.py"))


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout if command[0] == sys.executable else done.stdout + done.stderr
