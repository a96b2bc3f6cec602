"""`promote find`, and `set` of one image, in a single file of 5 MB that names 20,000 images: whole processes.

Wanted: each in at most 1.5 s with at most 150 MB at its peak.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMAGES = 20_000
ROUNDS = 5
ROOT = Path(__file__).parent.parent
CONFIG = """\
version: 1
apps:
  web: {image: ghcr.io/acme/web}
environments:
  dev: {path: envs/dev}
"""
FAMILY = """\
version: 1
apps:
  "*": {image: "ghcr.io/acme/{app}"}
environments:
  dev: {path: envs/dev}
"""
SERVICE = """\
  - name: service-{number:05d}   # kept by hand; the team's page says whom to ask first before anything is changed here
    image:
      repository: ghcr.io/acme/{name}
      tag: "1.{minor}.0"
      pullPolicy: IfNotPresent
    resources: {{limits: {{cpu: 500m, memory: 256Mi}}}}
"""


def build(root: Path) -> int:
    """One values file, in which one of the images is web; how many bytes it has."""
    parts = ["services:\n"]
    for number in range(IMAGES):
        name = "web" if number == IMAGES // 2 else f"service-{number:05d}"
        parts.append(SERVICE.format(number=number, name=name, minor=number % 100))
    data = "".join(parts).encode()
    (root / "envs/dev").mkdir(parents=True)
    (root / "envs/dev/values.yaml").write_bytes(data)
    return len(data)


def process(*words: str | Path) -> tuple[float, float, bytes]:
    """Seconds, the peak of its memory in MB, and what it prints."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", "promote", *words],
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(ROOT)},
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{words} ended with {child.returncode}")
        out.seek(0)
        return seconds, usage.ru_maxrss / 1000, out.read()


def find(root: Path, config: Path, number: int) -> tuple[float, float]:
    seconds, peak, out = process("find", "-C", root, "--config", config, "-o", "json")
    sites = len(json.loads(out)["sites"])
    if sites != number:
        raise SystemExit(f"find shows {sites} sites and not {number}")
    return seconds, peak


def edit(root: Path, config: Path, tag: str) -> tuple[float, float]:
    argv = ("-C", root, "--config", config, "--write-only", "--no-verify-tag", "-o", "json")
    seconds, peak, out = process("set", *argv, "dev", f"web={tag}")
    if len(json.loads(out)["changes"]) != 1:
        raise SystemExit("set did not change one place")
    return seconds, peak


def main() -> None:
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        root = Path(scratch) / "gitops"
        size = build(root)
        one, family = Path(scratch) / "one.yaml", Path(scratch) / "family.yaml"
        one.write_text(CONFIG)
        family.write_text(FAMILY)
        rounds = [
            (find(root, one, 1), find(root, family, IMAGES), edit(root, one, f"2.{number}.0"))
            for number in range(ROUNDS + 1)
        ][1:]
    print(f"one file of {size / 1e6:.1f} MB with {IMAGES:,} images (each at most 1.5 s and 150 MB)")
    for name, runs in zip(("find one", "find all", "set one"), zip(*rounds, strict=True), strict=True):
        seconds, peaks = zip(*runs, strict=True)
        print(f"{name}: {statistics.median(seconds):.2f} s, {max(peaks):.0f} MB")


if __name__ == "__main__":
    main()
