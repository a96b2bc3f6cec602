"""kubectl from the tests' own Python packages: kustomize as an oracle, and Go as a third reader of YAML."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"


def kustomize(folder: Path) -> str:
    """What `kubectl kustomize` renders from a folder."""
    done = subprocess.run([KUBECTL, "kustomize", folder], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(folder: Path, files: Mapping[str, bytes]) -> str:
    """The same, of these files."""
    for name, data in files.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return kustomize(folder)
