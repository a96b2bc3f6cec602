"""`promote find` and `set` in 10,000 YAML files (5 MB), 100 of which name the image, against reading the bytes alone.

All are whole processes in one run, in turns; the files lie in memory where there is such a place. ruamel.yaml's load
and dump is timed over one file in ten and multiplied. Wanted: find at most 2.5 times the reading and 20 times faster
than ruamel; 100 edits at most 30 % more than find; 5,000 apps at most twice one.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FILES = 10_000
NAMING = 100
APPS = 5_000
ROUNDS = 9
SAMPLE = 10
ROOT = Path(__file__).parent.parent

READ = """\
import os, sys
total = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            total += len(file.read())
"""
DUMP = """\
import os, sys
from ruamel.yaml import YAML
yaml, number = YAML(), 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        number += 1
        if number % int(sys.argv[2]) == 0:
            with open(os.path.join(folder, name), "rb") as file:
                data = yaml.load(file)
            with open(os.devnull, "wb") as out:
                yaml.dump(data, out)
"""
MANIFEST = """\
# {name} is kept by hand; see the runbook before you change its resources
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: dev
  labels: {{app.kubernetes.io/name: {name}, tier: "backend"}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: {name}}}
    spec:
      containers:
        - name: main
          image: {image}   # moved by CI
          ports: [{{containerPort: 8080}}]
"""


def promote_yaml(apps: int) -> str:
    names = ["web", *(f"service-{number:04d}" for number in range(1, apps))]
    lines = [f'  {name}: {{image: "ghcr.io/acme/{name}"}}\n' for name in names]
    return "version: 1\napps:\n" + "".join(lines) + "environments:\n  dev: {path: envs/dev}\n"


def build(root: Path) -> int:
    """The tree below `envs/dev`; how many bytes it has."""
    total = 0
    for number in range(FILES):
        folder = root / f"envs/dev/team-{number // 200:02d}/unit-{number // 10:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        image = "ghcr.io/acme/web:1.4.0" if number % (FILES // NAMING) == 0 else f"ghcr.io/acme/other-{number:05d}:1.0"
        data = MANIFEST.format(name=f"unit-{number:05d}", image=image).encode()
        (folder / f"part-{number % 10}.yaml").write_bytes(data)
        total += len(data)
    return total


def process(*argv: str | Path) -> tuple[float, bytes]:
    """How long a whole process takes, and what it prints."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *argv], check=True, capture_output=True, env={"PYTHONPATH": str(ROOT)})
    return time.perf_counter() - start, done.stdout


def find(root: Path, config: Path) -> float:
    seconds, out = process("-m", "promote", "find", "-C", root, "--config", config, "-o", "json")
    sites = json.loads(out)["sites"]
    if len(sites) != NAMING:
        raise SystemExit(f"find shows {len(sites)} sites and not {NAMING}")
    return seconds


def edit(root: Path, config: Path) -> float:
    """100 edits; and then, outside of what is timed, back again."""
    argv = ("-m", "promote", "set", "-C", root, "--config", config, "--write-only", "--no-verify-tag", "-o", "json")
    seconds, out = process(*argv, "dev", "web=1.5.0")
    changes = json.loads(out)["changes"]
    if len(changes) != NAMING:
        raise SystemExit(f"set made {len(changes)} changes and not {NAMING}")
    process(*argv, "--allow-downgrade", "dev", "web=1.4.0")
    return seconds


def medians(runs: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Each in turns, the first round for the caches alone."""
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS + 1)][1:]
    return {name: statistics.median(one[name] for one in rounds) for name in runs}


def main() -> None:
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        root = Path(scratch) / "gitops"
        size = build(root)
        one, many = Path(scratch) / "one.yaml", Path(scratch) / "many.yaml"
        one.write_text(promote_yaml(1))
        many.write_text(promote_yaml(APPS))
        took = medians(
            {
                "read": lambda: process("-c", READ, root)[0],
                "find": lambda: find(root, one),
                "edit": lambda: edit(root, one),
                "many": lambda: find(root, many),
            }
        )
        # Fewer would only time the start.
        ruamel = process("-c", DUMP, root, str(SAMPLE))[0] * SAMPLE
    read, found = took["read"], took["find"]
    told = f"{found / read:.2f} times (at most 2.5)"
    print(f"{FILES:,} files, {size / 1e6:.1f} MB: reading {read:.3f} s, find {found:.3f} s: {told}")
    told = f"{ruamel / found:.0f} times (at least 20)"
    print(f"ruamel load and dump {ruamel:.1f} s (one in {SAMPLE}, multiplied): {told}")
    print(f"{NAMING} edits {took['edit']:.3f} s: {(took['edit'] / found - 1) * 100:+.0f} % (at most +30 %)")
    print(f"{APPS:,} apps {took['many']:.3f} s: {took['many'] / found:.2f} times (at most 2)")


if __name__ == "__main__":
    main()
