"""Build promote as a single file that Python runs, of the packages that are installed here. No network is needed.

Usage: pyz.py WHEEL FOLDER [EXTRA...]; WHEEL is promote's own. Some packages have compiled parts, so the file is good
for one version of Python and one kind of machine; its name, which is printed, says which.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

from installed import PROJECT, closure


def _copy(dist: Distribution, folder: Path) -> None:
    """The files of a distribution, but not its programs, which name the Python of this machine."""
    for each in dist.files or ():
        if ".." in each.parts or each.suffix == ".pyc":
            continue
        to = folder / each
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(str(dist.locate_file(each)), to)


def _suffix() -> str:
    return f"cp{sys.version_info.major}{sys.version_info.minor}-{sysconfig.get_platform()}".replace(".", "_")


def _shiv(packages: Path, made: Path) -> None:
    command = [
        *(sys.executable, "-m", "shiv", "--site-packages", str(packages), "--console-script", "promote"),
        *("--compressed", "--reproducible", "--extend-pythonpath", "--output-file", str(made)),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"shiv could not build {made}:\n{done.stdout}")


def main(wheel: Path, target: Path, extras: list[str]) -> Path:
    """The file."""
    found = closure(extras=extras)
    version = found.pop(PROJECT).dist.version
    target.mkdir(parents=True, exist_ok=True)
    made = target / f"promote-{version}-{_suffix()}.pyz"
    with tempfile.TemporaryDirectory() as above:
        packages = Path(above) / "packages"
        for each in found.values():
            _copy(each.dist, packages)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        _shiv(packages, made)
    return made


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])}\n")
